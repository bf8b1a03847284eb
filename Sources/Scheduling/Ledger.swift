internal import DequeModule
internal import OrderedCollections

/// The durable state of a run: what folding the facts of its journal gives.
package struct Ledger: Equatable, Sendable {
    /// An admitted worker.
    struct WorkerRecord: Equatable, Sendable {
        let slots: Int
        var isDraining = false
        /// Empty until it is named.
        var host = ""
        /// Its leases with open tasks, in the order in which they were granted; they end in about that order, too.
        var leases: Deque<LeaseID> = []

        /// Removes a lease; a worker may hold the results of a hundred thousand, so it is not looked for one by one.
        mutating func remove(_ lease: LeaseID) {
            var low = 0
            var high = leases.count
            while low < high {
                let middle = (low + high) / 2
                if leases[middle] < lease { low = middle + 1 } else { high = middle }
            }
            if low < leases.count, leases[low] == lease {
                leases.remove(at: low)
            } else {
                // Numbers rise as long as the journal is the scheduler's own.
                leases.removeAll { $0 == lease }
            }
        }
    }

    /// A host that is not used.
    struct DrainedHost: Equatable, Sendable {
        let until: Instant
        let reason: String
    }

    /// How many dismissed workers are remembered.
    private static let dismissedLimit = 1_024

    let taskCount: Int
    let tasksPerPoint: Int
    var tasks: TaskTable
    package var leases = LeaseTable()
    var workers: OrderedDictionary<WorkerID, WorkerRecord> = [:]
    var nextWorker: UInt32 = 1
    var nextLease: UInt32 = 1
    /// When open tasks that failed may be leased again.
    var retryAt: [Int: Instant] = [:]
    /// The last failure of each task that was given up.
    var failures: [Int: AttemptFailure] = [:]
    /// The files that hold the committed results.
    var shards = ShardSet()
    /// Why tasks that brought down slots or workers are not run again.
    var quarantined: [Int: String] = [:]
    /// What counts against the tasks that failed and are not committed.
    var suspects: [Int: Suspect] = [:]
    /// The tasks that were blamed for the loss of a worker, which may still come back.
    var blamedForLoss: [WorkerID: [Int]] = [:]
    /// The last workers that were lost while they were to get no more work: they may come back under another number.
    var dismissed: OrderedSet<WorkerID> = []
    /// The hosts that are not used, until when and why.
    var drainedHosts: OrderedDictionary<String, DrainedHost> = [:]
    /// Tasks of which two results differ, and their points.
    var conflicts: Set<Int> = []
    var stoppedPoints: Set<Int> = []
    /// The newest stored checkpoint of each task that is not settled.
    var checkpoints: [Int: Checkpoint] = [:]
    /// How many tasks each of the last requests of operators changed, so that a repeated one is answered alike.
    var answered: OrderedDictionary<RequestID, Int> = [:]

    init(taskCount: Int, tasksPerPoint: Int) {
        self.taskCount = taskCount
        self.tasksPerPoint = tasksPerPoint
        tasks = TaskTable(count: taskCount)
    }

    /// Whether every task is committed, given up, cancelled or stopped.
    var isSettled: Bool { tasks.count(.open) == 0 && tasks.count(.leased) == 0 }

    /// The worker whose lease a task belongs to.
    func holder(of task: Int) -> WorkerID? { leases.worker(of: LeaseID(tasks.lease[task])) }

    /// The tasks that exist among `range`.
    func valid(_ range: Range<Int>) -> Range<Int> { range.clamped(to: 0..<taskCount) }

    /// Applies a fact, and keeps the backlog in step.
    mutating func apply(_ fact: Fact, _ backlog: inout Backlog) {
        switch fact {
        case .workerRegistered(let worker, let slots, let replacing):
            if let replacing {
                remove(replacing, &backlog)
                dismissed.remove(replacing)
                acquit(ofLosing: replacing, &backlog)
            }
            remove(worker, &backlog)
            workers[worker] = WorkerRecord(slots: slots)
            nextWorker = max(nextWorker, worker.number &+ 1)
        case .leaseGranted(let lease):
            grant(lease, &backlog)
        case .leaseReturned(let lease, let ranges):
            for range in ranges { release(valid(range), from: lease, &backlog) }
        case .attemptFailed(let failure, let worker, let retryAt):
            fail(failure, at: worker, retryAt: retryAt, &backlog)
        case .workerDrained(let worker):
            workers[worker]?.isDraining = true
        case .workerLeft(let worker):
            remove(worker, &backlog)
        case .workerLost(let worker):
            countLoss(of: worker)
            if workers[worker]?.isDraining == true { dismissed.append(worker) }
            if dismissed.count > Self.dismissedLimit { dismissed.removeFirst() }
            remove(worker, &backlog)
        case .shardCommitted(let contents, _):
            shards.commit(contents.digest)
            commit(contents, &backlog)
        case .shardsCompacted(let shard, let replaced):
            shards.compact(replaced, into: shard)
        case .resultConflict(let task, _, _, _, _):
            guard (0..<taskCount).contains(task) else { return }
            conflicts.insert(task)
            stop(point: task / tasksPerPoint, &backlog)
        case .conflictsVoid(let ranges):
            for range in ranges { forgetConflicts(of: valid(range), &backlog) }
        case .checkpointStored(let checkpoint, _):
            keep(checkpoint, &backlog)
        case .checkpointDropped(let task, let digest):
            guard (0..<taskCount).contains(task) else { return }
            forgetCheckpoints(of: task..<task + 1, only: digest, &backlog)
        case .tasksCancelled(let ranges, let origin):
            for range in ranges { cancel(valid(range), &backlog) }
            answer(origin, ranges)
        case .tasksRetried(let ranges, let origin):
            for range in ranges { retry(valid(range), &backlog) }
            answer(origin, ranges)
        case .taskIsolated(let task, let isolation, _):
            guard (0..<taskCount).contains(task), tasks.status[task] != .committed else { return }
            let isOrdinary = suspects[task] == nil
            suspects[task, default: Suspect()].isolation = isolation
            guard isOrdinary, tasks.status[task] == .open, retryAt[task] == nil else { return }
            backlog.queue.remove(task..<task + 1)
            backlog.queue.insert(suspect: task)
        case .taskQuarantined(let task, let explanation):
            guard (0..<taskCount).contains(task), tasks.status[task] == .failed else { return }
            quarantined[task] = explanation
        case .hostDrained(let host, let until, let reason, let pardoned):
            drainedHosts[host] = DrainedHost(until: until, reason: reason)
            pardon(host, pardoned, &backlog)
        case .workerNamed(let worker, let host):
            workers[worker]?.host = host
        }
    }

    private mutating func grant(_ lease: Lease, _ backlog: inout Backlog) {
        guard !leases.contains(lease.id), lease.id.number > 0 else { return }
        var open = 0
        for run in lease.runs {
            let range = valid(run.tasks)
            for task in range where tasks.status[task] == .open {
                tasks.set(task, .leased)
                tasks.attempt[task] = UInt16(clamping: run.attempt)
                tasks.lease[task] = lease.id.number
                open += 1
            }
            if !retryAt.isEmpty { for task in range { retryAt[task] = nil } }
            backlog.queue.remove(range)
        }
        nextLease = max(nextLease, lease.id.number &+ 1)
        leases.add(lease, among: 0..<taskCount, open: open)
        guard let first = leases.firstTask(of: lease.id) else { return }
        workers[lease.worker]?.leases.append(lease.id)
        // A task that runs alone has a lease of its own.
        let isolation = lease.taskCount == 1 ? suspects[first]?.isolation : nil
        backlog.began(lease.id, worker: lease.worker, count: open, isolation: isolation)
    }

    private mutating func remove(_ worker: WorkerID, _ backlog: inout Backlog) {
        guard let record = workers.removeValue(forKey: worker) else { return }
        for lease in record.leases {
            for range in leases.tasks(of: lease) { release(range, from: lease, &backlog) }
        }
        backlog.forget(worker)
    }

    private mutating func commit(_ contents: ShardContents, _ backlog: inout Backlog) {
        var index = 0
        for shardRange in contents.tasks {
            let range = valid(shardRange)
            detach(range, &backlog)
            backlog.queue.remove(range)
            backlog.stopWaiting(for: range)
            forgetCheckpoints(of: range, &backlog)
            if !retryAt.isEmpty { for task in range { retryAt[task] = nil } }
            for task in shardRange {
                defer { index += 1 }
                guard range.contains(task), tasks.status[task] != .committed else { continue }
                if tasks.status[task] == .failed { reopen(task) }
                if !suspects.isEmpty { suspects[task] = nil }
                tasks.set(task, .committed)
                tasks.fingerprint[task] = index < contents.fingerprints.count ? contents.fingerprints[index] : 0
            }
        }
    }
}
