import Scheduling
import SweepGrid
import Testing

@testable import Journal

@Suite struct CheckpointFactTests {
    static let facts: [Fact] = [
        .checkpointStored(
            Checkpoint(task: 400_000, attempt: 3, digest: SHA256.hash([4]), byteCount: 70_000), worker: WorkerID(9)),
        .checkpointDropped(task: 400_000, SHA256.hash([4])),
    ]

    @Test(arguments: facts) func aFactSurvivesEncodingAndDecoding(_ fact: Fact) throws {
        #expect(try Fact(kind: fact.code, body: fact.body) == fact)
    }

    /// What every later release must write for these facts, byte by byte.
    @Test func theBytesAreThoseOfTheFirstRelease() {
        func hexadecimal(_ fact: Fact) -> String {
            ([fact.code] + fact.body).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        }
        let digest = SHA256.hash([4]).description
        #expect(hexadecimal(Self.facts[0]) == "0a80ea300609\(digest)e0c508")
        #expect(hexadecimal(Self.facts[1]) == "1280ea30\(digest)")
    }

    /// Every prefix and every changed byte gives a fact or a defect; what is read is written again as the same bytes.
    @Test(arguments: facts) func aChangedBodyIsRefusedOrIsAnotherFact(_ fact: Fact) {
        let body = fact.body
        for count in 0..<body.count {
            #expect(throws: FactDefect.self) { try Fact(kind: fact.code, body: Array(body.prefix(count))) }
        }
        for index in body.indices {
            for value in UInt8.min...UInt8.max {
                var changed = body
                changed[index] = value
                if let read = try? Fact(kind: fact.code, body: changed) { #expect(read.body == changed) }
            }
        }
        #expect(throws: FactDefect.self) { try Fact(kind: fact.code, body: body + [0]) }
    }

    @Test func theyAreReadFromAJournalAsTheyWereWritten() throws {
        let directory = try TemporaryDirectory()
        try makeJournal(Self.facts, at: directory.journal)
        #expect(try rows(of: directory.journal).compactMap(\.fact) == Self.facts)
    }
}
