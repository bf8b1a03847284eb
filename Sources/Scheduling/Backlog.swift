internal import OrderedCollections
internal import SweepGrid

/// What follows from the ledger and is kept up to date beside it: the queue, how far each lease is, which results are
/// held.
///
/// None of it is stored: after a restart the queue is derived from the ledger, and what workers hold is learnt from
/// them when they register again.
struct Backlog: Sendable {
    /// How far a lease is.
    struct Progress: Hashable, Sendable {
        let worker: WorkerID
        /// Tasks of the lease that are neither computed nor settled nor given back.
        var unfinished: Int
        /// How far its task is kept away from others.
        var isolation: Isolation?
        /// Whether the worker was asked to give back what it has not started; a lease is asked for once.
        var isRetracted = false
    }

    var queue: TaskQueue
    /// The leases with unfinished tasks; of the others it is enough to know whose they are, which the ledger does.
    private(set) var leases: [LeaseID: Progress] = [:]
    /// Leased tasks whose results a worker holds.
    private(set) var held = TaskSet()
    /// Cancelled tasks whose results workers hold all the same: welcome if they come, and lost with their worker.
    private(set) var awaited: OrderedDictionary<WorkerID, TaskSet> = [:]
    /// How many leases of each worker have unfinished tasks.
    private(set) var unfinishedLeases: [WorkerID: Int] = [:]

    /// Checkpoints that were superseded or whose task is settled: their files can be deleted.
    private var obsoleteCheckpoints: [Digest] = []

    init(queue: TaskQueue) { self.queue = queue }

    /// A checkpoint is of no use any more.
    mutating func discard(_ checkpoint: Digest) { obsoleteCheckpoints.append(checkpoint) }

    /// The checkpoints whose files can be deleted, in a fixed order; each is told once.
    mutating func takeObsoleteCheckpoints() -> [Digest] {
        guard !obsoleteCheckpoints.isEmpty else { return [] }
        defer { obsoleteCheckpoints = [] }
        return obsoleteCheckpoints.sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }
    }

    /// A lease was handed out.
    mutating func began(_ lease: LeaseID, worker: WorkerID, count: Int, isolation: Isolation? = nil) {
        guard count > 0 else { return }
        leases[lease] = Progress(worker: worker, unfinished: count, isolation: isolation)
        unfinishedLeases[worker, default: 0] += 1
    }

    /// A worker computed tasks of a lease and holds the results.
    mutating func hold(_ tasks: Range<Int>, of lease: LeaseID) {
        let new = held.insert(tasks)
        lower(lease, by: new)
    }

    /// Tasks left a lease: settled, failed or given back.
    mutating func left(_ tasks: Range<Int>, _ lease: LeaseID) {
        let removed = held.remove(tasks)
        lower(lease, by: tasks.count - removed)
    }

    /// A lease has no task any more.
    mutating func ended(_ lease: LeaseID) {
        lower(lease, by: leases[lease]?.unfinished ?? 0)
    }

    /// A worker is no longer a member.
    mutating func forget(_ worker: WorkerID) {
        unfinishedLeases[worker] = nil
        awaited[worker] = nil
    }

    /// A worker holds the results of tasks that are cancelled.
    mutating func wait(for tasks: Range<Int>, from worker: WorkerID) {
        awaited[worker, default: TaskSet()].insert(tasks)
    }

    /// The results of tasks are not waited for any more: of one worker, because it lost them, or of all.
    mutating func stopWaiting(for tasks: Range<Int>, from worker: WorkerID? = nil) {
        guard !awaited.isEmpty else { return }
        for index in awaited.values.indices where worker.map({ $0 == awaited.keys[index] }) ?? true {
            awaited.values[index].remove(tasks)
        }
        awaited.removeAll { $0.value.isEmpty }
    }

    /// A lease was asked back.
    mutating func retract(_ lease: LeaseID) { leases[lease]?.isRetracted = true }

    private mutating func lower(_ lease: LeaseID, by count: Int) {
        guard count > 0, let progress = leases[lease] else { return }
        if progress.unfinished > count {
            leases[lease]?.unfinished -= count
        } else {
            leases[lease] = nil
            unfinishedLeases[progress.worker, default: 1] -= 1
        }
    }
}
