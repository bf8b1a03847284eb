public import SweepGrid

/// What an agent tells one of its slot processes.
public enum SlotCommand: Hashable, Sendable {
    /// Compute these tasks in this order, after those given before.
    case compute([TaskRun])
    /// Let a task that it will be given go on from the checkpoint in the agent's directory.
    case restore(task: Int, Digest)
    /// Ask this task, if it is running, to come to its end early; the slot goes on with the others.
    case interrupt(task: Int)
    /// Skip these tasks, and let the running one see `isStopping` if it is among them; nothing is wanted of them.
    case cancel([TaskRun])
    /// Ask the running task to come to its end early, wait for it, and exit; the tasks not started are forgotten.
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
    /// A running task said that a fraction of it, from 0 to 1, is done; its newest word of the last quarter of a second.
    case progress(task: Int, fraction: Double)
    /// A running task left a checkpoint of so many bytes in the agent's directory, under its digest.
    case checkpoint(task: Int, Digest, byteCount: Int)
    /// A task that was asked to stop did so before its end; nothing is wrong with it.
    case interrupted(task: Int)
}

/// How far a running task is, in its own words.
public struct TaskProgress: Hashable, Sendable {
    /// The task number.
    public var task: Int
    /// The fraction that is done, from 0 to 1.
    public var fraction: Double

    /// A task of which `fraction` is done.
    public init(task: Int, fraction: Double) {
        self.task = task
        self.fraction = fraction
    }
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
