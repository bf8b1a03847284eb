import Foundation
import SweepGrid
import Testing

@testable import Journal
@testable import Scheduling

@Suite struct JournalRestoreTests {
    private func restored(_ path: String, count: Int = .max) throws -> Scheduler {
        var scheduler = newScheduler()
        try JournalReader(path, design: design).read { row in
            if row.sequence <= count, let fact = row.fact { scheduler.apply(fact) }
        }
        return scheduler
    }

    /// Scenarios 2, 3, 4 and 9: attempts, error texts, crash counters and pauses are those of the coordinator that died.
    @Test func foldingTheJournalGivesTheStateThatWasLeft() throws {
        let directory = try TemporaryDirectory()
        let (facts, scheduler) = smallRun()
        #expect(Set(facts.map(\.code)).isSuperset(of: [1, 2, 4, 5, 6, 7, 8]))
        try makeJournal(facts, at: directory.journal)
        #expect(try restored(directory.journal).ledger == scheduler.ledger)
    }

    /// Scenario 6: a restore changes nothing, so that any number of them gives the same.
    @Test func foldingTwiceGivesTheSame() throws {
        let directory = try TemporaryDirectory()
        try makeJournal(smallRun().facts, at: directory.journal)
        let before = directory.bytes()
        let first = try restored(directory.journal)
        _ = try Journal(opening: directory.journal, design: design) { _ in }
        #expect(try restored(directory.journal).ledger == first.ledger)
        #expect(directory.bytes() == before)
    }

    /// Scenario 7: after a crash at any fact, the restored scheduler is sound and finishes the run.
    @Test func everyPrefixRestoresASoundScheduler() throws {
        let directory = try TemporaryDirectory()
        let facts = smallRun().facts
        try makeJournal(facts, at: directory.journal)
        for count in 0...facts.count {
            var scheduler = try restored(directory.journal, count: count)
            #expect(scheduler.violations() == [])
            let later = Instant(nanoseconds: 1_000_000_000_000)
            scheduler.resume(at: later)
            _ = scheduler.handle(.stored(shard(of: 0..<100), from: WorkerID(0)), at: later)
            #expect(scheduler.isComplete)
        }
    }
}
