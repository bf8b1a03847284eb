internal import Glibc
internal import Synchronization

/// The answers of a slot on their way to its agent: those of tiny tasks travel together.
final class SlotOutbox: Sendable {
    private struct State {
        var writer = ByteWriter()
        var flushed: UInt64 = 0
    }

    /// Doubled: the agent hears of short tasks later. Halved: it is woken twice as often, and takes the time from slots.
    private static let longestDelay: UInt64 = 40_000_000
    private static let mostBytes = 1 << 16

    private let socket: Int32
    private let state = Mutex(State())

    init(socket: Int32) { self.socket = socket }

    /// Takes an answer; sends all there is when the last sending is a while ago.
    func append(_ answer: SlotAnswer) {
        let now = Clock.nanoseconds()
        state.withLock { state in
            answer.write(to: &state.writer)
            if now &- state.flushed >= Self.longestDelay || state.writer.bytes.count >= Self.mostBytes { send(&state) }
        }
    }

    /// Sends what there is.
    func flush() { state.withLock { send(&$0) } }

    private func send(_ state: inout State) {
        guard !state.writer.bytes.isEmpty else { return }
        state.flushed = Clock.nanoseconds()
        var position = 0
        while position < state.writer.bytes.count {
            let count = state.writer.bytes.withUnsafeBytes {
                write(socket, $0.baseAddress! + position, $0.count - position)
            }
            if count < 0 && errno == EINTR { continue }
            // The agent is gone, and with it the reason to live.
            guard count > 0 else { Slot.end(0) }
            position += count
        }
        state.writer.removeAll()
    }
}
