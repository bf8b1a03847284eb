internal import Foundation
internal import HDF5
public import SweepGrid

/// Reads shards and believes nothing in them: bytes, layout, bounds and identities are checked against the design.
public struct ShardReader {
    private let design: Design
    private let digest: Digest
    private let family: Digest
    private let width: Int
    private let lengthLimits: [Int]
    private var identities: TaskIdentities

    /// Creates a reader of the shards of a design.
    public init(design: Design) {
        self.design = design
        digest = design.digest
        family = design.family
        width = design.schema.width
        lengthLimits = design.schema.measurements.compactMap { measurement in
            measurement.dimension.map { design.schema.dimension($0)?.coordinates.count ?? 0 }
        }
        identities = TaskIdentities(design)
    }

    /// Reads and verifies a shard file, whose name contains its digest.
    ///
    /// - Parameter anyDesign: also accept a shard of another design of the same family, whose task numbers are its own.
    /// - Throws: `StorageError` naming the file and the cause.
    /// - Complexity: a few hundred nanoseconds a task.
    public mutating func read(_ path: String, anyDesign: Bool = false) throws(StorageError) -> Shard {
        let bytes = try Disk.read(path, limit: Shard.largestFile)
        let name = path.split(separator: "/").last.map(String.init) ?? path
        guard let expected = SealedShard.digest(in: name) else {
            throw StorageError(path: path, problem: "does not have the name of a shard, shard-<SHA-256>.h5")
        }
        return try verify(bytes, digest: expected, name: path, anyDesign: anyDesign)
    }

    /// Verifies the bytes of a shard that was announced with a digest.
    package mutating func verify(
        _ bytes: [UInt8], digest expected: Digest, name: String, anyDesign: Bool = false
    ) throws(StorageError) -> Shard {
        // HDF5 is not written for hostile input, so no byte reaches it before the digest is right.
        guard SHA256.hash(bytes) == expected else {
            throw StorageError(path: name, problem: "is damaged: its SHA-256 is not the one it was stored with")
        }
        let shard: Shard
        do throws(HDF5Error) {
            shard = try decode(bytes, name: name)
        } catch {
            throw StorageError(path: name, error)
        }
        if let defect = defect(of: shard.header, anyDesign: anyDesign) {
            throw StorageError(path: name, problem: defect)
        }
        if let defect = defectInRows(of: shard) { throw StorageError(path: name, problem: defect) }
        return shard
    }

    // MARK: Checks

    private func defect(of header: ShardHeader, anyDesign: Bool) -> String? {
        if header.experiment != design.experiment || header.version != design.version {
            return "holds results of \(header.experiment) version \(header.version), but the run is of "
                + "\(design.experiment) version \(design.version)"
        }
        if header.family != family { return "belongs to a run with another seed, schema or sharing of chance" }
        if header.design != digest && !anyDesign { return "belongs to a run of another design of \(header.experiment)" }
        return nil
    }

    private mutating func defectInRows(of shard: Shard) -> String? {
        let ownNumbers = shard.header.design == digest
        for row in 0..<shard.count {
            let task = shard.tasks[row]
            if ownNumbers {
                guard task < design.taskCount else {
                    return "names task \(task), but the run has \(design.taskCount) tasks"
                }
                guard identities[task] == shard.ids[row] else {
                    return "gives task \(task) an identity that is not its own"
                }
            }
            if shard.attempts[row] < 0 { return "counts a negative attempt for task \(task)" }
        }
        let arrays = lengthLimits.count
        for (index, length) in shard.lengths.enumerated() where length > lengthLimits[index % arrays] {
            return "gives task \(shard.tasks[index / arrays]) an array of length \(length), longer than its dimension"
        }
        return nil
    }

    // MARK: Layout

    private func decode(_ bytes: [UInt8], name: String) throws(HDF5Error) -> Shard {
        func refuse(_ reason: String) -> HDF5Error { HDF5Error(call: "shard", subject: name, reason: reason) }
        let root = try File.open(image: bytes, name: name).root()
        guard try root.hasAttribute("format"), try root.attribute("format", as: String.self) == ShardFormat.name else {
            throw refuse("it is not a shard")
        }
        let version = try root.attribute("format_version", as: Int32.self)
        guard version == Int32(Shard.formatVersion) else {
            throw refuse("its format has version \(version); this program reads version \(Shard.formatVersion)")
        }
        guard let design = Digest(hexadecimal: try root.attribute("design", as: String.self)),
            let family = Digest(hexadecimal: try root.attribute("family", as: String.self))
        else { throw refuse("its design or family is not a digest") }
        var shard = Shard(
            header: ShardHeader(
                experiment: try root.attribute("experiment", as: String.self),
                version: Int(try root.attribute("experiment_version", as: Int64.self)),
                design: design, family: family, worker: try root.attribute("worker", as: String.self),
                host: try root.attribute("host", as: String.self), width: width, arrays: lengthLimits.count))

        let tasks = try root.dataset(ShardFormat.tasks)
        let extent = try tasks.extent()
        guard extent.count == 1, extent[0] <= 1 << 24 else { throw refuse("its tasks have the extent \(extent)") }
        let count = extent[0]
        func column<T: Element>(_ name: String, of type: T.Type, width: Int = 1) throws(HDF5Error) -> [T] {
            guard width > 0 else { return [] }
            let dataset = name == ShardFormat.tasks ? tasks : try root.dataset(name)
            let extent = try dataset.extent()
            let expected = width == 1 && name != ShardFormat.values ? [count] : [count, width]
            // A lengths column of one array has one dimension, as every column of width one but the values.
            guard extent == expected else { throw refuse("'\(name)' has the extent \(extent), not \(expected)") }
            try dataset.refuseUnreadableChunks()
            return try dataset.read(T.self, limit: 1 << 27)
        }
        shard.tasks = try column(ShardFormat.tasks, of: UInt32.self).map { Int($0) }
        let halves = try column(ShardFormat.ids, of: UInt64.self, width: 2)
        shard.ids = (0..<count).map { TaskID(high: halves[2 * $0], low: halves[2 * $0 + 1]) }
        shard.attempts = try column(ShardFormat.attempts, of: UInt32.self).map { Int($0) }
        for code in try column(ShardFormat.statuses, of: UInt8.self) {
            guard let status = TaskStatus(rawValue: code), status != .missing, status != .notInGrid else {
                throw refuse("a task has the status \(code), which no result has")
            }
            shard.statuses.append(status)
        }
        let times = try column(ShardFormat.times, of: Double.self, width: 2)
        shard.started = (0..<count).map { times[2 * $0] }
        shard.seconds = (0..<count).map { times[2 * $0 + 1] }
        shard.values = try column(ShardFormat.values, of: Double.self, width: width).map(canonical)
        shard.lengths = try column(ShardFormat.lengths, of: UInt32.self, width: lengthLimits.count).map { Int($0) }
        if try root.contains(ShardFormat.origins) {
            shard.origin = try column(ShardFormat.origin, of: UInt32.self).map { Int($0) }
            let origins = try root.dataset(ShardFormat.origins)
            try origins.refuseUnreadableChunks()
            let text = try origins.read(UInt8.self, limit: 1 << 24)
            shard.origins = (try? JSONDecoder().decode([ShardOrigin].self, from: Data(text))) ?? []
            guard shard.origin.allSatisfy({ $0 < shard.origins.count }) else {
                throw refuse("a row has an origin that is not described")
            }
        }
        return shard
    }
}
