import Scheduling
import SweepGrid

/// The storage thread of the coordinator, one operation at a time.
extension VirtualCluster {
    /// Does the next operation, and reports the end of a request a little later: the coordinator may die in between.
    func store() {
        guard coordinator != nil else { return }
        if coordinator?.operations.isEmpty == true { begin() }
        guard let operation = coordinator?.operations.first else { return goOn() }
        let isFull = isActive(.diskFull)
        if isFull { strike(.diskFull) }
        if case .append = operation, isFull {
            // The journal keeps its facts and tries again.
            return queue.insert(.storage(epoch: epoch), at: now + .milliseconds(200))
        }
        coordinator?.operations.removeFirst()
        let event = outcome(of: operation, isFull)
        switch event {
        case .commit(_, .failed), .commit(_, .lost): coordinator?.operations = []
        default: break
        }
        guard !isStruck(isStoring: operation.isStoring) else { return }
        if let event { queue.insert(.storageReport(epoch: epoch, event), at: now + randomDuration(1...2_000)) }
        goOn()
    }

    private func goOn() {
        guard let coordinator, !coordinator.operations.isEmpty || !coordinator.requests.isEmpty else { return }
        queue.insert(.storage(epoch: epoch), at: now + randomDuration(50...5_000))
    }

    /// Takes the next request apart.
    private func begin() {
        guard coordinator?.requests.isEmpty == false, let request = coordinator?.requests.removeFirst() else { return }
        if scenario.mistake == .journalBeforeDirectorySync, case .write = request { disk.syncDirectory() }
        let operations = operations(of: request)
        coordinator?.operations = operations
    }

    private func operations(of request: Coordinator.Request) -> [Coordinator.Operation] {
        switch request {
        case .journal:
            // An earlier transaction may have taken these facts along.
            coordinator?.waiting.isEmpty == true ? [] : [.append, .syncJournal]
        case .write(let chunk): [.write(chunk)]
        case .commit(let shard, .verify): [.verify(shard)]
        case .commit(let shard, .store): storing.map { .store(shard, $0) }
        case .discard(let digest): [.remove(.temporary(digest))]
        case .compact(let shards): [.compact(shards)]
        case .remove(let shards): shards.map { .remove(.shard($0)) }
        case .checkpoint(let request): [.checkpoint(request)]
        }
    }

    /// The operations that store a shard, in the order of the real program unless that is the mistake.
    var storing: [CommitSequence.DiskOperation] {
        switch scenario.mistake {
        case .renameBeforeSync: [.rename, .syncDirectory, .syncFile]
        case .journalBeforeDirectorySync: [.syncFile, .rename]
        default: CommitSequence.storing
        }
    }

    private func outcome(of operation: Coordinator.Operation, _ isFull: Bool) -> CoordinatorSession.Event? {
        switch operation {
        case .append:
            let facts = coordinator?.waiting ?? []
            coordinator?.waiting = []
            disk.append(facts, at: coordinatorTime)
            if scenario.mistake == .journalWithoutSync { reportJournaled(facts.count) }
            return nil
        case .syncJournal:
            let count = syncJournal()
            guard scenario.mistake != .journalWithoutSync, scenario.mistake != .acknowledgeBeforeJournal
            else { return nil }
            coordinator?.durableCount += count
            return coordinator.map { .journaled(count: $0.durableCount) }
        case .write(let chunk):
            guard !isFull else { return .commit(chunk.digest, .failed(reason: "No space left on device")) }
            disk.write(chunk.bytes, at: chunk.offset, of: .temporary(chunk.digest))
            return .chunkWritten(chunk.digest, offset: chunk.offset)
        case .verify(let shard):
            return .commit(shard.digest, verify(shard))
        case .store(let shard, .syncFile) where isFull && isOneOf(3):
            // What could not be synced is not there any more when it is looked at again.
            for file in [.temporary(shard.digest), .shard(shard.digest)] as [VirtualDisk.Name] { disk.remove(file) }
            return .commit(shard.digest, .lost(reason: "the disk lost bytes"))
        case .store(let shard, let operation):
            guard !isFull else { return .commit(shard.digest, .failed(reason: "No space left on device")) }
            guard store(shard.digest, operation) else {
                report.violations.append("a shard is stored whose bytes are not there")
                return .commit(shard.digest, .failed(reason: "no such file"))
            }
            return operation == storing.last ? .commit(shard.digest, .stored) : nil
        case .compact(let shards):
            return isFull ? .compacted(.failed(reason: "No space left on device")) : compact(shards)
        case .storeCompacted(let shard, let replaced, let operation):
            guard store(shard, operation) else { return .compacted(.failed(reason: "no such file")) }
            return operation == storing.last ? .compacted(.stored(shard, replacing: replaced)) : nil
        case .checkpoint(let request):
            return outcome(of: request, isFull)
        case .remove(let name):
            disk.remove(name)
            return nil
        }
    }

    /// Does one step of giving a file its final name; false when it is not there.
    private func store(_ shard: Digest, _ operation: CommitSequence.DiskOperation) -> Bool {
        switch operation {
        case .syncFile:
            disk.sync(.temporary(shard))
            disk.sync(.shard(shard))
        case .rename:
            // Tried again after the disk failed behind the rename, the file is in its place already.
            return disk.rename(.temporary(shard), to: .shard(shard)) || disk.read(.shard(shard)) != nil
        case .syncDirectory: disk.syncDirectory()
        }
        return true
    }

    private func verify(_ announcement: ShardAnnouncement) -> CommitSequence.Event {
        let file = disk.read(.temporary(announcement.digest)) ?? []
        guard scenario.mistake != .unverifiedShard else { return .verified(contents(of: file, announcement.digest)) }
        guard digest(of: file) == announcement.digest, file.count == announcement.byteCount else {
            return .refused(reason: "the file does not have the announced SHA-256")
        }
        return .verified(contents(of: file, announcement.digest))
    }

    /// Tells the session that facts are durable although they are not: a mistake.
    func reportJournaled(_ count: Int) {
        coordinator?.durableCount += count
        guard let coordinator else { return }
        queue.insert(.storageReport(epoch: epoch, .journaled(count: coordinator.durableCount)), at: now)
    }

    /// Commits the open transactions; returns how many rows became durable.
    @discardableResult
    func syncJournal() -> Int {
        let before = disk.syncedRowCount
        disk.syncJournal()
        let rows = disk.journal[before...]
        for row in rows { promises.note(row.fact) }
        return rows.count
    }

    /// What is in the file of a shard.
    func contents(of file: [UInt8], _ name: Digest) -> ShardContents {
        let words = words(in: file)
        let tasks = stride(from: 0, to: words.count, by: 2).map { Int(truncatingIfNeeded: words[$0]) }
        let prints = stride(from: 1, to: words.count, by: 2).map { words[$0] }
        var set = TaskSet()
        for task in tasks where (0..<scenario.taskCount).contains(task) { set.insert(task..<task + 1) }
        return ShardContents(digest: name, tasks: set.ranges, fingerprints: prints)
    }
}
