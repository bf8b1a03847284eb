/// How often and after which pauses tasks are tried again, by the class of the failure.
///
/// The pause doubles with each further failure of the class and is stretched by up to a quarter, so that the retries of
/// many tasks that failed at once do not come at once. The stretch follows from task and attempt: nothing is random.
public struct Retries: Hashable, Sendable {
    /// The terms of one class.
    public struct Terms: Hashable, Sendable {
        /// The failures of the class after which the task is given up, at least 1.
        ///
        /// Doubled: a task that always fails costs twice as much. Halved: a rare fault of a host loses a task.
        public var limit: Int
        /// The pause before the first retry.
        ///
        /// Doubled: the end of a run waits longer for its last retries. Halved: a passing fault is met again.
        public var pause: Duration
        /// The longest pause.
        ///
        /// Doubled or halved: the same as for `pause`, for the last of many retries.
        public var longestPause: Duration

        /// Terms with these limits.
        public init(limit: Int, pause: Duration = .seconds(1), longestPause: Duration = .seconds(60)) {
            self.limit = limit
            self.pause = pause
            self.longestPause = longestPause
        }
    }

    /// A thrown error: rarely the host's fault, and then another host may do.
    public var error = Terms(limit: 3)
    /// A dead slot: the third one was the task's alone.
    public var crash = Terms(limit: 3)
    /// A task over its time: once more on a host that may be faster.
    public var timeout = Terms(limit: 2)
    /// A lost worker: hosts come and go, and all tasks that ran there are suspected.
    public var workerLost = Terms(limit: 5)
    /// A refused shard.
    public var refusedResult = Terms(limit: 3)
    /// Exhausted memory: once more, alone on its worker.
    public var outOfMemory = Terms(limit: 2)
    /// A task that stood still.
    public var hung = Terms(limit: 2)

    /// The terms as they stand above.
    public init() {}

    /// The terms of a class.
    public subscript(failureClass: FailureClass) -> Terms {
        get { self[keyPath: Self.path(failureClass)] }
        set { self[keyPath: Self.path(failureClass)] = newValue }
    }

    /// Gives all classes the same first pause; for tests and for tasks of milliseconds.
    public mutating func setPauses(_ pause: Duration) {
        for failureClass in FailureClass.allCases { self[failureClass].pause = pause }
    }

    /// The pause after failure number `count` (from 1) of a class, at attempt `attempt` of a task.
    package func pause(after failureClass: FailureClass, count: Int, task: Int, attempt: Int) -> Duration {
        let terms = self[failureClass]
        let base = min(terms.pause * (1 << min(max(count, 1) - 1, 20)), terms.longestPause)
        var jitter = Jitter(state: UInt64(truncatingIfNeeded: task) << 16 ^ UInt64(truncatingIfNeeded: attempt))
        return base + base * (0.25 * jitter.next())
    }

    private static func path(_ failureClass: FailureClass) -> WritableKeyPath<Retries, Terms> {
        switch failureClass {
        case .error: \.error
        case .crash: \.crash
        case .timeout: \.timeout
        case .workerLost: \.workerLost
        case .refusedResult: \.refusedResult
        case .outOfMemory: \.outOfMemory
        case .hung: \.hung
        }
    }
}
