public import SweepGrid

/// Consecutive tasks with the attempt number under which they are computed.
///
/// The attempt number of a task is raised whenever the task is leased anew. It fences: what comes back under an older
/// number is no longer expected from that worker.
public struct TaskRun: Hashable, Sendable {
    /// The task numbers.
    public let tasks: Range<Int>

    /// The attempt number, from 1; it is the same for all tasks of the run.
    public let attempt: Int

    /// The tasks of one attempt.
    public init(_ tasks: Range<Int>, attempt: Int) {
        self.tasks = tasks
        self.attempt = attempt
    }
}

/// Tasks handed to one slot of a worker.
public struct Lease: Hashable, Sendable {
    /// The number of the lease.
    public let id: LeaseID

    /// The worker that holds it.
    public let worker: WorkerID

    /// What is leased, in the order in which it should be computed; at most `Policy.leaseTaskLimit` tasks.
    public let runs: [TaskRun]

    /// What earlier attempts at some of the tasks left, to go on from; the journal does not repeat it.
    public var checkpoints: [Checkpoint]

    /// The most checkpoints that travel with a lease; tasks beyond begin anew. A lease has a few tasks of such length.
    static let checkpointLimit = 1_024

    /// How far the one task of this lease is kept away from others; nil for an ordinary lease.
    ///
    /// The journal does not have it: that a task runs alone is a fact of its own.
    public var isolation: Isolation?

    /// The tasks `runs`, handed to `worker` under the number `id`.
    public init(
        _ id: LeaseID, to worker: WorkerID, runs: [TaskRun], isolation: Isolation? = nil, checkpoints: [Checkpoint] = []
    ) {
        self.id = id
        self.worker = worker
        self.runs = runs
        self.isolation = isolation
        self.checkpoints = checkpoints
    }

    /// How many tasks are leased.
    public var taskCount: Int { runs.reduce(0) { $0 + $1.tasks.count } }

    /// Whether the lease has real tasks and at most `limit` of them, whoever sent it.
    func isSensible(limit: Int) -> Bool {
        var rest = limit
        return runs.allSatisfy { run in
            guard run.tasks.lowerBound >= 0, run.tasks.upperBound < Int(UInt32.max) else { return false }
            rest -= run.tasks.count
            return rest >= 0
        }
    }
}

/// Consecutive tasks that a worker computed, whose results it holds until they are committed.
public struct FinishedRun: Hashable, Sendable {
    /// The tasks and their attempt.
    public let run: TaskRun

    /// The computing time of all of them together, from which the cost model learns.
    public let duration: Duration

    /// The tasks of `run`, computed in `duration`.
    public init(_ run: TaskRun, duration: Duration) {
        self.run = run
        self.duration = duration
    }
}

/// What the coordinator read in a verified shard.
public struct ShardContents: Hashable, Sendable {
    /// The SHA-256 of the file: the name of the shard.
    public let digest: Digest
    /// The tasks with a result in the shard, ascending and without overlap.
    public let tasks: [Range<Int>]
    /// The first 8 bytes of the digest of each task's result, in the order of `tasks`; two equal results agree in them.
    public let fingerprints: [UInt64]

    /// The contents of the shard named `digest`.
    public init(digest: Digest, tasks: [Range<Int>], fingerprints: [UInt64]) {
        self.digest = digest
        self.tasks = tasks
        self.fingerprints = fingerprints
    }
}
