internal import Journal
package import Results
package import Scheduling
package import SweepGrid

/// A run as its journal and shards tell it, read without serving it; a coordinator may be writing meanwhile.
///
/// Takes some 40 bytes a task.
package struct RunHistory: Sendable {
    /// When something happened: run time, and the wall clock for people.
    package struct Moment: Hashable, Sendable {
        package var instant: Instant
        /// Milliseconds of Unix time.
        package var wallTime: Int
    }

    /// A worker as the journal knows it.
    package struct Worker: Hashable, Sendable {
        package var id: WorkerID
        package var host: String?
        package var slots: Int
        package var joined: Moment
        /// When it left, was lost, or registered anew; nil while it is registered.
        package var ended: Moment?
        package var isDraining = false
    }

    /// A committed shard file.
    package struct ShardFile: Hashable, Sendable {
        package var name: String
        package var host: String
    }

    /// The result of a task as it stands in a shard.
    struct Row: Sendable {
        var status = TaskStatus.missing
        var shard: Int32 = 0
        var seconds: Float = 0
        var started = 0.0
    }

    package let directory: RunDirectory
    package let run: FrozenRun
    /// The facts of the journal applied, and nothing decided since.
    package private(set) var scheduler: Scheduler
    /// The workers that were ever admitted, ascending.
    package private(set) var workers: [Worker] = []
    /// The committed shards, by name.
    package private(set) var shards: [ShardFile] = []
    /// Sentences about shards that cannot be read.
    package private(set) var faults: [String] = []
    /// The last row of the journal.
    package private(set) var last: Moment?
    private var rows: [Row]
    private var places: [WorkerID: Int] = [:]
    private var hosts: [WorkerID: String] = [:]

    /// Reads a run directory.
    ///
    /// - Throws: `ClusterError` when it holds no run, or its journal is missing or damaged.
    package init(_ path: String) throws(ClusterError) {
        let (directory, run) = try RunRepair.open(path)
        self.directory = directory
        self.run = run
        let design = run.design
        rows = Array(repeating: Row(), count: design.taskCount)
        scheduler = Scheduler(taskCount: design.taskCount, tasksPerPoint: design.replicates) { _ in 1 }
        do throws(StorageError) { try readShards() } catch { throw ClusterError("\(error)") }
        try RunHistory.readJournal(of: directory, run) { take($0) }
    }

    private mutating func readShards() throws(StorageError) {
        var reader = ShardReader(design: run.design)
        for path in try directory.shardPaths() {
            let shard: Shard
            do throws(StorageError) { shard = try reader.read(path) } catch {
                faults.append("\(error)")
                continue
            }
            for row in 0..<shard.count {
                rows[shard.tasks[row]] = Row(
                    status: shard.statuses[row], shard: Int32(shards.count), seconds: Float(shard.seconds[row]),
                    started: shard.started[row])
            }
            let name = path.split(separator: "/").last.map(String.init) ?? path
            shards.append(ShardFile(name: name, host: shard.header.host))
        }
    }

    /// Reads the journal from its first row to its last.
    private static func readJournal(
        of directory: RunDirectory, _ run: FrozenRun, _ body: (JournalRecord) -> Void
    ) throws(ClusterError) {
        do throws(JournalError) {
            try JournalReader(directory.journal, design: run.design.digest).read(body)
        } catch { throw ClusterError("\(error)") }
    }

    private mutating func take(_ record: JournalRecord) {
        let moment = Moment(instant: record.instant, wallTime: record.wallTime)
        last = moment
        if case .worker(let worker) = record.content { hosts[worker.worker] = worker.host }
        guard let fact = record.fact else { return }
        scheduler.apply(fact)
        switch fact {
        case .workerRegistered(let worker, let slots, let replacing):
            if let replacing { end(replacing, moment) }
            places[worker] = workers.count
            workers.append(Worker(id: worker, host: hosts[worker], slots: slots, joined: moment))
        case .workerLeft(let worker), .workerLost(let worker): end(worker, moment)
        case .workerNamed(let worker, let host): if let place = places[worker] { workers[place].host = host }
        case .workerDrained(let worker): if let place = places[worker] { workers[place].isDraining = true }
        default: break
        }
    }

    private mutating func end(_ worker: WorkerID, _ moment: Moment) {
        // One that was lost may be named once more by the registration that it comes back with.
        if let place = places[worker], workers[place].ended == nil { workers[place].ended = moment }
    }

    /// The host of a worker; nil when the journal does not tell.
    package func host(of worker: WorkerID) -> String? { places[worker].flatMap { workers[$0].host } }

    /// The rows of the journal that concern one task, in order; reads the journal once more.
    func records(of task: Int) throws(ClusterError) -> [JournalRecord] {
        var found: [JournalRecord] = []
        let replicates = run.design.replicates
        try RunHistory.readJournal(of: directory, run) { record in
            if record.concerns(task, of: replicates) { found.append(record) }
        }
        return found
    }

    /// The result of a task; its status is `missing` when there is none.
    func row(of task: Int) -> Row { rows[task] }
}

extension JournalRecord {
    /// Whether a row tells something of a task, of its point, or of a worker that may compute it.
    fileprivate func concerns(_ task: Int, of replicates: Int) -> Bool {
        guard let fact else { return true }
        switch fact {
        case .leaseGranted(let lease): return lease.runs.contains { $0.tasks.contains(task) }
        case .leaseReturned(_, let tasks): return tasks.contains { $0.contains(task) }
        case .attemptFailed(let failure, _, _): return failure.task == task
        case .shardCommitted(let contents, _): return contents.tasks.contains { $0.contains(task) }
        case .resultConflict(let other, _, _, _, _): return other / replicates == task / replicates
        case .conflictsVoid(let tasks):
            let point = task / replicates * replicates..<(task / replicates + 1) * replicates
            return tasks.contains { $0.overlaps(point) }
        case .tasksCancelled(let tasks, _), .tasksRetried(let tasks, _): return tasks.contains { $0.contains(task) }
        case .taskIsolated(let other, _, _), .taskQuarantined(let other, _): return other == task
        case .hostDrained(_, _, _, let pardoned): return pardoned.contains { $0.contains(task) }
        case .workerRegistered, .workerLeft, .workerLost: return true
        case .checkpointStored(let checkpoint, _): return checkpoint.task == task
        case .checkpointDropped(let other, _): return other == task
        case .workerDrained, .workerNamed, .shardsCompacted: return false
        }
    }
}
