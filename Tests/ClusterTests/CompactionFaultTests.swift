import ClusterFixtures
import Foundation
import Results
import Scheduling
import SweepGrid
import Testing

@testable import Cluster

/// Compaction when one of the shards is damaged or gone.
@Suite struct CompactionFaultTests {
    @Test(arguments: [true, false])
    func theShardThatCannotBeReadIsNamedAndTheOthersAreCompacted(isGone: Bool) throws {
        let scratch = try ScratchDirectory()
        let directory = RunDirectory(scratch.path + "/run")
        let run = try FixtureSweeps.words.freeze()
        try Disk.makeDirectory(directory.shards)
        try directory.write(run)
        let shards = try (0..<4).map { task in
            var writer = ShardWriter(design: run.design, worker: "w", host: "h")
            let result = TaskResult(status: .ok, values: [1], lengths: [])
            writer.append(task: task, id: run.design.taskID(task), attempt: 1, result: result, started: 0, seconds: 1)
            return try writer.seal(in: directory.shards)
        }
        let bad = shards[2]
        let path = directory.shards + "/" + bad.name
        let bytes = try Disk.read(path, limit: 1 << 20)
        Disk.remove(path)
        if !isGone { try Disk.writeAtomically(bytes.map { $0 ^ 1 }, to: path) }

        let events = try EventQueue<CoordinatorSession.Event>()
        let lines = EventLines()
        let storage = CoordinatorStorage(
            directory, design: run.design, checkedBy: .fixtureChecker(), log: { lines.append($0) }
        ) { events.post($0) }
        defer { storage.finish() }
        func compact(_ digests: [Digest]) -> [CoordinatorSession.Event] {
            storage.compact(digests)
            storage.drain()
            storage.drain()
            return events.take()
        }
        #expect(compact(shards.map(\.digest)) == [.compacted(.unfit([bad.digest]))])
        #expect(lines.all.count == 1 && lines.all[0].contains(path), "\(lines.all)")
        #expect(lines.all.first?.contains("'phasemap resume \(directory.path)'") == true)
        let others = shards.map(\.digest).filter { $0 != bad.digest }
        guard case .compacted(.stored(let compacted, replacing: others)) = compact(others).first else {
            Issue.record("the others are not compacted")
            return
        }
        #expect(Disk.exists(directory.shards + "/" + SealedShard.name(compacted)))
    }
}

/// Lines that several threads write.
private final class EventLines: @unchecked Sendable {
    private let lock = NSLock()
    private var lines: [String] = []
    var all: [String] { lock.withLock { lines } }
    func append(_ line: String) { lock.withLock { lines.append(line) } }
}
