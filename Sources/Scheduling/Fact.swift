public import SweepGrid

/// Something that happened for good: what the journal holds, and all that a scheduler is restored from.
///
/// Facts are decisions, never inputs: folding `Scheduler.apply` over them re-decides nothing, so a later release with
/// another policy restores the same state from an older journal. The code of each case is its number in the journal and
/// is never used again for another meaning.
public enum Fact: Hashable, Sendable {
    /// A worker was admitted. Whatever it held under the number `replacing` returns to the queue, and nobody is blamed any more
    /// if that one was believed lost.
    case workerRegistered(WorkerID, slots: Int, replacing: WorkerID?)
    /// Tasks were handed to a worker. Each run carries the attempt number that is current from now on.
    case leaseGranted(Lease)
    /// A worker gave tasks of a lease back before it started them, or lost their results; they return to the queue.
    case leaseReturned(LeaseID, tasks: [Range<Int>])
    /// An attempt failed; the task returns to the queue at `retryAt`, which is `.never` when it is given up.
    case attemptFailed(AttemptFailure, worker: WorkerID, retryAt: Instant)
    /// A worker said that it takes no more work.
    case workerDrained(WorkerID)
    /// A worker left with everything delivered, or with the rest given back; its tasks return to the queue.
    case workerLeft(WorkerID)
    /// A worker was silent for too long or died; its tasks return to the queue.
    case workerLost(WorkerID)
    /// A shard is durable; the results in it are final.
    case shardCommitted(ShardContents, worker: WorkerID)
    /// A second result of a task differs from the committed one. Both shards are kept; the point is no longer
    /// dispatched.
    case resultConflict(task: Int, committed: UInt64, other: UInt64, shard: Digest, worker: WorkerID)
    /// Of these tasks no two different results are in the run's files any more; a point without another conflict goes on.
    case conflictsVoid(tasks: [Range<Int>])
    /// A checkpoint of an unfinished task is durable; the next attempt goes on from it. The one before is forgotten.
    case checkpointStored(Checkpoint, worker: WorkerID)
    /// The checkpoint of a task with this digest cannot be used; the next attempt begins anew.
    case checkpointDropped(task: Int, Digest)
    /// An operator gave tasks up that were waiting, being computed, or computed and not committed; they are no longer
    /// dispatched.
    case tasksCancelled(tasks: [Range<Int>], ControlOrigin)
    /// An operator wants tasks tried again that were given up, cancelled, or had failed: their failures are forgotten.
    case tasksRetried(tasks: [Range<Int>], ControlOrigin)
    /// The results of several shards stand in one now; the files that it replaces may be deleted.
    case shardsCompacted(into: Digest, replacing: [Digest])
    /// A task under suspicion runs alone from now on, and why.
    case taskIsolated(task: Int, Isolation, reason: String)
    /// A task that was given up because it brought down slots or workers, with all it did and where.
    case taskQuarantined(task: Int, explanation: String)
    /// A host on which tasks fail that succeed elsewhere is not used until a moment; its failures count against no task
    /// any more, and the tasks given up for them are open again.
    case hostDrained(host: String, until: Instant, reason: String, pardoned: [Range<Int>])
    /// The host of a worker; said when it is admitted.
    case workerNamed(WorkerID, host: String)

    /// The number of this kind of fact in the journal.
    public var code: UInt8 {
        switch self {
        case .workerRegistered: 1
        case .leaseGranted: 2
        case .leaseReturned: 3
        case .attemptFailed: 4
        case .workerDrained: 5
        case .workerLeft: 6
        case .workerLost: 7
        case .shardCommitted: 8
        case .resultConflict: 9
        case .checkpointStored: 10
        case .checkpointDropped: 18
        case .tasksCancelled: 11
        case .tasksRetried: 12
        case .shardsCompacted: 16
        case .taskIsolated: 13
        case .taskQuarantined: 14
        case .hostDrained: 15
        case .workerNamed: 19
        case .conflictsVoid: 20
        }
    }
}
