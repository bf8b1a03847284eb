/// What an agent tells one of its slot processes.
public enum SlotCommand: Hashable, Sendable {
    /// Compute these tasks in this order, after those given before.
    case compute([TaskRun])
    /// Skip these tasks, and let the running one see `isStopping` if it is among them; nothing is wanted of them.
    case cancel([TaskRun])
    /// Finish the running task and exit; the tasks not started are forgotten.
    case stop
}

/// What a slot process tells its agent, in the order in which it happens.
public enum SlotReport: Hashable, Sendable {
    /// The slot is up and takes commands.
    case ready
    /// The slot starts a task now; said before the first instruction of the task, so that a crash is blamed on it.
    case started(task: Int)
    /// A task is computed; its result came with this report.
    case finished(SlotResult)
    /// A task was not started because it had been cancelled.
    case skipped(task: Int)
    /// A task threw an error or exceeded its time.
    case failed(task: Int, FailureClass, message: String)
}

/// A computed task, as far as the agent needs to know.
public struct SlotResult: Hashable, Sendable {
    /// The task number.
    public var task: Int
    /// The computing time.
    public var duration: Duration
    /// The size of the result in bytes, for the size of the shard.
    public var byteCount: Int

    /// The result of `task`, computed in `duration`.
    public init(task: Int, duration: Duration, byteCount: Int) {
        self.task = task
        self.duration = duration
        self.byteCount = byteCount
    }
}
