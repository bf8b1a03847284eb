package import SweepGrid

/// Results of many tasks by one worker, in columns: what a shard file holds.
public struct Shard: Hashable, Sendable {
    /// The version of the format that this code writes.
    package static let formatVersion = 1
    /// The largest file that is read: eight times what a worker closes a shard at.
    package static let largestFile = 64 << 20

    /// Whose results these are.
    package var header: ShardHeader
    /// Task numbers of the design that `header.design` names.
    package var tasks: [Int] = []
    package var ids: [TaskID] = []
    package var attempts: [Int] = []
    package var statuses: [TaskStatus] = []
    /// When each task started, in seconds of Unix time.
    package var started: [Double] = []
    /// How long each task took, in seconds.
    package var seconds: [Double] = []
    /// Rows of the schema's columns one after another.
    package var values: [Double] = []
    /// Rows of used lengths, one per array measurement.
    package var lengths: [Int] = []
    /// The shards that a compacted one was made of; none for a worker's own.
    package var origins: [ShardOrigin] = []
    /// For each row of a compacted shard the place of its origin in `origins`.
    package var origin: [Int] = []

    package init(header: ShardHeader) { self.header = header }

    /// How many results there are.
    public var count: Int { tasks.count }

    /// The result in a row.
    package func result(_ row: Int) -> TaskResult {
        TaskResult(
            status: statuses[row], values: Array(values[columns(row, of: header.width)]),
            lengths: Array(lengths[columns(row, of: header.arrays)]))
    }

    /// The worker and the host that computed a row.
    package func place(_ row: Int) -> (worker: String, host: String) {
        guard !origins.isEmpty else { return (header.worker, header.host) }
        return (origins[origin[row]].worker, origins[origin[row]].host)
    }

    func columns(_ row: Int, of width: Int) -> Range<Int> { row * width..<(row + 1) * width }

    /// Orders the rows by task number; equal numbers keep their order.
    mutating func sort() {
        guard zip(tasks, tasks.dropFirst()).contains(where: { $0 > $1 }) else { return }
        let order = tasks.indices.sorted { (tasks[$0], $0) < (tasks[$1], $1) }
        var sorted = Shard(header: header)
        sorted.origins = origins
        for row in order {
            if !origins.isEmpty { sorted.origin.append(origin[row]) }
            sorted.tasks.append(tasks[row])
            sorted.ids.append(ids[row])
            sorted.attempts.append(attempts[row])
            sorted.statuses.append(statuses[row])
            sorted.started.append(started[row])
            sorted.seconds.append(seconds[row])
            sorted.values.append(contentsOf: values[columns(row, of: header.width)])
            sorted.lengths.append(contentsOf: lengths[columns(row, of: header.arrays)])
        }
        self = sorted
    }
}

/// What all rows of a shard have in common.
package struct ShardHeader: Hashable, Sendable {
    package var experiment: String
    package var version: Int
    /// Hash of the design whose task numbers the shard uses.
    package var design: Digest
    /// Hash of what runs must agree on to be merged.
    package var family: Digest
    package var worker: String
    package var host: String
    /// Columns of a row of values.
    package var width: Int
    /// Array measurements, each with a used length.
    package var arrays: Int

    package init(design: Design, worker: String, host: String) {
        experiment = design.experiment
        version = design.version
        self.design = design.digest
        family = design.family
        self.worker = worker
        self.host = host
        width = design.schema.width
        arrays = design.schema.arrayCount
    }

    init(
        experiment: String, version: Int, design: Digest, family: Digest, worker: String, host: String, width: Int,
        arrays: Int
    ) {
        self.experiment = experiment
        self.version = version
        self.design = design
        self.family = family
        self.worker = worker
        self.host = host
        self.width = width
        self.arrays = arrays
    }
}

/// The one bit pattern that stands for "not a number" in results, so that equal results have equal bytes.
func canonical(_ value: Double) -> Double { value.isNaN ? Double(bitPattern: 0x7ff8_0000_0000_0000) : value }
