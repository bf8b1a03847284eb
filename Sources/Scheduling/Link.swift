internal import DequeModule

/// One end of a numbered conversation: every numbered message arrives exactly once and in order, or the link ends.
///
/// ZeroMQ loses what was under way when a connection breaks, and nothing else. The receiver takes only the next number;
/// the sender keeps a message until it is acknowledged and repeats all of them when that takes too long (go-back-N). A
/// link lives as long as one registration.
struct Link<Message: Sendable>: Sendable {
    private var unacknowledged: Deque<(sequence: UInt64, message: Message)> = []
    private var lastSent: UInt64 = 0
    /// The number of the last message received in order.
    private(set) var received: UInt64 = 0
    /// When unacknowledged messages are sent again.
    private(set) var resendAt: Instant?
    private let resendDelay: Duration

    /// The most messages repeated at a time.
    private static var resendLimit: Int { 64 }

    init(resendDelay: Duration) { self.resendDelay = resendDelay }

    /// Whether everything sent was acknowledged.
    var isSettled: Bool { unacknowledged.isEmpty }

    /// How much was sent and not acknowledged.
    var unsettledCount: Int { unacknowledged.count }

    /// What was sent and not acknowledged, in order.
    var unsettled: [Message] { unacknowledged.map(\.message) }

    /// Gives a message its number and keeps it until it is acknowledged.
    mutating func number(_ message: Message, at now: Instant) -> UInt64 {
        lastSent += 1
        unacknowledged.append((lastSent, message))
        if resendAt == nil { resendAt = now + resendDelay }
        return lastSent
    }

    /// Notes what the other end has received.
    mutating func acknowledge(_ sequence: UInt64, at now: Instant) {
        guard let first = unacknowledged.first, sequence >= first.sequence, sequence <= lastSent else { return }
        while let first = unacknowledged.first, first.sequence <= sequence { unacknowledged.removeFirst() }
        resendAt = unacknowledged.isEmpty ? nil : now + resendDelay
    }

    /// Whether a message with this number is to be handled now; others are doubled, or come too early.
    mutating func accept(_ sequence: UInt64) -> Bool {
        guard sequence != 0 else { return true }
        guard sequence == received + 1 else { return false }
        received = sequence
        return true
    }

    /// The messages to be sent again now.
    mutating func due(at now: Instant) -> [(sequence: UInt64, message: Message)] {
        guard let moment = resendAt, moment <= now else { return [] }
        resendAt = now + resendDelay
        return Array(unacknowledged.prefix(Self.resendLimit))
    }
}
