package import SweepGrid

/// The state of an unfinished task as a file, which names the task it belongs to: `docs/formats/checkpoint.md`.
package struct CheckpointFile: Hashable, Sendable {
    /// The version of the format that this release writes, and the only one that it reads.
    package static let formatVersion: UInt32 = 1
    /// The most bytes of a state.
    package static let stateLimit = 64 << 20
    /// The most bytes of a file.
    package static let sizeLimit = stateLimit + fixedSize + nameLimit

    /// The experiment's name.
    package var experiment: String
    /// The experiment's version.
    package var version: Int
    /// The task whose state it is.
    package var task: TaskID
    /// What the experiment handed over.
    package var state: [UInt8]

    private static let magic = Array("phasemap checkpoint\n".utf8)
    private static let fixedSize = magic.count + 4 + 8 + 16 + 4 + 8
    private static let nameLimit = 4_096

    package init(experiment: String, version: Int, task: TaskID, state: [UInt8]) {
        self.experiment = experiment
        self.version = version
        self.task = task
        self.state = state
    }

    /// The contents of the file.
    package var bytes: [UInt8] {
        var bytes = Self.magic
        bytes.reserveCapacity(Self.fixedSize + experiment.utf8.count + state.count)
        func append(_ number: some FixedWidthInteger) {
            withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
        }
        append(Self.formatVersion)
        append(UInt64(clamping: version))
        bytes += task.bytes
        append(UInt32(clamping: experiment.utf8.count))
        append(UInt64(state.count))
        bytes += experiment.utf8
        bytes += state
        return bytes
    }

    /// Reads the contents of a file; nothing in them is trusted.
    ///
    /// - Parameter name: the file's name in errors.
    /// - Throws: `StorageError` that says what is wrong.
    package init(_ bytes: [UInt8], name: String) throws(StorageError) {
        func problem(_ text: String) -> StorageError { StorageError(path: name, problem: text) }
        guard bytes.starts(with: Self.magic) else { throw problem("is no checkpoint") }
        guard bytes.count >= Self.fixedSize else { throw problem("is cut off") }
        var position = Self.magic.count
        func number<T: FixedWidthInteger>(_ type: T.Type) -> T {
            defer { position += MemoryLayout<T>.size }
            return bytes.withUnsafeBytes { T(littleEndian: $0.loadUnaligned(fromByteOffset: position, as: T.self)) }
        }
        let format = number(UInt32.self)
        guard format == Self.formatVersion else {
            throw problem("has format version \(format), this program reads version \(Self.formatVersion)")
        }
        let version = number(UInt64.self)
        let task = TaskID(bytes: bytes[position..<position + 16])
        position += 16
        let nameSize = Int(number(UInt32.self))
        let stateSize = number(UInt64.self)
        guard let version = Int(exactly: version), let task, nameSize <= Self.nameLimit, stateSize <= Self.stateLimit,
            bytes.count == position + nameSize + Int(stateSize)
        else { throw problem("does not have the size that it states") }
        guard let experiment = String(validating: bytes[position..<position + nameSize], as: UTF8.self) else {
            throw problem("has a name that is not UTF-8")
        }
        self.init(
            experiment: experiment, version: version, task: task, state: Array(bytes[(position + nameSize)...]))
    }

    /// Reads the contents of a file that must be a checkpoint of this task.
    ///
    /// - Throws: `StorageError` also for another digest, experiment, version or task.
    package init(
        _ bytes: [UInt8], name: String, digest: Digest, of number: Int, in design: Design
    ) throws(StorageError) {
        guard SHA256.hash(bytes) == digest else {
            throw StorageError(path: name, problem: "does not have the SHA-256 \(digest)")
        }
        try self.init(bytes, name: name)
        guard experiment == design.experiment, version == design.version else {
            throw StorageError(
                path: name,
                problem: "is of experiment '\(experiment)' version \(version), not of '\(design.experiment)' version "
                    + "\(design.version)")
        }
        guard (0..<design.taskCount).contains(number), task == design.taskID(number) else {
            throw StorageError(path: name, problem: "is of task \(task), not of task \(number) of the run")
        }
    }

    /// The name that a checkpoint with this digest has.
    package static func name(_ digest: Digest) -> String { "checkpoint-\(digest).bin" }

    /// The digest in a checkpoint's file name; nil when the name is not that of a checkpoint.
    package static func digest(in name: String) -> Digest? {
        guard name.hasPrefix("checkpoint-"), name.hasSuffix(".bin") else { return nil }
        return Digest(hexadecimal: String(name.dropFirst(11).dropLast(4)))
    }
}
