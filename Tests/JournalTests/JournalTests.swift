import Foundation
import Scheduling
import SweepGrid
import Testing

@testable import Journal

@Suite struct JournalTests {
    /// Scenarios 1, 2, 3, 4, 5 and 6: whatever was appended is there after each of many restarts, in order, with its times.
    @Test func whatWasAppendedIsReadAgainAfterEveryRestart() throws {
        let directory = try TemporaryDirectory()
        try Journal.create(at: directory.journal, design: design)
        var expected: [JournalRecord] = []
        for round in 0..<5 {
            var seen: [JournalRecord] = []
            let journal = try Journal(opening: directory.journal, design: design, clock: noon) { seen.append($0) }
            #expect(seen == expected)
            #expect(journal.count == expected.count)
            let session = JournalSession(build: SHA256.hash([UInt8(round)]), host: "node \(round)")
            let instant = Instant(nanoseconds: Int64(round))
            try journal.append([Journal.Entry(.session(session), at: instant)])
            try journal.append(everyFact, at: instant)
            for content in [.session(session)] + everyFact.map({ JournalRecord.Content.fact($0) }) {
                expected.append(
                    JournalRecord(sequence: expected.count + 1, instant: instant, wallTime: noon(), content: content))
            }
            #expect(journal.lastInstant == instant)
        }
        #expect(try rows(of: directory.journal) == expected)
    }

    @Test func runTimeNeverFalls() throws {
        let directory = try TemporaryDirectory()
        try makeJournal([.workerLost(WorkerID(1)), .workerLost(WorkerID(2))], at: directory.journal)
        let journal = try Journal(opening: directory.journal, design: design) { _ in }
        #expect(journal.lastInstant == Instant(nanoseconds: 1_000_000_000))
        try journal.append([.workerLost(WorkerID(3))], at: .zero)
        #expect(journal.lastInstant == Instant(nanoseconds: 1_000_000_000))
        #expect(try rows(of: directory.journal).count == 3)
    }

    @Test func aReaderSeesTheJournalThatIsBeingWritten() throws {
        let directory = try TemporaryDirectory()
        try Journal.create(at: directory.journal, design: design)
        let journal = try Journal(opening: directory.journal, design: design) { _ in }
        for count in 1...3 {
            try journal.append([.workerLost(WorkerID(1))], at: .zero)
            #expect(try rows(of: directory.journal).count == count)
        }
    }

    /// Scenario 13.
    @Test func aSecondCoordinatorIsRefusedAndToldOfTheFirst() throws {
        let directory = try TemporaryDirectory()
        try Journal.create(at: directory.journal, design: design)
        let first = try Journal(opening: directory.journal, design: design) { _ in }
        let error = #expect(throws: JournalError.self) {
            try Journal(opening: directory.journal, design: design) { _ in }
        }
        #expect(error?.cause == .inUse)
        #expect(error?.problem.contains("process \(getpid())") == true)
        try first.append([.workerLost(WorkerID(1))], at: .zero)
        try first.close()
        #expect(throws: JournalError.self) { try first.append([.workerLost(WorkerID(2))], at: .zero) }
        // The file of the lock is left behind, as by a killed process.
        #expect(FileManager.default.fileExists(atPath: directory.journal + ".lock"))
        #expect(try Journal(opening: directory.journal, design: design) { _ in }.count == 1)
    }

    @Test func aJournalIsNeverReplaced() throws {
        let directory = try TemporaryDirectory()
        try makeJournal(everyFact, at: directory.journal)
        let error = #expect(throws: JournalError.self) { try Journal.create(at: directory.journal, design: design) }
        #expect(error?.cause == .exists)
        #expect(try rows(of: directory.journal).map(\.fact) == everyFact)
    }

    @Test func aJournalThatIsNotThereIsSaidSo() throws {
        let directory = try TemporaryDirectory()
        let error = #expect(throws: JournalError.self) {
            try Journal(opening: directory.journal, design: design) { _ in }
        }
        #expect(error?.cause == .missing)
        #expect(
            error?.description
                == "'\(directory.journal)' is not there ('phasemap recover' rebuilds a journal from run.json and the shards)"
        )
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == [])
    }

    @Test func theJournalOfAnotherRunIsRefused() throws {
        let directory = try TemporaryDirectory()
        try makeJournal(everyFact, at: directory.journal)
        let other = SHA256.hash([9])
        let error = #expect(throws: JournalError.self) {
            try JournalReader(directory.journal, design: other).read { _ in }
        }
        #expect(error?.cause == .otherRun)
    }

    /// A run's directory appears by one rename, with the journal in it.
    @Test func aNewJournalIsOneFileThatMayBeMoved() throws {
        let directory = try TemporaryDirectory()
        let hidden = directory.path + "/.new"
        try FileManager.default.createDirectory(atPath: hidden, withIntermediateDirectories: false)
        try Journal.create(at: hidden + "/journal.sqlite", design: design)
        #expect(try FileManager.default.contentsOfDirectory(atPath: hidden) == ["journal.sqlite"])
        try FileManager.default.moveItem(atPath: hidden, toPath: directory.path + "/run")
        #expect(try rows(of: directory.path + "/run/journal.sqlite") == [])
    }
}
