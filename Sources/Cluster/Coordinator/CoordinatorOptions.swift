public import Scheduling
public import SweepGrid

/// How a coordinator serves.
public struct CoordinatorOptions: Sendable {
    /// Where workers reach it; a wildcard port is chosen by the system and told by `Coordinator.endpoint`.
    public var endpoint = "tcp://127.0.0.1:*"
    /// The constants of scheduling.
    public var policy = Policy()
    /// What a slot process is, for the probe task.
    public var program = SlotProgram.current
    /// What a checker of shards is.
    package var checker = SlotProgram.checker
    /// Whether a new run is bound to kernels that hosts with other processors have too.
    public var isPortable = false
    /// The keys of those who may connect; nil for the standard directory beyond this host, and for none on this host.
    package var keys: KeyDirectory?
    /// Takes what the operator may have to look after, a line each.
    public var log: @Sendable (String) -> Void = { _ in }
    /// Takes what merely goes on, such as workers that join and leave, a line each.
    public var inform: @Sendable (String) -> Void = { _ in }

    /// The options as they stand above.
    public init() {}
}

/// How a coordinator ended.
public struct CoordinatorOutcome: Hashable, Sendable {
    /// Whether every task is committed or given up; false when the operator stopped the run.
    public var isComplete: Bool
    /// Why the run stopped by itself; nil unless it did.
    public var stopReason: String?
    /// How far the run is.
    public var status: RunStatus
    /// The tasks that were given up, ascending, each with its last error.
    public var failures: [AttemptFailure]
    /// Points that are no longer dispatched because two results of theirs differ, ascending.
    public var conflicts: [Int]
    /// The workers that were admitted, in order.
    public var workers: [WorkerRecord]
}

/// A worker that took part in a run.
public struct WorkerRecord: Hashable, Sendable {
    /// The host's name.
    public var host: String
    /// The number of its slots.
    public var slots: Int
    /// The SHA-256 of its executable.
    public var build: Digest
}
