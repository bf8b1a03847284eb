package import Scheduling
internal import SweepGrid

/// How facts stand in the journal. docs/formats/journal.md describes each kind.
///
/// The bytes of a kind never change: a fact that has to say more gets a new kind, so that every later release reads this
/// one's journals.
extension Fact {
    /// The encoded fact without its kind, which is `code`.
    package var body: [UInt8] {
        var writer = FactWriter()
        switch self {
        case .workerRegistered(let worker, let slots, let replacing):
            writer.put(UInt64(worker.number))
            writer.put(slots)
            writer.put(replacing.map { UInt64($0.number) + 1 } ?? 0)
        case .leaseGranted(let lease):
            writer.put(UInt64(lease.id.number))
            writer.put(UInt64(lease.worker.number))
            writer.put(lease.runs.map(\.tasks))
            for run in lease.runs { writer.put(run.attempt) }
        case .leaseReturned(let lease, let tasks):
            writer.put(UInt64(lease.number))
            writer.put(tasks)
        case .attemptFailed(let failure, let worker, let retryAt):
            writer.put(failure.task)
            writer.put(failure.attempt)
            writer.put(UInt64(failure.failureClass.rawValue))
            writer.put(UInt64(worker.number))
            writer.putWord(UInt64(bitPattern: retryAt.nanoseconds))
            writer.put(failure.message)
        case .workerDrained(let worker), .workerLeft(let worker), .workerLost(let worker):
            writer.put(UInt64(worker.number))
        case .shardCommitted(let contents, let worker):
            writer.put(UInt64(worker.number))
            writer.putRaw(contents.digest.bytes)
            writer.put(contents.tasks)
            for fingerprint in contents.fingerprints { writer.putWord(fingerprint) }
        case .resultConflict(let task, let committed, let other, let shard, let worker):
            writer.put(task)
            writer.putWord(committed)
            writer.putWord(other)
            writer.putRaw(shard.bytes)
            writer.put(UInt64(worker.number))
        case .conflictsVoid(let tasks):
            writer.put(tasks)
        case .checkpointStored(let checkpoint, let worker):
            writer.put(checkpoint.task)
            writer.put(checkpoint.attempt)
            writer.put(UInt64(worker.number))
            writer.putRaw(checkpoint.digest.bytes)
            writer.put(checkpoint.byteCount)
        case .checkpointDropped(let task, let digest):
            writer.put(task)
            writer.putRaw(digest.bytes)
        case .tasksCancelled(let tasks, let origin), .tasksRetried(let tasks, let origin):
            writer.put(tasks)
            writer.putWord(origin.request.client)
            writer.put(origin.request.number)
            writer.put(origin.who)
            writer.put(origin.reason)
        case .shardsCompacted(let shard, let replaced):
            writer.putRaw(shard.bytes)
            writer.put(UInt64(replaced.count))
            for digest in replaced { writer.putRaw(digest.bytes) }
        case .taskIsolated(let task, let isolation, let reason):
            writer.put(task)
            writer.put(UInt64(isolation.rawValue))
            writer.put(reason)
        case .taskQuarantined(let task, let explanation):
            writer.put(task)
            writer.put(explanation)
        case .hostDrained(let host, let until, let reason, let pardoned):
            writer.put(host)
            writer.putWord(UInt64(bitPattern: until.nanoseconds))
            writer.put(reason)
            writer.put(pardoned)
        case .workerNamed(let worker, let host):
            writer.put(UInt64(worker.number))
            writer.put(host)
        }
        return writer.bytes
    }

    /// Reads the body of a fact; nil when the kind is not one of this release.
    ///
    /// - Throws: `FactDefect` when the bytes are not what `body` gives for some fact that a scheduler records.
    init?(kind: UInt8, body: [UInt8]) throws(FactDefect) {
        var reader = FactReader(body)
        switch kind {
        case 1:
            let worker = WorkerID(try reader.number32())
            let slots = try reader.integer()
            // More could overflow when the slots of all workers are added up.
            guard (0...Int(UInt32.max)).contains(slots) else { throw FactDefect(reason: "\(slots) slots") }
            let replacing = try reader.number()
            guard replacing <= UInt64(UInt32.max) + 1 else { throw FactDefect(reason: "a number has over 32 bits") }
            self = .workerRegistered(
                worker, slots: slots, replacing: replacing == 0 ? nil : WorkerID(UInt32(replacing - 1)))
        case 2:
            let id = LeaseID(try reader.number32())
            let worker = WorkerID(try reader.number32())
            var runs: [TaskRun] = []
            for tasks in try reader.ranges() { runs.append(TaskRun(tasks, attempt: try reader.integer())) }
            self = .leaseGranted(Lease(id, to: worker, runs: runs))
        case 3:
            let lease = LeaseID(try reader.number32())
            self = .leaseReturned(lease, tasks: try reader.ranges())
        case 4:
            let task = try reader.integer()
            let attempt = try reader.integer()
            let number = try reader.number()
            guard let failureClass = UInt8(exactly: number).flatMap(FailureClass.init(rawValue:)) else {
                throw FactDefect(reason: "failure class \(number) is not known to this release")
            }
            let worker = WorkerID(try reader.number32())
            let retryAt = Instant(nanoseconds: Int64(bitPattern: try reader.word()))
            let failure = AttemptFailure(task: task, attempt: attempt, failureClass, message: try reader.text())
            self = .attemptFailed(failure, worker: worker, retryAt: retryAt)
        case 5: self = .workerDrained(WorkerID(try reader.number32()))
        case 6: self = .workerLeft(WorkerID(try reader.number32()))
        case 7: self = .workerLost(WorkerID(try reader.number32()))
        case 8:
            let worker = WorkerID(try reader.number32())
            let digest = try reader.digest()
            let tasks = try reader.ranges()
            // The scheduler visits every task of a shard, so each must have cost its bytes.
            guard tasks.reduce(0, { $0 + $1.count }) * 8 == reader.count else {
                throw FactDefect(reason: "it has not one fingerprint for each task")
            }
            var fingerprints: [UInt64] = []
            fingerprints.reserveCapacity(reader.count / 8)
            while reader.count > 0 { fingerprints.append(try reader.word()) }
            self = .shardCommitted(
                ShardContents(digest: digest, tasks: tasks, fingerprints: fingerprints), worker: worker)
        case 9:
            let task = try reader.integer()
            let committed = try reader.word()
            let other = try reader.word()
            let shard = try reader.digest()
            self = .resultConflict(
                task: task, committed: committed, other: other, shard: shard,
                worker: WorkerID(try reader.number32()))
        case 10:
            let task = try reader.integer()
            let attempt = try reader.integer()
            let worker = WorkerID(try reader.number32())
            let digest = try reader.digest()
            self = .checkpointStored(
                Checkpoint(task: task, attempt: attempt, digest: digest, byteCount: try reader.integer()),
                worker: worker)
        case 18:
            let task = try reader.integer()
            self = .checkpointDropped(task: task, try reader.digest())
        case 11, 12:
            let tasks = try reader.ranges()
            let request = RequestID(client: try reader.word(), number: try reader.number())
            let origin = ControlOrigin(request, who: try reader.text(), reason: try reader.text())
            self = kind == 11 ? .tasksCancelled(tasks: tasks, origin) : .tasksRetried(tasks: tasks, origin)
        case 16:
            let shard = try reader.digest()
            var replaced: [Digest] = []
            for _ in 0..<(try reader.count(ofSize: 32)) { replaced.append(try reader.digest()) }
            self = .shardsCompacted(into: shard, replacing: replaced)
        case 13:
            let task = try reader.integer()
            let number = try reader.number()
            guard let isolation = UInt8(exactly: number).flatMap(Isolation.init(rawValue:)) else {
                throw FactDefect(reason: "isolation \(number) is not known to this release")
            }
            self = .taskIsolated(task: task, isolation, reason: try reader.text())
        case 14: self = .taskQuarantined(task: try reader.integer(), explanation: try reader.text())
        case 15:
            let host = try reader.text()
            let until = Instant(nanoseconds: Int64(bitPattern: try reader.word()))
            let reason = try reader.text()
            self = .hostDrained(host: host, until: until, reason: reason, pardoned: try reader.ranges())
        case 20: self = .conflictsVoid(tasks: try reader.ranges())
        case 19: self = .workerNamed(WorkerID(try reader.number32()), host: try reader.text())
        default:
            return nil
        }
        try reader.end()
    }
}

extension FactWriter {
    /// Ranges of task numbers: their count, then for each the distance of its start from the end before, and its length.
    mutating func put(_ ranges: [Range<Int>]) {
        put(UInt64(ranges.count))
        var end = 0
        for range in ranges {
            put(range.lowerBound &- end)
            put(UInt64(range.count))
            end = range.upperBound
        }
    }
}

extension FactReader {
    mutating func ranges() throws(FactDefect) -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        var end = 0
        for _ in 0..<(try count(ofSize: 2)) {
            let start = end &+ (try integer())
            let length = try number()
            // A run has at most 2^32 tasks.
            guard length <= UInt64(UInt32.max), (0...Int(UInt32.max)).contains(start) else {
                throw FactDefect(reason: "it names more tasks than a run can have")
            }
            end = start + Int(length)
            ranges.append(start..<end)
        }
        return ranges
    }

    mutating func digest() throws(FactDefect) -> Digest {
        guard let digest = Digest(bytes: try raw(32)) else { throw FactDefect(reason: "it ends too early") }
        return digest
    }
}
