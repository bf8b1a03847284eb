import Foundation
import SweepGrid
import Testing

@testable import Journal
@testable import Scheduling

@Suite struct JournalRecoveryTests {
    private func recover(_ path: String, _ shards: [ShardContents]) throws -> Journal.Recovery {
        try Journal.recover(at: path, design: design, shards: shards, scheduler: newScheduler(), clock: noon)
    }

    private func ledger(_ facts: [Fact]) -> Ledger {
        var scheduler = newScheduler()
        for fact in facts { scheduler.apply(fact) }
        return scheduler.ledger
    }

    private func commit(_ contents: ShardContents) -> Fact { .shardCommitted(contents, worker: WorkerID(0)) }

    @Test func aLostJournalIsRebuiltFromTheShards() throws {
        let directory = try TemporaryDirectory()
        let shards = [shard(of: 0..<10), shard(of: 50..<60)]
        let recovery = try recover(directory.journal, shards)
        #expect(recovery.keptRows == 0)
        #expect(recovery.adoptedShards == shards.map(\.digest))
        #expect(recovery.damage?.cause == .missing)
        #expect(recovery.oldJournal == nil)
        var committed: [Fact] = []
        let journal = try Journal(opening: directory.journal, design: design) { row in
            if case .shardCommitted? = row.fact { committed += row.fact.map { [$0] } ?? [] }
        }
        #expect(committed == shards.map(commit))
        #expect(journal.lastInstant == .zero)
    }

    @Test func aDamagedJournalKeepsItsSoundRowsAndAdoptsTheRest() throws {
        let directory = try TemporaryDirectory()
        let failure = Fact.attemptFailed(
            AttemptFailure(task: 33, attempt: 2, .crash, message: "signal 9"), worker: WorkerID(1), retryAt: .never)
        let kept = [shard(of: 0..<10), shard(of: 10..<20)]
        let lost = shard(of: 20..<30)
        let facts =
            [.workerRegistered(WorkerID(1), slots: 2, replacing: nil), failure] + kept.map(commit) + [commit(lost)]
        try makeJournal(facts, at: directory.journal)
        var bytes = directory.bytes()
        bytes[try #require(bytes.firstRange(of: lost.digest.bytes)).lowerBound] ^= 1
        try directory.replace(bytes)

        // One of the shards that the sound rows name is gone as well.
        let recovery = try recover(directory.journal, [kept[0], lost])
        #expect(recovery.keptRows == 3)
        #expect(recovery.lostShards == [kept[1].digest])
        #expect(recovery.adoptedShards == [lost.digest])
        #expect(recovery.damage?.cause == .damaged(firstBad: 5))
        #expect(recovery.oldJournal == directory.journal + ".damaged-1")
        #expect(FileManager.default.contents(atPath: directory.journal + ".damaged-1").map { [UInt8]($0) } == bytes)

        let names = try FileManager.default.contentsOfDirectory(atPath: directory.path).sorted()
        #expect(names == ["journal.sqlite", "journal.sqlite.damaged-1", "journal.sqlite.lock"])

        let new = try rows(of: directory.journal)
        let newFacts = new.compactMap(\.fact)
        #expect(Array(newFacts.prefix(3)) == [facts[0], failure, commit(kept[0])])
        #expect(new.prefix(2).map(\.wallTime) == [noon(), noon()])
        let state = ledger(newFacts)
        #expect(state.tasks.fingerprint == ledger([commit(kept[0]), commit(lost)]).tasks.fingerprint)
        #expect(state.failures[33]?.message == "signal 9")
        // A worker that lived through all this must not be taken for the next one admitted.
        #expect(state.nextWorker > 1_000)
    }

    @Test func aSoundJournalIsTakenOverWhole() throws {
        let directory = try TemporaryDirectory()
        let facts = smallRun().facts
        try makeJournal(facts, at: directory.journal)
        let before = try rows(of: directory.journal)
        let shards = facts.compactMap { if case .shardCommitted(let contents, _) = $0 { contents } else { nil } }
        for round in 1...2 {
            let recovery = try recover(directory.journal, shards)
            #expect(recovery.damage == nil)
            #expect(recovery.lostShards == [])
            #expect(recovery.adoptedShards == [])
            #expect(recovery.oldJournal == directory.journal + ".damaged-\(round)")
            #expect(try rows(of: directory.journal) == before)
        }
    }

    @Test func twoShardsThatDifferAreAConflict() throws {
        let directory = try TemporaryDirectory()
        let shards = [shard(of: 0..<3), shard(of: 2..<4, variant: 1)]
        #expect(try recover(directory.journal, shards).conflicts == [2])
        #expect(ledger(try rows(of: directory.journal).compactMap(\.fact)).stoppedPoints == [0])
    }

    /// The log of a killed coordinator belongs to the old file and must not be applied to the new one.
    @Test func theLogOfTheOldJournalGoesAsideWithIt() throws {
        let directory = try TemporaryDirectory()
        let copy = try TemporaryDirectory()
        try Journal.create(at: directory.journal, design: design)
        let journal = try Journal(opening: directory.journal, design: design) { _ in }
        try journal.append([commit(shard(of: 0..<5))], at: .zero)
        try copy.replace(directory.bytes(), log: directory.bytes("-wal"))
        let recovery = try recover(copy.journal, [shard(of: 5..<9)])
        #expect(recovery.keptRows == 0)
        #expect(recovery.lostShards == [shard(of: 0..<5).digest])
        #expect(try rows(of: copy.journal).map(\.fact) == [commit(shard(of: 5..<9))])
        #expect(try rows(of: copy.journal + ".damaged-1").map(\.fact) == [commit(shard(of: 0..<5))])
    }

    @Test func aJournalInUseIsLeftAlone() throws {
        let directory = try TemporaryDirectory()
        try makeJournal(everyFact, at: directory.journal)
        let journal = try Journal(opening: directory.journal, design: design) { _ in }
        let error = #expect(throws: JournalError.self) { try recover(directory.journal, []) }
        #expect(error?.cause == .inUse)
        #expect(journal.count == everyFact.count)
        #expect(try rows(of: directory.journal).map(\.fact) == everyFact)
    }
}
