internal import HDF5
package import SweepGrid

/// Several shards of one design as one: the same rows, ordered by task, each with the shard that it came from.
///
/// Compacting changes no result: a merge of the one gives the bytes that a merge of the many gives.
package struct ShardCompaction {
    /// The most bytes of files that go into one; it stays readable in one piece.
    private static let byteLimit = 32 << 20
    /// The most rows of one.
    private static let rowLimit = 1 << 20

    private var shard: Shard
    private var tasks: Set<Int> = []
    private var byteCount = 0
    /// The shards that are in it.
    package private(set) var digests: [Digest] = []

    package init(design: Design) {
        shard = Shard(header: ShardHeader(design: design, worker: "several", host: "several"))
    }

    /// Adds a shard; false when the file would become too large, or when the shard has a task that another one has: two
    /// results of a task, equal or not, stay where they are.
    package mutating func add(_ other: Shard, _ digest: Digest) -> Bool {
        let bytes = other.count * (45 + 8 * other.header.width + 4 * other.header.arrays)
        guard other.header.design == shard.header.design, byteCount + bytes <= Self.byteLimit,
            shard.count + other.count <= Self.rowLimit, tasks.isDisjoint(with: other.tasks)
        else { return false }
        let first = shard.origins.count
        shard.origins += other.origins.isEmpty ? [ShardOrigin(other, name: SealedShard.name(digest))] : other.origins
        shard.origin +=
            other.origins.isEmpty
            ? Array(repeating: first, count: other.count) : other.origin.map { $0 + first }
        shard.tasks += other.tasks
        shard.ids += other.ids
        shard.attempts += other.attempts
        shard.statuses += other.statuses
        shard.started += other.started
        shard.seconds += other.seconds
        shard.values += other.values
        shard.lengths += other.lengths
        tasks.formUnion(other.tasks)
        byteCount += bytes
        digests.append(digest)
        return true
    }

    /// The bytes of the file and their SHA-256; nil when fewer than two shards fit together.
    package func encoded() throws(StorageError) -> (bytes: [UInt8], digest: Digest)? {
        guard digests.count > 1 else { return nil }
        let (bytes, sealed) = try ShardWriter(shard).encoded()
        return (bytes, sealed.digest)
    }
}

/// Where rows of a compacted shard came from: what provenance tells of a shard.
package struct ShardOrigin: Hashable, Sendable, Codable {
    /// The name of the shard's file.
    package var name: String
    package var worker: String
    package var host: String
    package var tasks: Int
    /// Tasks that were not done by their first attempt.
    package var retried: Int
    /// Start of the first task and end of the last, in seconds of Unix time.
    package var started: Double
    package var ended: Double
    /// Sum of the tasks' durations, in seconds.
    package var seconds: Double

    package init(_ shard: Shard, name: String) {
        self.name = name
        worker = shard.header.worker
        host = shard.header.host
        tasks = shard.count
        retried = shard.attempts.count { $0 > 1 }
        started = shard.started.filter(\.isFinite).min() ?? 0
        ended = zip(shard.started, shard.seconds).map(+).filter(\.isFinite).max() ?? 0
        seconds = shard.seconds.filter(\.isFinite).reduce(0, +)
    }
}
