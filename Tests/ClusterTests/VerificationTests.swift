import ClusterFixtures
import Foundation
import Results
import Scheduling
import SweepGrid
import Testing

@testable import Cluster

/// What `verify` says of runs that are served, and of each kind of fault.
@Suite struct VerificationTests {
    let scratch: ScratchDirectory
    let directory: RunDirectory
    let run: FrozenRun
    let events: EventQueue<CoordinatorSession.Event>

    /// A run with shards of one task each, which its journal names.
    init() throws {
        scratch = try ScratchDirectory()
        directory = RunDirectory(scratch.path + "/run")
        let waiting = try TestCoordinator(FixtureSweeps.words, into: directory.path)
        waiting.stop()
        _ = try waiting.finish()
        run = try directory.readRun()
        events = try EventQueue<CoordinatorSession.Event>()
        for task in 0..<4 { try write(task) }
        try serve { _ in }
    }

    @discardableResult
    private func write(_ task: Int, value: Double = 0) throws -> SealedShard {
        var writer = ShardWriter(design: run.design, worker: "w", host: "h")
        let result = TaskResult(status: .ok, values: [value], lengths: [])
        writer.append(task: task, id: run.design.taskID(task), attempt: 1, result: result, started: 0, seconds: 1)
        return try writer.seal(in: directory.shards)
    }

    /// Opens the run as a coordinator does.
    private func serve(_ body: (CoordinatorStorage) throws -> Void) throws {
        let events = events
        let storage = CoordinatorStorage(directory, design: run.design, checkedBy: .fixtureChecker()) {
            events.post($0)
        }
        defer { storage.finish() }
        var scheduler = Scheduler(taskCount: run.design.taskCount, tasksPerPoint: run.design.replicates) { _ in 1 }
        _ = try storage.restore(&scheduler, run.design.digest)
        try body(storage)
    }

    /// A coordinator commits a shard and compacts the others whenever `verify` looks away.
    @Test(arguments: RunRepair.Look.allCases)
    func aRunThatIsServedMeanwhileIsSound(_ look: RunRepair.Look) throws {
        let before = try directory.shardPaths().compactMap {
            SealedShard.digest(in: URL(filePath: $0).lastPathComponent)
        }
        #expect(before.count == 4)
        try serve { storage in
            let found = try RunRepair.verify(directory.path) { reached in
                guard reached == look, (try? directory.shardPaths().count) == 4 else { return }
                _ = events.take()
                do {
                    let sealed = try write(4)
                    let contents = ShardContents(
                        digest: sealed.digest, tasks: [4..<5],
                        fingerprints: [TaskResult(status: .ok, values: [0], lengths: []).digest().firstWord])
                    storage.journal([.shardCommitted(contents, worker: WorkerID(1))], at: .zero)
                    storage.compact(before)
                    storage.drain()
                    storage.drain()
                    let stored = events.take().compactMap { event -> (Digest, [Digest])? in
                        if case .compacted(.stored(let shard, let replaced)) = event { (shard, replaced) } else { nil }
                    }
                    let (shard, replaced) = try #require(stored.first)
                    #expect(replaced == before)
                    storage.journal([.shardsCompacted(into: shard, replacing: replaced)], at: .zero)
                    storage.remove(replaced)
                    storage.drain()
                    #expect(try directory.shardPaths().count == 2)
                } catch {
                    Issue.record(error)
                }
            }
            #expect(found.isSound, "\(found.lines)")
            #expect(found.lines.contains { $0.hasPrefix("5 of 400 tasks committed") }, "\(found.lines)")
            #expect(!found.lines.contains { $0.contains("no row names") }, "\(found.lines)")
        }
    }

    @Test func theAdviceIsThatOfTheFault() throws {
        #expect(try RunRepair.verify(directory.path).advice == [])
        let (resume, recover) = ("'phasemap resume \(directory.path)'", "'phasemap recover \(directory.path)'")
        let paths = try directory.shardPaths()
        // A shard that is gone, and one that is damaged.
        let bytes = try Disk.read(paths[0], limit: 1 << 20)
        Disk.remove(paths[0])
        #expect(try RunRepair.verify(directory.path).advice.map { $0.hasPrefix(resume) } == [true])
        try Disk.writeAtomically(Array(bytes.dropLast()), to: paths[0])
        #expect(try RunRepair.verify(directory.path).advice.map { $0.hasPrefix(resume) } == [true])
        try Disk.writeAtomically(bytes, to: paths[0])
        // Two results of a task.
        let wrong = try write(2, value: 1)
        let conflict = try RunRepair.verify(directory.path).advice
        #expect(conflict.count == 1 && conflict[0].contains("'\(directory.quarantine)', then \(resume)"), "\(conflict)")
        Disk.remove(directory.shards + "/" + wrong.name)
        // No journal.
        try Disk.rename(directory.journal, to: directory.path + "/elsewhere")
        #expect(try RunRepair.verify(directory.path).advice.map { $0.hasPrefix(recover) } == [true])
    }
}
