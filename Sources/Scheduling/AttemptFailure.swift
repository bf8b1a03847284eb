/// Why an attempt at a task came to nothing.
///
/// The announced end of a worker (drain, signal, time limit) is none of these: its running tasks are given back.
public enum FailureClass: UInt8, Hashable, Sendable, CaseIterable {
    /// The experiment threw an error.
    case error = 1
    /// The slot process died while it computed this task.
    case crash = 2
    /// The task ran longer than it may.
    case timeout = 3
    /// The worker vanished without notice while it computed this task.
    case workerLost = 4
    /// The coordinator refused the shard with the result.
    case refusedResult = 5
    /// The slot process used more memory than it may, or was killed because the host had none left.
    case outOfMemory = 6
    /// The task reported progress, and then none for too long.
    case hung = 7

    /// Whether such a failure took a process down that may have computed more than this task.
    var takesDown: Bool { self == .crash || self == .workerLost || self == .outOfMemory }

    /// The class as people call it.
    public var name: String {
        switch self {
        case .error: "error"
        case .crash: "crash"
        case .timeout: "time limit"
        case .workerLost: "worker lost"
        case .refusedResult: "refused result"
        case .outOfMemory: "out of memory"
        case .hung: "hung"
        }
    }
}

/// An attempt at a task that came to nothing.
public struct AttemptFailure: Hashable, Sendable {
    /// The task number.
    public let task: Int
    /// The attempt number.
    public let attempt: Int
    /// Why the attempt failed.
    public let failureClass: FailureClass
    /// The error in words, as the experiment or the operating system gave it; when a process died, further lines hold the
    /// last ones that it printed.
    public let message: String

    /// A failed attempt at `task`.
    public init(task: Int, attempt: Int, _ failureClass: FailureClass, message: String) {
        self.task = task
        self.attempt = attempt
        self.failureClass = failureClass
        self.message = message
    }

    /// What the log of a slot that died may take of a message: fifty lines of 400 bytes.
    static let logLimit = 50 * 401

    /// The most bytes of a message: a sentence and such a log.
    package static let messageLimit = logLimit + 4_096

    /// What the message of a failure takes in memory for as long as its task is given up; the journal has all of it.
    private static let keptLimit = 4_096

    /// The failure with no more than the first line and the newest ones of a long message.
    var shortened: AttemptFailure {
        guard message.utf8.count > Self.keptLimit else { return self }
        let summary = String(summary.prefix(500))
        let log = message.split(separator: "\n", omittingEmptySubsequences: false).dropFirst().map(String.init)
        let words = SlotEvidence(lastLines: log).lastWords(within: Self.keptLimit - summary.utf8.count)
        return AttemptFailure(task: task, attempt: attempt, failureClass, message: summary + words)
    }

    /// The first line of the message.
    public var summary: String { String(message.prefix { $0 != "\n" }) }
}

/// How far a task under suspicion is kept away from others.
public enum Isolation: UInt8, Hashable, Comparable, Sendable, CaseIterable {
    /// Its slot has nothing else to compute meanwhile: a task that crashed slots.
    case slot = 1
    /// Its whole worker computes nothing else meanwhile: a task that exhausted memory or brought workers down.
    case worker = 2

    /// Whether one keeps less away than the other.
    public static func < (left: Isolation, right: Isolation) -> Bool { left.rawValue < right.rawValue }
}
