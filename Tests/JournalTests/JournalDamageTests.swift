import Foundation
import Journal
import Scheduling
import SweepGrid
import Testing

/// Damage to the bytes of a small journal: a prefix of its rows is read, or the first bad row is named; nothing hangs.
///
/// `swift test` takes a sample; JOURNAL_DAMAGE=all takes every offset of file and log, every bit of
/// the file and every 29th of the log (a quarter of an hour).
@Suite(.serialized) struct JournalDamageTests {
    private let takesAll = ProcessInfo.processInfo.environment["JOURNAL_DAMAGE"] == "all"
    private let facts = Array((everyFact + everyFact + everyFact).prefix(36))

    /// What came of reading a damaged journal.
    private enum Outcome: Hashable { case prefix(Int), damaged(firstBad: Int) }

    /// Reads a damaged journal; what it gives must be rows of the undamaged one.
    private func outcome(_ directory: TemporaryDirectory, _ sound: [JournalRecord], _ damage: String) -> Outcome? {
        var seen: [JournalRecord] = []
        defer { #expect(seen == Array(sound.prefix(seen.count)), "\(damage)") }
        do throws(JournalError) {
            try JournalReader(directory.journal, design: design).read { seen.append($0) }
            return .prefix(seen.count)
        } catch {
            guard case .damaged(let firstBad) = error.cause else {
                Issue.record("\(damage): \(error)")
                return nil
            }
            #expect(firstBad == seen.count + 1, "\(damage)")
            #expect(error.description.contains("from row \(firstBad) on"), "\(damage)")
            return .damaged(firstBad: firstBad)
        }
    }

    /// A journal that is believed must also be good to go on with.
    private func appends(_ directory: TemporaryDirectory, _ sound: [JournalRecord], _ damage: String) {
        do {
            let journal = try Journal(opening: directory.journal, design: design, clock: noon) { _ in }
            let count = journal.count
            try journal.append([.workerLost(WorkerID(77))], at: .never)
            try journal.close()
            let after = try rows(of: directory.journal)
            #expect(after.dropLast() == sound.prefix(count), "\(damage)")
            #expect(after.last?.fact == .workerLost(WorkerID(77)), "\(damage)")
        } catch {
            Issue.record("\(damage): \(error)")
        }
    }

    private func undamaged() throws -> (TemporaryDirectory, [UInt8], [JournalRecord]) {
        let directory = try TemporaryDirectory.inMemory()
        try makeJournal(facts, at: directory.journal)
        return (directory, directory.bytes(), try rows(of: directory.journal))
    }

    /// Scenario 7, in the closed file.
    @Test func aFileCutAnywhereIsReadAsAPrefixOrRefused() throws {
        let (directory, bytes, sound) = try undamaged()
        var outcomes: Set<Outcome> = []
        for count in stride(from: 0, to: bytes.count, by: takesAll ? 1 : 61) {
            try directory.replace(Array(bytes.prefix(count)))
            if let outcome = outcome(directory, sound, "cut at \(count)") { outcomes.insert(outcome) }
        }
        #expect(outcomes == [.damaged(firstBad: 1)] || outcomes.contains { $0 != .damaged(firstBad: 1) })
    }

    /// Scenario 7, in the log of a killed coordinator: nothing but whole transactions is lost, and the run goes on.
    @Test func aLogCutAnywhereGivesAPrefixThatCanBeContinued() throws {
        let directory = try TemporaryDirectory.inMemory()
        let (bytes, log, sound) = try killed(directory)
        var counts: [Int] = []
        for count in stride(from: 0, through: log.count, by: takesAll ? 1 : 211) {
            try directory.replace(bytes, log: Array(log.prefix(count)))
            guard case .prefix(let rows)? = outcome(directory, sound, "log cut at \(count)") else {
                Issue.record("a log cut at \(count) is refused")
                continue
            }
            counts.append(rows)
            if !takesAll || count % 11 == 0 { appends(directory, sound, "log cut at \(count)") }
        }
        #expect(counts == counts.sorted())
        #expect(counts.first == 0)
        try directory.replace(bytes, log: log)
        #expect(outcome(directory, sound, "whole log") == .prefix(sound.count))
    }

    /// The file and the log as a killed coordinator leaves them.
    private func killed(_ directory: TemporaryDirectory) throws -> ([UInt8], [UInt8], [JournalRecord]) {
        try Journal.create(at: directory.journal, design: design)
        let journal = try Journal(opening: directory.journal, design: design, clock: noon) { _ in }
        for start in stride(from: 0, to: facts.count, by: 3) {
            try journal.append(Array(facts[start..<start + 3]), at: Instant(nanoseconds: Int64(start)))
        }
        return (directory.bytes(), directory.bytes("-wal"), try rows(of: directory.journal))
    }

    /// Scenario 8, in the closed file.
    @Test func everyFlippedBitIsFoundOrHarmless() throws {
        let (directory, bytes, sound) = try undamaged()
        var refused = 0
        for bit in stride(from: 0, to: bytes.count * 8, by: takesAll ? 1 : 397) {
            var changed = bytes
            changed[bit / 8] ^= 1 << (bit % 8)
            try directory.replace(changed)
            switch outcome(directory, sound, "bit \(bit % 8) of byte \(bit / 8)") {
            case .prefix where !takesAll || bit % 11 == 0:
                appends(directory, sound, "bit \(bit % 8) of byte \(bit / 8)")
            case .prefix: break
            case .damaged: refused += 1
            case nil: break
            }
        }
        #expect(refused > 0)
    }

    /// Scenario 8, in the log.
    @Test func everyFlippedBitOfALogCostsAtMostItsEnd() throws {
        let directory = try TemporaryDirectory.inMemory()
        let (bytes, log, sound) = try killed(directory)
        for bit in stride(from: 0, to: log.count * 8, by: takesAll ? 29 : 4_999) {
            var changed = log
            changed[bit / 8] ^= 1 << (bit % 8)
            try directory.replace(bytes, log: changed)
            if case .prefix? = outcome(directory, sound, "bit \(bit % 8) of byte \(bit / 8) of the log") {
                appends(directory, sound, "bit \(bit % 8) of byte \(bit / 8) of the log")
            }
        }
    }

    /// Scenario 8: what a failing network file system once put into a journal.
    @Test func aBlockOfZerosIsFound() throws {
        let (directory, bytes, sound) = try undamaged()
        let zeros = [UInt8](repeating: 0, count: 8_192)
        for start in stride(from: 0, through: bytes.count, by: takesAll ? 64 : 509) {
            try directory.replace(Array(bytes[..<start]) + zeros + Array(bytes[start...]))
            _ = outcome(directory, sound, "8 KiB of zeros inserted at \(start)")
            let end = min(start + zeros.count, bytes.count)
            try directory.replace(Array(bytes[..<start]) + zeros.prefix(end - start) + Array(bytes[end...]))
            _ = outcome(directory, sound, "zeros from \(start) to \(end)")
        }
    }

    /// Scenario 8: what is sound before the damage is kept, the run goes on behind it, and so on after the next damage.
    @Test func aSalvagedJournalTakesFacts() throws {
        let (directory, bytes, sound) = try undamaged()
        for bit in stride(from: 40_000, to: bytes.count * 8, by: takesAll ? 997 : 19_997) {
            var changed = bytes
            changed[bit / 8] ^= 1 << (bit % 8)
            try directory.replace(changed)
            guard case .damaged(let firstBad)? = outcome(directory, sound, "bit \(bit)") else { continue }
            let recovery = try Journal.recover(
                at: directory.journal, design: design, shards: [], scheduler: newScheduler(), clock: noon)
            #expect(recovery.damage?.cause == .damaged(firstBad: firstBad))
            #expect(recovery.keptRows < firstBad)
            let kept = try rows(of: directory.journal)
            let journal = try Journal(opening: directory.journal, design: design, clock: noon) { _ in }
            try journal.append([.workerLost(WorkerID(77))], at: .never)
            try journal.close()
            let after = try rows(of: directory.journal)
            #expect(Array(after.dropLast()) == kept)
            #expect(after.last?.fact == .workerLost(WorkerID(77)))
        }
    }

    /// A changed row is named by its own number, whatever SQLite thinks of the file.
    @Test func aChangedRowIsTheFirstBadOne() throws {
        let directory = try TemporaryDirectory.inMemory()
        let facts = (0..<500).map { Fact.shardCommitted(shard(of: $0..<$0 + 1), worker: WorkerID(1)) }
        try Journal.create(at: directory.journal, design: design)
        try Journal(opening: directory.journal, design: design, clock: noon) { _ in }.append(facts, at: .zero)
        let sound = try rows(of: directory.journal)
        let bytes = directory.bytes()
        for sequence in [1, 2, 250, 499, 500] {
            let digest = shard(of: sequence - 1..<sequence).digest.bytes
            let place = try #require(bytes.firstRange(of: digest)).lowerBound
            var changed = bytes
            changed[place] ^= 4
            try directory.replace(changed)
            #expect(outcome(directory, sound, "row \(sequence)") == .damaged(firstBad: sequence))
        }
    }

    /// Garbage in place of a journal.
    @Test(arguments: UInt64(0)..<50) func garbageIsRefused(seed: UInt64) throws {
        let directory = try TemporaryDirectory.inMemory()
        var random = RandomStream(key: seed, highCounter: 1)
        var bytes = (0..<Int.random(in: 1..<20_000, using: &random)).map { _ in UInt8(truncatingIfNeeded: random.next())
        }
        if seed % 2 == 0 { bytes.replaceSubrange(0..<min(16, bytes.count), with: Array("SQLite format 3\0".utf8)) }
        try directory.replace(bytes)
        #expect(outcome(directory, [], "garbage") == .damaged(firstBad: 1))
    }
}
