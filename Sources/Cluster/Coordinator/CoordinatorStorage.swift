internal import Dispatch
internal import Glibc
internal import Journal
internal import Results
import Scheduling
internal import SweepGrid
internal import Synchronization

/// The disk of a coordinator: one thread that writes, verifies and stores shards in the order in which it is asked.
final class CoordinatorStorage: Sendable {
    let directory: RunDirectory
    let facts: FactLog
    private let reader: Mutex<ShardReader>
    let queue = DispatchQueue(label: "storage")
    private let post: @Sendable (CoordinatorSession.Event) -> Void

    init(
        _ directory: RunDirectory, design: Design, log: @escaping @Sendable (String) -> Void = { _ in },
        post: @escaping @Sendable (CoordinatorSession.Event) -> Void
    ) {
        facts = FactLog(log: log) { post(.journaled(count: $0)) }
        self.directory = directory
        self.post = post
        reader = Mutex(ShardReader(design: design))
    }

    /// Writes a piece of a shard into its temporary file.
    func write(_ chunk: ShardChunk) {
        queue.async { [self] in
            if let cause = put(chunk) {
                post(.commit(chunk.digest, .failed(reason: cause)))
            } else {
                post(.chunkWritten(chunk.digest, offset: chunk.offset))
            }
        }
    }

    /// Does a step of a commit.
    func perform(_ step: CommitSequence.Step, of shard: ShardAnnouncement) {
        queue.async { [self] in
            let event =
                switch step {
                case .verify: verify(shard)
                case .store: store(shard.digest)
                }
            post(.commit(shard.digest, event))
        }
    }

    /// Deletes a temporary file.
    func discard(_ shard: Digest) {
        queue.async { [self] in Disk.remove(temporaryPath(shard)) }
    }

    /// Waits until everything asked for is done.
    func finish() {
        facts.end()
        queue.sync { facts.close() }
    }

    /// What stands in the shards that a former coordinator committed; call it before anything else.
    ///
    /// A shard that cannot be believed is moved to the quarantine, so that its tasks are computed again.
    ///
    /// - Parameter note: takes a sentence about each of these.
    func adopt(note: (String) -> Void) throws(ClusterError) -> [ShardContents] {
        do throws(StorageError) {
            removeTemporaryFiles()
            // A name that came just before a crash may not be durable yet, and a fact that names it will be.
            try Disk.sync(directory.shards)
            var adopted: [ShardContents] = []
            for path in try directory.shardPaths() {
                do throws(StorageError) {
                    let name = String(path.split(separator: "/").last ?? "")
                    let shard = try reader.withLock { (reader) throws(StorageError) in try reader.read(path) }
                    guard let digest = SealedShard.digest(in: name), let contents = contents(shard, digest) else {
                        throw StorageError(path: path, problem: "does not hold its tasks in order")
                    }
                    adopted.append(contents)
                } catch {
                    try quarantine(path)
                    note("quarantined a shard, its tasks are computed again: \(error)")
                }
            }
            return adopted
        } catch {
            throw ClusterError("\(error)")
        }
    }

    private func put(_ chunk: ShardChunk) -> String? {
        let path = temporaryPath(chunk.digest)
        let file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o666)
        guard file >= 0 else { return "'\(path)' cannot be opened: \(reason(errno))" }
        defer { close(file) }
        var written = 0
        while written < chunk.bytes.count {
            let count = chunk.bytes.withUnsafeBytes {
                pwrite(file, $0.baseAddress! + written, $0.count - written, off_t(chunk.offset + written))
            }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return "'\(path)' cannot be written: \(reason(errno))" }
            written += count
        }
        return nil
    }

    private func verify(_ shard: ShardAnnouncement) -> CommitSequence.Event {
        let path = temporaryPath(shard.digest)
        let bytes: [UInt8]
        do throws(StorageError) {
            bytes = try Disk.read(path, limit: Shard.largestFile)
        } catch {
            return Disk.exists(path) && shard.byteCount > Shard.largestFile
                ? .refused(reason: "\(error)") : .failed(reason: "\(error)")
        }
        do throws(StorageError) {
            let read = try reader.withLock { (reader) throws(StorageError) in
                try reader.verify(bytes, digest: shard.digest, name: SealedShard.name(shard.digest))
            }
            guard let contents = contents(read, shard.digest) else {
                return .refused(reason: "the shard does not hold its tasks in order")
            }
            return .verified(contents)
        } catch {
            return .refused(reason: "\(error)")
        }
    }

    private func store(_ shard: Digest) -> CommitSequence.Event {
        let temporary = temporaryPath(shard)
        let final = directory.shards + "/" + SealedShard.name(shard)
        do throws(StorageError) {
            for operation in CommitSequence.storing {
                switch operation {
                // Tried again after the directory could not be synced, the file has its name already.
                case .syncFile: try Disk.sync(Disk.exists(temporary) ? temporary : final)
                case .rename: if Disk.exists(temporary) { try Disk.rename(temporary, to: final) }
                case .syncDirectory: try Disk.sync(directory.shards)
                }
            }
            return .stored
        } catch {
            return .failed(reason: "\(error)")
        }
    }

    private func quarantine(_ path: String) throws(StorageError) {
        try Disk.makeDirectory(directory.quarantine)
        let name = String(path.split(separator: "/").last ?? "shard")
        if rename(path, directory.quarantine + "/" + name) != 0 { Disk.remove(path) }
    }

    /// Removes shards that came in half, of a former coordinator that was killed or of this one at its end; their workers
    /// send them again.
    func removeTemporaryFiles() {
        guard let stream = opendir(directory.shards) else { return }
        defer { closedir(stream) }
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name.hasPrefix("."), name.hasSuffix(".part") { Disk.remove(directory.shards + "/" + name) }
        }
    }

    private func temporaryPath(_ shard: Digest) -> String {
        directory.shards + "/." + SealedShard.name(shard) + ".part"
    }
}

/// The tasks of a shard and the fingerprints of their results; nil unless the tasks ascend.
private func contents(_ shard: Shard, _ digest: Digest) -> ShardContents? {
    var ranges: [Range<Int>] = []
    var fingerprints: [UInt64] = []
    fingerprints.reserveCapacity(shard.count)
    for (row, task) in shard.tasks.enumerated() {
        if let last = ranges.last, last.upperBound == task {
            ranges[ranges.count - 1] = last.lowerBound..<task + 1
        } else {
            if let last = ranges.last, last.upperBound > task { return nil }
            ranges.append(task..<task + 1)
        }
        fingerprints.append(shard.result(row).digest().firstWord)
    }
    return ShardContents(digest: digest, tasks: ranges, fingerprints: fingerprints)
}
