import Scheduling
import SweepGrid

// Conversions of the fields that several messages share. Each decoder refuses what no sender of ours can write.

extension WireTaskRanges {
    init(_ ranges: [Range<Int>]) {
        first = ranges.map { UInt64($0.lowerBound) }
        count = ranges.map { UInt64($0.count) }
    }

    func ranges(_ field: String) throws(WireError) -> [Range<Int>] {
        guard first.count == count.count else { throw .value(field: field) }
        try refuseTooMany(count, field)
        var ranges: [Range<Int>] = []
        ranges.reserveCapacity(first.count)
        for index in first.indices { ranges.append(try taskRange(first[index], count[index], field)) }
        return ranges
    }
}

extension WireTaskRuns {
    init(_ runs: [TaskRun]) {
        first = runs.map { UInt64($0.tasks.lowerBound) }
        count = runs.map { UInt64($0.tasks.count) }
        attempt = runs.map { UInt64($0.attempt) }
    }

    init(finished: [FinishedRun]) {
        self.init(finished.map(\.run))
        nanoseconds = finished.map { UInt64(clamping: $0.duration.wireNanoseconds) }
    }

    func runs(_ field: String) throws(WireError) -> [TaskRun] {
        guard first.count == count.count, first.count == attempt.count else { throw .value(field: field) }
        try refuseTooMany(count, field)
        var runs: [TaskRun] = []
        runs.reserveCapacity(first.count)
        for index in first.indices {
            runs.append(
                TaskRun(
                    try taskRange(first[index], count[index], field),
                    attempt: try number(attempt[index], in: 1...UInt64(UInt32.max), field)))
        }
        return runs
    }

    func finished(_ field: String) throws(WireError) -> [FinishedRun] {
        guard nanoseconds.count == first.count else { throw .value(field: field) }
        let runs = try runs(field)
        return zip(runs, nanoseconds).map { FinishedRun($0, duration: .nanoseconds(Int64(clamping: $1))) }
    }
}

extension WireLease {
    init(_ lease: Lease) {
        id = lease.id.number
        worker = lease.worker.number
        runs = WireTaskRuns(lease.runs)
        checkpoints = lease.checkpoints.map { WireCheckpoint($0) }
        isolation = UInt32(lease.isolation?.rawValue ?? 0)
    }

    func lease() throws(WireError) -> Lease {
        guard id > 0, worker > 0 else { throw .value(field: "lease") }
        let alone = UInt8(exactly: isolation).flatMap(Isolation.init(rawValue:))
        guard alone != nil || isolation == 0 else { throw .value(field: "lease.isolation") }
        var lease = Lease(LeaseID(id), to: WorkerID(worker), runs: try runs.runs("lease.runs"), isolation: alone)
        for checkpoint in checkpoints { lease.checkpoints.append(try checkpoint.checkpoint("lease.checkpoints")) }
        return lease
    }
}

extension WireCheckpoint {
    init(_ checkpoint: Checkpoint) {
        task = UInt64(checkpoint.task)
        attempt = UInt64(checkpoint.attempt)
        digest = .init(checkpoint.digest.bytes)
        byteCount = UInt64(checkpoint.byteCount)
    }

    func checkpoint(_ field: String) throws(WireError) -> Checkpoint {
        Checkpoint(
            task: try number(task, in: 0...WireFormat.taskLimit, "\(field).task"),
            attempt: try number(attempt, in: 1...UInt64(UInt32.max), "\(field).attempt"),
            digest: try Cluster.digest(digest, "\(field).digest"),
            byteCount: try number(byteCount, in: 1...UInt64(Int64.max), "\(field).byte_count"))
    }
}

extension WireChunk {
    init(_ chunk: ShardChunk) {
        digest = .init(chunk.digest.bytes)
        offset = UInt64(chunk.offset)
        bytes = .init(chunk.bytes)
    }

    func chunk(_ field: String) throws(WireError) -> ShardChunk {
        ShardChunk(
            digest: try Cluster.digest(digest, "\(field).digest"),
            offset: try number(offset, in: 0...UInt64(Int64.max), "\(field).offset"), bytes: [UInt8](bytes))
    }
}

extension Duration {
    /// Whole nanoseconds, saturating.
    var wireNanoseconds: Int64 {
        let (scaled, overflow) = components.seconds.multipliedReportingOverflow(by: 1_000_000_000)
        guard !overflow else { return components.seconds > 0 ? .max : .min }
        let (sum, carry) = scaled.addingReportingOverflow(components.attoseconds / 1_000_000_000)
        return carry ? .max : sum
    }
}

/// The tasks from `first` on; neither empty nor beyond the largest run.
func taskRange(_ first: UInt64, _ count: UInt64, _ field: String) throws(WireError) -> Range<Int> {
    guard first < WireFormat.taskLimit, count > 0, count <= WireFormat.taskLimit - first else {
        throw .value(field: field)
    }
    return Int(first)..<Int(first + count)
}

/// Refuses lists that name more tasks than a run can have, each as often as they name it.
func refuseTooMany(_ counts: [UInt64], _ field: String) throws(WireError) {
    var total: UInt64 = 0
    for count in counts {
        let (sum, overflow) = total.addingReportingOverflow(count)
        guard !overflow, sum <= WireFormat.taskLimit else { throw .value(field: field) }
        total = sum
    }
}

/// How far each of the tasks is.
func taskProgress(_ tasks: [UInt64], _ fractions: [Double], _ field: String) throws(WireError) -> [TaskProgress] {
    guard tasks.count == fractions.count else { throw .value(field: field) }
    var progress: [TaskProgress] = []
    for (task, fraction) in zip(tasks, fractions) {
        guard (0...1).contains(fraction) else { throw .value(field: field) }
        progress.append(TaskProgress(task: try number(task, in: 0...WireFormat.taskLimit, field), fraction: fraction))
    }
    return progress
}

func number(_ value: UInt64, in range: ClosedRange<UInt64>, _ field: String) throws(WireError) -> Int {
    guard range.contains(value) else { throw .value(field: field) }
    return Int(value)
}

func digest(_ bytes: some Collection<UInt8>, _ field: String) throws(WireError) -> Digest {
    guard let digest = Digest(bytes: bytes) else { throw .value(field: field) }
    return digest
}

/// The digest, or nil when the field is empty.
func optionalDigest(_ bytes: some Collection<UInt8>, _ field: String) throws(WireError) -> Digest? {
    bytes.isEmpty ? nil : try digest(bytes, field)
}
