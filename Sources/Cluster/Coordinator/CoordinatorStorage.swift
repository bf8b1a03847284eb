internal import Dispatch
internal import Glibc
internal import Journal
internal import Results
import Scheduling
internal import SweepGrid
internal import Synchronization

/// The disk of a coordinator: one thread that writes, stores and journals in the order in which it is asked, and one that
/// has shards checked, which may take long.
final class CoordinatorStorage: Sendable {
    let directory: RunDirectory
    let facts: FactLog
    let checker: Checker
    let design: Design
    let queue = DispatchQueue(label: "storage")
    /// The one thread that talks to the checker.
    let checks = DispatchQueue(label: "checks")
    let post: @Sendable (CoordinatorSession.Event) -> Void
    /// Shards whose bytes the disk refused to make durable, so that they must be written again.
    private let unsynced = Mutex<Set<Digest>>([])
    /// Makes a file or directory durable.
    private let sync: @Sendable (String) throws(StorageError) -> Void

    /// The most files in the quarantine when a worker's is added, so that none can fill the disk with evil ones.
    private static let quarantineLimit = 100

    /// The time that the checker may take for a shard.
    ///
    /// Doubled: commits wait longer for a shard that hangs the library. Halved: a disk that stalls costs sound results.
    static let checkLimit: Duration = .seconds(30)

    init(
        _ directory: RunDirectory, design: Design, checkedBy program: SlotProgram,
        checkLimit: Duration = CoordinatorStorage.checkLimit,
        sync: @escaping @Sendable (String) throws(StorageError) -> Void = Disk.sync,
        log: @escaping @Sendable (String) -> Void = { _ in },
        post: @escaping @Sendable (CoordinatorSession.Event) -> Void
    ) {
        facts = FactLog(log: log) { post(.journaled(count: $0)) }
        checker = Checker(program, runPath: directory.runFile, patience: checkLimit, log: log)
        self.directory = directory
        self.design = design
        self.sync = sync
        self.post = post
    }

    /// Writes a piece of a shard into its temporary file.
    func write(_ chunk: ShardChunk) {
        queue.async { [self] in
            if let cause = put(chunk) {
                post(.commit(chunk.digest, .failed(reason: cause)))
            } else {
                Failpoint.reach("shard-written")
                post(.chunkWritten(chunk.digest, offset: chunk.offset))
            }
        }
    }

    /// Does a step of a commit.
    func perform(_ step: CommitSequence.Step, of shard: ShardAnnouncement) {
        queue.async { [self] in
            switch step {
            // Behind what is written before, and out of the way of what is written afterwards.
            case .verify: checks.async { [self] in post(.commit(shard.digest, verify(shard))) }
            case .store: post(.commit(shard.digest, store(shard.digest)))
            }
        }
    }

    /// Deletes a temporary file.
    func discard(_ shard: Digest) {
        queue.async { [self] in
            unsynced.withLock { _ = $0.remove(shard) }
            Disk.remove(temporaryPath(shard))
        }
    }

    /// Waits until everything asked for so far is done.
    func drain() {
        queue.sync {}
        checks.sync {}
    }

    /// Ends: what the journal was given is written, what is under way from workers is dropped; they still have it.
    func finish() {
        facts.end()
        checker.interrupt()
        queue.sync {}
        checks.sync { _ = checker.stop() }
        queue.sync {
            facts.close()
            removeTemporaryFiles()
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
        if shard.byteCount > Shard.largestFile {
            return .refused(
                reason: "the shard has \(shard.byteCount) bytes, more than the \(Shard.largestFile) that are read")
        }
        switch checker.check(path, shard.digest) {
        case .answer(.sound(let contents, _)):
            Failpoint.reach("shard-verified")
            return .verified(contents)
        case .answer(.refused(let reason)): return .refused(reason: reason)
        case .answer(.unreadable(let reason)), .unavailable(let reason): return .failed(reason: reason)
        case .answer(.ready), .answer(.unsound): return .failed(reason: "the checker gave no answer")
        // Nobody is to blame for what the system did; the worker keeps its shard, and it is looked at again.
        case .killed(let reason): return .failed(reason: reason)
        case .evil(let reason):
            // Its tasks are computed again; the file is kept for whoever wants to know what is wrong with it.
            let kept = quarantine(path, as: SealedShard.name(shard.digest)).map { "; it is kept as '\($0)'" } ?? ""
            return .refused(reason: reason + kept)
        }
    }

    private func store(_ shard: Digest) -> CommitSequence.Event {
        let temporary = temporaryPath(shard)
        let final = directory.shards + "/" + SealedShard.name(shard)
        do throws(StorageError) {
            if !Disk.exists(temporary) {
                guard Disk.exists(final) else {
                    return .lost(reason: "'\(final)' is gone, because the disk failed; it is fetched again")
                }
                // The directory could not be synced, and syncing it again proves nothing: the name is made anew.
                try Disk.rename(final, to: temporary)
            }
            for operation in CommitSequence.storing {
                switch operation {
                case .syncFile:
                    guard try syncFile(temporary, holding: shard) else {
                        // Nothing of it is of use; its worker sends it again.
                        Disk.remove(temporary)
                        return .lost(
                            reason: "'\(temporary)' has lost bytes, because the disk failed; it is fetched again")
                    }
                    Failpoint.reach("shard-synced")
                case .rename:
                    try Disk.rename(temporary, to: final)
                    Failpoint.reach("shard-renamed")
                case .syncDirectory:
                    try sync(directory.shards)
                    Failpoint.reach("shard-stored")
                }
            }
            return .stored
        } catch {
            return .failed(reason: "\(error)")
        }
    }

    /// Makes the bytes of a shard durable; false when they are not there any more.
    private func syncFile(_ file: String, holding shard: Digest) throws(StorageError) -> Bool {
        if unsynced.withLock({ $0.contains(shard) }) {
            guard try Disk.rewrite(file, holding: shard) else { return false }
        } else {
            unsynced.withLock { _ = $0.insert(shard) }
            try sync(file)
        }
        unsynced.withLock { _ = $0.remove(shard) }
        return true
    }

    /// Keeps a file that a worker sent, or removes it where that cannot be; returns where it is.
    private func quarantine(_ path: String, as name: String) -> String? {
        if let count = try? Disk.names(in: directory.quarantine).count, count >= Self.quarantineLimit {
            Disk.remove(path)
            return nil
        }
        do throws(StorageError) { return try setAside(path, as: name) } catch {
            Disk.remove(path)
            return nil
        }
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
            guard name.hasPrefix("."), name.hasSuffix(".part") || name.hasSuffix(".tmp") else { continue }
            Disk.remove(directory.shards + "/" + name)
        }
    }

    func temporaryPath(_ shard: Digest) -> String {
        directory.shards + "/." + SealedShard.name(shard) + ".part"
    }
}
