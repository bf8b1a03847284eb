internal import HDF5
public import SweepGrid

/// A shard on disk under its final name.
public struct SealedShard: Hashable, Sendable {
    /// The file name, which contains the digest.
    public var name: String
    /// SHA-256 of the file.
    public var digest: Digest
    /// The size of the file.
    public var byteCount: Int
    /// How many results it holds.
    public var taskCount: Int

    /// The name that a shard file of this digest has.
    package static func name(_ digest: Digest) -> String { "shard-\(digest).h5" }

    /// The digest in a shard's file name; nil when the name is not that of a shard.
    package static func digest(in name: String) -> Digest? {
        guard name.hasPrefix("shard-"), name.hasSuffix(".h5") else { return nil }
        return Digest(hexadecimal: String(name.dropFirst(6).dropLast(3)))
    }
}

/// Collects results of one worker and writes them as immutable shards.
public struct ShardWriter {
    private var shard: Shard

    /// Creates a writer without results.
    ///
    /// - Parameters:
    ///   - design: the design whose task numbers are used.
    ///   - worker: the worker's name.
    ///   - host: the machine it runs on.
    public init(design: Design, worker: String, host: String) {
        self.init(header: ShardHeader(design: design, worker: worker, host: host))
    }

    /// A writer that holds the rows of a shard.
    init(_ shard: Shard) { self.shard = shard }

    /// Creates a writer of shards with a header that is known already.
    init(header: ShardHeader) { shard = Shard(header: header) }

    /// The shards that the results came from, and for each result its place among them; none for a worker's own.
    var origins: [ShardOrigin] {
        get { shard.origins }
        set { shard.origins = newValue }
    }
    var origin: [Int] {
        get { shard.origin }
        set { shard.origin = newValue }
    }

    /// Results collected since the last shard was sealed.
    public var count: Int { shard.count }

    /// About how many bytes the file would have uncompressed.
    package var byteCount: Int { count * (45 + 8 * shard.header.width + 4 * shard.header.arrays) }

    /// Adds the result of a task.
    ///
    /// - Precondition: the result has the columns of the design's schema.
    public mutating func append(
        task: Int, id: TaskID, attempt: Int, result: TaskResult, started: Double, seconds: Double
    ) {
        precondition(result.values.count == shard.header.width, "a value for every column of the schema")
        precondition(result.lengths.count == shard.header.arrays, "a length for every array measurement")
        shard.tasks.append(task)
        shard.ids.append(id)
        shard.attempts.append(attempt)
        shard.statuses.append(result.status)
        shard.started.append(started)
        shard.seconds.append(seconds)
        for value in result.values { shard.values.append(canonical(value)) }
        shard.lengths.append(contentsOf: result.lengths)
    }

    /// Adds a row of another shard of the same design: how shards are compacted.
    package mutating func append(row: Int, of other: Shard) {
        append(
            task: other.tasks[row], id: other.ids[row], attempt: other.attempts[row], result: other.result(row),
            started: other.started[row], seconds: other.seconds[row])
    }

    /// Writes the collected results as a shard into a directory, synced and renamed, and starts anew.
    ///
    /// - Throws: `StorageError`; the results are then kept for another try.
    @discardableResult
    public mutating func seal(in directory: String) throws(StorageError) -> SealedShard {
        let (bytes, sealed) = try encoded()
        try Disk.writeAtomically(bytes, to: directory + "/" + sealed.name)
        shard = Shard(header: shard.header)
        return sealed
    }

    /// The bytes of the shard file with the collected results, rows ordered by task number.
    package func encoded() throws(StorageError) -> (bytes: [UInt8], sealed: SealedShard) {
        var sorted = shard
        sorted.sort()
        do {
            let bytes = try image(of: sorted)
            let digest = SHA256.hash(bytes)
            return (
                bytes,
                SealedShard(
                    name: SealedShard.name(digest), digest: digest, byteCount: bytes.count, taskCount: sorted.count)
            )
        } catch let error as HDF5Error {
            throw StorageError(path: "shard of \(shard.header.worker)", error)
        } catch {
            throw StorageError(path: "shard of \(shard.header.worker)", problem: "cannot be written: \(error)")
        }
    }

    private func image(of shard: Shard) throws(any Error) -> [UInt8] {
        let header = shard.header
        let file = try File.createInMemory(name: "shard of \(header.worker)")
        let root = try file.root()
        try root.setFixedAttribute("format", ShardFormat.name)
        try root.setAttribute("format_version", Int32(Shard.formatVersion))
        try root.setFixedAttribute("experiment", header.experiment)
        try root.setAttribute("experiment_version", Int64(header.version))
        try root.setFixedAttribute("design", header.design.description)
        try root.setFixedAttribute("family", header.family.description)
        try root.setFixedAttribute("worker", header.worker)
        try root.setFixedAttribute("host", header.host)

        let rows = min(shard.count, ShardFormat.rowsPerChunk)
        func column<T: Element>(_ name: String, _ values: [T], width: Int = 1, level: Int = 1) throws(HDF5Error) {
            guard width > 0 else { return }
            let extent = width == 1 && name != ShardFormat.values ? [shard.count] : [shard.count, width]
            let chunkRows = max(1, min(rows, ShardFormat.elementsPerChunk / width))
            try root.createDataset(
                name, of: T.self, extent: extent, storage: .chunked([chunkRows, width], level: level)
            ).write(values)
        }
        try column(ShardFormat.tasks, shard.tasks.map { UInt32($0) })
        // Identities are random bits, which no compression shortens.
        try column(ShardFormat.ids, shard.ids.flatMap { [$0.high, $0.low] }, width: 2, level: 0)
        try column(ShardFormat.attempts, shard.attempts.map { UInt32(clamping: $0) })
        try column(ShardFormat.statuses, shard.statuses.map(\.rawValue))
        try column(ShardFormat.times, zip(shard.started, shard.seconds).flatMap { [$0, $1] }, width: 2)
        try column(ShardFormat.values, shard.values, width: header.width)
        try column(ShardFormat.lengths, shard.lengths.map { UInt32(clamping: $0) }, width: header.arrays)
        if !shard.origins.isEmpty {
            try column(ShardFormat.origin, shard.origin.map { UInt32(clamping: $0) })
            let text = try JSON.bytes(of: shard.origins, name: "origins")
            try root.createDataset(
                ShardFormat.origins, of: UInt8.self, extent: [text.count],
                storage: .chunked([min(text.count, ShardFormat.elementsPerChunk)], level: 1)
            ).write(text)
        }
        return try file.image()
    }
}

/// Names and sizes of the shard format, version 1.
enum ShardFormat {
    static let name = "phasemap shard"
    static let tasks = "task"
    static let ids = "task_id"
    static let attempts = "attempt"
    static let statuses = "status"
    static let times = "started_and_seconds"
    static let values = "values"
    static let lengths = "lengths"
    static let origin = "origin"
    static let origins = "origins"
    static let rowsPerChunk = 8192
    static let elementsPerChunk = 32768
}
