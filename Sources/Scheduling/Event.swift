public import SweepGrid

extension Scheduler {
    /// What the scheduler is told. Every handler is total: unknown numbers, duplicates and absurd values change
    /// nothing.
    public enum Event: Hashable, Sendable {
        /// A worker was admitted under a new number, with what it still has from an earlier registration.
        case registered(WorkerID, Membership)
        /// Any message of a worker: it renews the leases of that worker.
        case heard(WorkerID)
        /// A worker wants to have up to `leases` unfinished leases at a time, from now on until it says otherwise.
        case requested(WorkerID, leases: Int)
        /// A worker is computing these tasks now; the list replaces the former one.
        case running(WorkerID, tasks: [Int])
        /// A worker computed tasks and holds their results.
        case finished(WorkerID, [FinishedRun])
        /// An attempt failed at a worker.
        case failed(WorkerID, AttemptFailure)
        /// A worker gave back tasks of a lease that it had not started; possibly none.
        case returned(WorkerID, LeaseID, tasks: [Range<Int>])
        /// A worker takes no more work; it delivers what it holds and then leaves.
        case drained(WorkerID)
        /// A worker left.
        case left(WorkerID)
        /// A shard is stored under its final name and may be committed.
        case stored(ShardContents, from: WorkerID)
        /// One shard was stored that holds the results of several committed ones.
        case compacted(into: Digest, replacing: [Digest])
        /// A shard was refused; the results of these tasks are lost.
        case refused(tasks: [Range<Int>], from: WorkerID, reason: String)
        /// A worker lost the results of these tasks, by no fault of theirs.
        case lost(tasks: [Range<Int>], from: WorkerID)
        /// A checkpoint of a task is stored under its final name.
        case checkpointStored(Checkpoint, from: WorkerID)
        /// The stored checkpoint of a task is missing or damaged.
        case checkpointLost(Digest, task: Int)
        /// An operator wants something.
        case controlled(ControlRequest)
        /// Nothing but the time; whatever became due is done.
        case tick
    }

    /// A worker's side of a registration.
    public struct Membership: Hashable, Sendable {
        /// How many tasks the worker computes at a time.
        public var slots: Int
        /// The host it runs on; empty when it is not known.
        public var host: String
        /// The number under which the worker was registered before.
        public var replacing: WorkerID?
        /// Tasks leased earlier that the worker has not finished, running ones included.
        public var unfinished: [TaskRun]
        /// Tasks whose results the worker holds and has not seen acknowledged.
        public var held: [TaskRun]

        /// A worker with so many slots, by default one that comes for the first time.
        public init(
            slots: Int, host: String = "", replacing: WorkerID? = nil, unfinished: [TaskRun] = [], held: [TaskRun] = []
        ) {
            self.slots = slots
            self.host = host
            self.replacing = replacing
            self.unfinished = unfinished
            self.held = held
        }
    }
}
