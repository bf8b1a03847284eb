import Foundation
import Journal
import Scheduling
import SweepGrid
import Testing

/// Real processes that are killed while they write.
@Suite(.serialized) struct JournalKillTests {
    /// The facts that the child appends, known to both sides.
    private static func fact(_ number: Int) -> Fact {
        .shardCommitted(shard(of: number..<number + number % 7), worker: WorkerID(UInt32(number)))
    }

    /// Scenarios 11 and 13: kill -9 at any moment leaves a prefix that holds everything acknowledged, and no lock.
    @Test(arguments: UInt64(0)..<7) func aKilledWriterLeavesAllThatItAcknowledged(seed: UInt64) async throws {
        let directory = try TemporaryDirectory()
        let path = directory.journal
        try Journal.create(at: path, design: design)
        var sound = 0
        for round in 0..<3 {
            var random = RandomStream(key: seed, highCounter: UInt64(round))
            let patience = UInt32.random(in: 0...30_000, using: &random)
            await #expect(processExitsWith: .signal(SIGKILL)) {
                [path = path as String, patience = patience as UInt32] in
                try JournalKillTests.write(path, patience: patience)
            }
            let acknowledged = try Int(String(contentsOfFile: path + ".count", encoding: .utf8)) ?? 0
            let rows = try rows(of: path)
            #expect(rows.count >= max(acknowledged, sound))
            #expect(rows.map(\.fact) == rows.indices.map { JournalKillTests.fact($0) })
            sound = rows.count
        }
        #expect(try Journal(opening: path, design: design) { _ in }.count == sound)
    }

    /// Appends batches until it kills itself from another thread, and writes down what is acknowledged.
    private static func write(_ path: String, patience: UInt32) throws {
        let journal = try Journal(opening: path, design: design) { _ in }
        let note = open(path + ".count", O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        Thread.detachNewThread {
            usleep(patience)
            kill(getpid(), SIGKILL)
        }
        while true {
            let count = journal.count
            try journal.append((count..<count + 1 + count % 40).map(fact), at: Instant(nanoseconds: Int64(count)))
            let text = Array(String(journal.count).utf8)
            pwrite(note, text, text.count, 0)
        }
    }
}
