import Foundation
import FuzzingFixtures
import GRDB
import SweepGrid
import Testing

@testable import Journal
@testable import Scheduling

/// Journals whose bodies were changed and whose hashes are right all the same, so that the changes reach the decoder and the
/// scheduler.
@Suite struct JournalFuzzTests {
    private func corpus() -> [(kind: UInt8, body: [UInt8])] {
        (everyFact + controlFacts + failureFacts + storageFacts + conflictFacts + smallRun().facts).map {
            ($0.code, $0.body)
        }
    }

    /// Changes some rows: bits, lengths, pieces of other rows, kinds.
    private func mutate(_ rows: inout [(kind: UInt8, body: [UInt8])], using random: inout RandomStream) {
        for _ in 0..<Int.random(in: 1...8, using: &random) {
            let index = rows.indices.randomElement(using: &random) ?? 0
            var body = rows[index].body
            let place = Int.random(in: 0...body.count, using: &random)
            switch Int.random(in: 0..<6, using: &random) {
            case 0 where place < body.count: body[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            case 1 where place < body.count: body[place] = .max
            case 2: body.removeSubrange(place...)
            case 3: body.insert(UInt8.random(in: .min ... .max, using: &random), at: place)
            case 4:
                body.replaceSubrange(place..., with: (rows.randomElement(using: &random)?.body ?? []).dropFirst(place))
            default: rows[index].kind = UInt8.random(in: 0...12, using: &random)
            }
            rows[index].body = body
            if Int.random(in: 0..<4, using: &random) == 0 { rows.swapAt(index, rows.count - 1) }
        }
    }

    /// Whatever the facts say, folding them ends, and the scheduler goes on.
    @Test func changedFactsNeverStopTheScheduler() {
        let sound = corpus()
        let outcome = Fuzzing("facts", usual: 2_000).run { random in
            var rows = sound
            mutate(&rows, using: &random)
            var scheduler = newScheduler()
            var isWhole = true
            for (kind, body) in rows {
                guard let fact = try? Fact(kind: kind, body: body) else {
                    isWhole = false
                    continue
                }
                #expect(fact.body == body)
                scheduler.apply(fact)
            }
            let later = Instant(nanoseconds: 1_000_000_000_000)
            scheduler.resume(at: later)
            _ = scheduler.handle(.registered(scheduler.nextWorker, .init(slots: 2)), at: later)
            _ = scheduler.handle(.stored(shard(of: 0..<100), from: WorkerID(0)), at: later + .seconds(1_000))
            return isWhole
        }
        #expect(outcome.accepted > 0 && outcome.refused > 0)
        #expect(outcome.growth < Fuzzing.growthLimit && outcome.peak < Fuzzing.peakLimit)
    }

    /// A row with a right hash and a wrong body is named like any other damage.
    @Test func aSealedJournalOfChangedFactsIsReadUpToTheFirstBadOne() throws {
        let sound = corpus()
        let outcome = try Fuzzing("journals", usual: 40).run { random in
            var changed = sound
            mutate(&changed, using: &random)
            let directory = try TemporaryDirectory.inMemory()
            try seal(changed, at: directory.journal)
            let readable = changed.prefix { row in (try? Fact(kind: row.kind, body: row.body)) != nil }
            var seen: [JournalRecord] = []
            do throws(JournalError) {
                try JournalReader(directory.journal, design: design).read { seen.append($0) }
                #expect(readable.count == changed.count)
            } catch {
                #expect([.damaged(firstBad: readable.count + 1), .laterRelease].contains(error.cause))
                #expect(error.description.contains("row \(readable.count + 1)"))
            }
            #expect(seen.map { $0.content.body } == readable.map(\.body))
            return readable.count == changed.count
        }
        #expect(outcome.refused > 0)
        #expect(outcome.growth < Fuzzing.growthLimit && outcome.peak < Fuzzing.peakLimit)
    }

    private func seal(_ rows: [(kind: UInt8, body: [UInt8])], at path: String) throws {
        try Journal.create(at: path, design: design)
        let file = try JournalFile(writing: path)
        var end = ChainEnd(formatVersion: 1, design: design)
        try file.queue.write { database in
            let statement = try database.makeStatement(sql: "INSERT INTO fact VALUES (?, ?, ?, ?, ?, ?)")
            for (kind, body) in rows {
                let hash = end.extend(instant: .zero, wallTime: 0, kind: kind, body: body)
                let blob = body.isEmpty ? [0] : body
                try statement.insert([Int64(end.sequence), 0, 0, Int64(kind)], blob, hash.bytes)
            }
        }
        try file.queue.close()
    }
}
