import ClusterFixtures
import Foundation
import Results
import Scheduling
import SweepGrid
import Synchronization
import Testing

@testable import Cluster

/// What a coordinator does with the bytes of shards.
@Suite struct StorageTests {
    let scratch: ScratchDirectory
    let directory: RunDirectory
    let events: EventQueue<CoordinatorSession.Event>
    let storage: CoordinatorStorage
    let disk = FailingDisk()

    /// A disk that refuses to make files or directories durable for a while.
    final class FailingDisk: Sendable {
        let refused = Mutex<Set<String>>([])

        func sync(_ path: String) throws(StorageError) {
            guard !refused.withLock({ $0.contains(path) }) else {
                throw StorageError(path: path, problem: "cannot be written: Input/output error")
            }
            try Disk.sync(path)
        }
    }

    init() throws {
        scratch = try ScratchDirectory()
        directory = RunDirectory(scratch.path)
        try Disk.makeDirectory(directory.shards)
        let events = try EventQueue<CoordinatorSession.Event>()
        self.events = events
        let run = try FixtureSweeps.words.freeze()
        try directory.write(run)
        storage = CoordinatorStorage(
            directory, design: run.design, checkedBy: .fixtureChecker(),
            sync: { [disk] path throws(StorageError) in try disk.sync(path) }, post: { events.post($0) })
    }

    /// The bytes of a shard with results of tasks 3 and 4 of a sweep.
    private func shard(of sweep: Sweep) throws -> (bytes: [UInt8], announcement: ShardAnnouncement) {
        let design = try sweep.freeze().design
        var writer = ShardWriter(design: design, worker: "w", host: "h")
        for task in 3...4 {
            writer.append(
                task: task, id: design.taskID(task), attempt: 1,
                result: TaskResult(status: .ok, values: [Double(task)], lengths: []), started: 0, seconds: 1)
        }
        let (bytes, sealed) = try writer.encoded()
        return (bytes, ShardAnnouncement(digest: sealed.digest, byteCount: bytes.count, tasks: [3..<5]))
    }

    /// Writes bytes in two pieces, the second first, and verifies them.
    private func verify(_ bytes: [UInt8], _ announcement: ShardAnnouncement) -> [CoordinatorSession.Event] {
        let half = bytes.count / 2
        let digest = announcement.digest
        storage.write(ShardChunk(digest: digest, offset: half, bytes: Array(bytes[half...])))
        storage.write(ShardChunk(digest: digest, offset: 0, bytes: Array(bytes[..<half])))
        storage.perform(.verify, of: announcement)
        storage.drain()
        return events.take()
    }

    @Test func aSoundShardIsVerifiedStoredAndAdoptedByTheNextCoordinator() throws {
        let (bytes, announcement) = try shard(of: FixtureSweeps.words)
        let digest = announcement.digest
        let contents = ShardContents(
            digest: digest, tasks: [3..<5],
            fingerprints: (3...4).map {
                TaskResult(status: .ok, values: [Double($0)], lengths: []).digest().firstWord
            })
        #expect(
            verify(bytes, announcement) == [
                .chunkWritten(digest, offset: bytes.count / 2), .chunkWritten(digest, offset: 0),
                .commit(digest, .verified(contents)),
            ])
        #expect(try directory.shardPaths() == [])
        storage.perform(.store, of: announcement)
        storage.drain()
        #expect(events.take() == [.commit(digest, .stored)])
        #expect(try Disk.read(try #require(directory.shardPaths().first), limit: 1 << 20) == bytes)
        #expect(try storage.adopt(note: { Issue.record("\($0)") }) == [contents])
    }

    @Test func aDamagedShardIsRefused() throws {
        var (bytes, announcement) = try shard(of: FixtureSweeps.words)
        bytes[100] ^= 1
        guard case .commit(announcement.digest, .refused(let reason)) = verify(bytes, announcement).last else {
            Issue.record("it was not refused")
            return
        }
        #expect(reason.contains("is damaged"))
        storage.discard(announcement.digest)
        storage.drain()
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.shards) == [])
    }

    @Test func whatIsLeftOfShardsUnderWayIsRemovedAtTheEnd() throws {
        let (bytes, announcement) = try shard(of: FixtureSweeps.words)
        storage.write(ShardChunk(digest: announcement.digest, offset: 0, bytes: bytes))
        storage.drain()
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.shards).count == 1)
        storage.finish()
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.shards) == [])
    }

    @Test func aShardOfAnotherDesignIsRefused() throws {
        let (bytes, announcement) = try shard(of: FixtureSweeps.naps)
        guard case .commit(announcement.digest, .refused(let reason)) = verify(bytes, announcement).last else {
            Issue.record("it was not refused")
            return
        }
        #expect(reason.contains("another design"))
    }

    /// Stores a verified shard; returns what became of it.
    private func store(_ announcement: ShardAnnouncement) -> CoordinatorSession.Event? {
        storage.perform(.store, of: announcement)
        storage.drain()
        return events.take().last
    }

    /// Scenario 14: a disk that could not sync a file has other bytes the next time; the shard is no worse for it.
    @Test func whatTheDiskLostIsNotCalledRefused() throws {
        let (bytes, announcement) = try shard(of: FixtureSweeps.words)
        let digest = announcement.digest
        #expect(verify(bytes, announcement).count == 3)
        disk.refused.withLock { $0 = [storage.temporaryPath(digest)] }
        guard case .commit(digest, .failed) = store(announcement) else {
            Issue.record("a file that could not be synced was stored")
            return
        }
        disk.refused.withLock { $0 = [] }
        storage.write(ShardChunk(digest: digest, offset: 0, bytes: Array(repeating: 0, count: bytes.count)))
        guard case .commit(digest, .lost(let reason)) = store(announcement) else {
            Issue.record("the bytes are not lost")
            return
        }
        #expect(reason.hasSuffix("has lost bytes, because the disk failed; it is fetched again"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.shards) == [])
        // Fetched again, it is stored.
        storage.discard(digest)
        #expect(verify(bytes, announcement).count == 3)
        #expect(store(announcement) == .commit(digest, .stored))
    }

    /// Scenario 14: a shard that is under neither name any more is fetched again, and not waited for.
    @Test func aShardThatIsGoneIsFetchedAgain() throws {
        let (bytes, announcement) = try shard(of: FixtureSweeps.words)
        let digest = announcement.digest
        #expect(verify(bytes, announcement).count == 3)
        Disk.remove(storage.temporaryPath(digest))
        guard case .commit(digest, .lost(let reason)) = store(announcement) else {
            Issue.record("a file that is not there is not lost")
            return
        }
        #expect(reason.hasSuffix("is gone, because the disk failed; it is fetched again"))
    }

    /// Scenario 14: a name that could not be made durable is made again, because a second sync of the directory has nothing
    /// to write.
    @Test func aNameThatCouldNotBeSyncedIsMadeAgain() throws {
        let (bytes, announcement) = try shard(of: FixtureSweeps.words)
        let digest = announcement.digest
        #expect(verify(bytes, announcement).count == 3)
        disk.refused.withLock { $0 = [directory.shards] }
        for _ in 0..<2 {
            guard case .commit(digest, .failed(let reason)) = store(announcement) else {
                Issue.record("a directory that could not be synced holds a shard")
                return
            }
            #expect(reason.contains("Input/output error"))
        }
        disk.refused.withLock { $0 = [] }
        let before = try changed(directory.shards)
        // Longer than the clock of files takes for a step.
        usleep(30_000)
        #expect(store(announcement) == .commit(digest, .stored))
        #expect(try changed(directory.shards) > before)
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: directory.shards) == [SealedShard.name(digest)])
        #expect(try Disk.digest(of: directory.shards + "/" + SealedShard.name(digest)) == digest)
    }

    /// When names in a directory last changed.
    private func changed(_ path: String) throws -> Date {
        try #require(FileManager.default.attributesOfItem(atPath: path)[.modificationDate] as? Date)
    }

    @Test func aFullDiskIsAFailureThatMayPass() throws {
        let (bytes, announcement) = try shard(of: FixtureSweeps.words)
        let temporary = directory.shards + "/." + SealedShard.name(announcement.digest) + ".part"
        try FileManager.default.createSymbolicLink(atPath: temporary, withDestinationPath: "/dev/full")
        storage.write(ShardChunk(digest: announcement.digest, offset: 0, bytes: bytes))
        storage.drain()
        guard case .commit(announcement.digest, .failed(let reason)) = events.take().last else {
            Issue.record("it did not fail")
            return
        }
        #expect(reason.contains("No space left on device"))
        storage.discard(announcement.digest)
        storage.drain()
        #expect(verify(bytes, announcement).count == 3)
    }
}
