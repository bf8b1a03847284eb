import ClusterFixtures
import Foundation
import Results
import Scheduling
import SweepGrid
import Testing

@testable import Cluster

/// The process that opens shards, so that an evil one takes down nothing else.
@Suite struct CheckerTests {
    let scratch: ScratchDirectory
    let directory: RunDirectory
    let events: EventQueue<CoordinatorSession.Event>

    init() throws {
        scratch = try ScratchDirectory()
        directory = RunDirectory(scratch.path + "/run")
        events = try EventQueue<CoordinatorSession.Event>()
        try Disk.makeDirectory(directory.shards)
        try directory.write(try FixtureSweeps.words.freeze())
    }

    private func storage(_ program: SlotProgram, limit: Duration = .seconds(30)) throws -> CoordinatorStorage {
        let events = events
        let design = try FixtureSweeps.words.freeze().design
        return CoordinatorStorage(directory, design: design, checkedBy: program, checkLimit: limit) { events.post($0) }
    }

    /// A shard with the result of one task, and what it holds.
    private func shard(_ task: Int) throws -> (bytes: [UInt8], ShardAnnouncement, ShardContents) {
        let design = try FixtureSweeps.words.freeze().design
        var writer = ShardWriter(design: design, worker: "w", host: "h")
        let result = TaskResult(status: .ok, values: [Double(task)], lengths: [])
        writer.append(task: task, id: design.taskID(task), attempt: 1, result: result, started: 0, seconds: 1)
        let (bytes, sealed) = try writer.encoded()
        let tasks = [task..<task + 1]
        return (
            bytes, ShardAnnouncement(digest: sealed.digest, byteCount: bytes.count, tasks: tasks),
            ShardContents(digest: sealed.digest, tasks: tasks, fingerprints: [result.digest().firstWord])
        )
    }

    private func verdict(of task: Int, by storage: CoordinatorStorage) throws -> CommitSequence.Event? {
        let (bytes, announcement, _) = try shard(task)
        storage.write(ShardChunk(digest: announcement.digest, offset: 0, bytes: bytes))
        storage.perform(.verify, of: announcement)
        storage.drain()
        guard case .commit(announcement.digest, let event) = events.take().last else { return nil }
        return event
    }

    /// Scenario 42: an evil shard.
    @Test(arguments: ["crash", "hang"])
    func aShardThatBringsTheCheckerDownIsQuarantinedByNameAndTheOthersAreChecked(_ evil: String) throws {
        let storage = try storage(.fixtureChecker(evil: (evil, scratch.path + "/marker")), limit: .seconds(2))
        defer { storage.finish() }
        let (bytes, announcement, _) = try shard(1)
        guard case .refused(let reason) = try verdict(of: 1, by: storage) else {
            Issue.record("the evil shard was not refused")
            return
        }
        let name = SealedShard.name(announcement.digest)
        #expect(reason.contains(evil == "crash" ? "SIGSEGV" : "more than 2"), "\(reason)")
        #expect(reason.contains(directory.quarantine + "/" + name), "\(reason)")
        #expect(try Disk.read(directory.quarantine + "/" + name, limit: 1 << 20) == bytes)
        #expect(try Disk.names(in: directory.shards) == [])
        #expect(try verdict(of: 2, by: storage) == .verified(try shard(2).2))
    }

    @Test func aCheckerKilledByAccidentIsReplacedAndTheShardIsSound() throws {
        let storage = try storage(.fixtureChecker())
        defer { storage.finish() }
        #expect(try verdict(of: 1, by: storage) == .verified(try shard(1).2))
        let checkers = children(of: getpid())
        for checker in checkers { kill(checker, SIGKILL) }
        #expect(try verdict(of: 2, by: storage) == .verified(try shard(2).2))
    }

    @Test func aCheckerThatDoesNotStartBlamesNoShard() throws {
        let storage = try storage(SlotProgram(path: "/bin/false"))
        defer { storage.finish() }
        guard case .failed(let reason) = try verdict(of: 1, by: storage) else {
            Issue.record("it is no failure that may pass")
            return
        }
        #expect(reason.contains("does not get ready"))
    }

    @Test func theCheckerEndsWithItsCoordinator() throws {
        let storage = try storage(.fixtureChecker())
        let before = children(of: getpid())
        _ = try verdict(of: 1, by: storage)
        let checker = children(of: getpid()).filter { !before.contains($0) }
        #expect(checker.count == 1)
        storage.finish()
        #expect(checker.allSatisfy { !isAlive($0) })
    }

    /// Scenario 20: the system kills checkers while a shard is looked at; it is looked at again, and nobody is to blame.
    @Test func aCheckerThatIsKilledWhileAShardComesInBlamesNoTask() throws {
        let marker = scratch.path + "/marker"
        var policy = fixturePolicy
        policy.storageRetryDelay = .milliseconds(200)
        let path = scratch.path + "/whole"
        let coordinator = try TestCoordinator(
            FixtureSweeps.words, into: path, workers: 1, policy: policy,
            checker: .fixtureChecker(evil: ("killed-twice", marker)))
        let outcome = try coordinator.finish()
        #expect(outcome.isComplete && outcome.failures.isEmpty)
        #expect(coordinator.lines.contains { $0.hasSuffix("the checker died of it, signal SIGKILL") })
        // The very file that was looked at in vain is the one that is committed.
        let name = try String(contentsOfFile: marker, encoding: .utf8)
        let kept = try Disk.names(in: RunDirectory(path).shards)
        #expect(kept.contains { name.contains($0) }, "\(name) is not among \(kept)")
        #expect(!Disk.exists(RunDirectory(path).quarantine))
        #expect(try RunHistory(path).scheduler.suspectedTasks == [])
        let failures = try journaledFacts(in: path).filter { if case .attemptFailed = $0 { true } else { false } }
        #expect(failures == [])
        #expect(try committedResults(in: path) == undisturbedResults(of: FixtureSweeps.words))
    }

    @Test func anEvilShardCostsARunOnlyItsTime() throws {
        let evil = SlotProgram.fixtureChecker(evil: ("crash", scratch.path + "/marker"))
        let path = scratch.path + "/whole"
        let outcome = try TestCoordinator(FixtureSweeps.words, into: path, workers: 2, checker: evil).finish()
        #expect(outcome.isComplete && outcome.failures.isEmpty)
        #expect(try committedResults(in: path) == undisturbedResults(of: FixtureSweeps.words))
        #expect(try Disk.names(in: RunDirectory(path).quarantine).count == 1)
    }
}
