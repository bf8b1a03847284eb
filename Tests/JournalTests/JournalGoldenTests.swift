import Foundation
import Scheduling
import SweepGrid
import Testing

@testable import Journal

@Suite struct JournalGoldenTests {
    /// Scenario 12: the journal that the first release of the format wrote is read by every later one.
    ///
    /// The file is never recorded again, except before version 1 was ever released.
    @Test func aJournalOfVersion1IsRead() throws { try expectReadable(everyFact, "version-1.sqlite") }

    /// Scenario 5 and 12: what operators did is restored from the journal of the release that first wrote it.
    @Test func aJournalWithCancellationsIsRead() throws { try expectReadable(controlFacts, "version-1-control.sqlite") }

    /// Scenario 12: so is the journal of the release that first compacted shards.
    @Test func aJournalWithCompactionsIsRead() throws { try expectReadable(storageFacts, "version-1-storage.sqlite") }

    /// Scenario 12: so is the journal of the release in which conflicts first could end.
    @Test func aJournalWithConflictsThatEndedIsRead() throws {
        try expectReadable(conflictFacts, "version-1-conflicts.sqlite")
    }

    /// However long a body is, its row's hash is that of all columns one after another, as docs/formats/journal.md says.
    @Test(arguments: [0, 1, 6, 7, 16_384, 16_385, 100_003])
    func theHashOfARowCoversAllColumns(count: Int) {
        let body = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37) }
        var end = ChainEnd(formatVersion: 1, design: design)
        let (sequence, instant, wallTime) = (1, 260, 9)
        let numbers = [sequence, instant, wallTime].flatMap { number in
            (0..<8).reversed().map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
        }
        let expected = SHA256.hash(end.hash.bytes + numbers + [3] + body)
        let hash = end.extend(instant: Instant(nanoseconds: Int64(instant)), wallTime: wallTime, kind: 3, body: body)
        #expect(hash == expected && end.hash == expected)
    }

    @Test func aWorkerRowSurvivesEncodingAndDecoding() throws {
        let content = JournalRecord.Content.worker(JournalWorker(WorkerID(300), build: SHA256.hash([7]), host: "nodé"))
        #expect(content.kind == 65)
        #expect(content.body == [0xAC, 2] + SHA256.hash([7]).bytes + [5] + Array("nodé".utf8))
        #expect(try JournalRecord.Content(kind: 65, body: content.body) == content)
        for count in content.body.indices {
            #expect(throws: FactDefect.self) {
                try JournalRecord.Content(kind: 65, body: Array(content.body.prefix(count)))
            }
        }
    }

    /// Scenario 9 and 12: what is known of failing tasks and hosts is restored from the release that first wrote it.
    @Test func aJournalWithSuspicionsIsRead() throws {
        try expectReadable(failureFacts, "version-1-failures.sqlite")
    }

    private func expectReadable(_ facts: [Fact], _ name: String) throws {
        let golden = #filePath.replacing("JournalGoldenTests.swift", with: "Goldens/\(name)")
        let directory = try TemporaryDirectory()
        let session = JournalRecord.Content.session(JournalSession(build: SHA256.hash([7]), host: "node-1"))
        let contents = [session] + facts.map { JournalRecord.Content.fact($0) }
        if ProcessInfo.processInfo.environment["RECORD_GOLDENS"] == "1" {
            try Journal.create(at: directory.journal, design: design)
            let journal = try Journal(opening: directory.journal, design: design, clock: noon) { _ in }
            for (index, content) in contents.enumerated() {
                try journal.append([Journal.Entry(content, at: Instant(nanoseconds: Int64(index) * 250_000_000))])
            }
            try journal.close()
            try Data(directory.bytes()).write(to: URL(fileURLWithPath: golden))
            Issue.record("recorded \(golden): read the difference, then run again without RECORD_GOLDENS")
            return
        }
        let bytes = try #require(FileManager.default.contents(atPath: golden))
        try directory.replace([UInt8](bytes))
        let expected = contents.enumerated().map { index, content in
            JournalRecord(
                sequence: index + 1, instant: Instant(nanoseconds: Int64(index) * 250_000_000), wallTime: noon(),
                content: content)
        }
        #expect(try rows(of: directory.journal) == expected)
        let journal = try Journal(opening: directory.journal, design: design) { _ in }
        try journal.append([.workerLost(WorkerID(4))], at: .never)
        #expect(try rows(of: directory.journal).count == expected.count + 1)
    }
}
