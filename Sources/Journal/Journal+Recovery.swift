internal import Foundation
internal import GRDB
package import Scheduling
package import SweepGrid

extension Journal {
    /// What a recovery found and did.
    package struct Recovery: Hashable, Sendable {
        /// Rows taken over from the old journal: attempts, failures, and the shards that are still there.
        package var keptRows = 0
        /// Commits of the old journal whose shard is not there any more; their tasks run again.
        package var lostShards: [Digest] = []
        /// Shards that no sound row named.
        package var adoptedShards: [Digest] = []
        /// Tasks of which two shards hold different results; `verify` shows them.
        package var conflicts: [Int] = []
        /// What was wrong with the old journal; nil when nothing was.
        package var damage: JournalError?
        /// Where the old journal is kept; nil when there was none.
        package var oldJournal: String?
    }

    /// Rebuilds a journal from the sound rows of the old one, if there is one, and the verified shards of its run.
    ///
    /// `scheduler` is a new one of the run; `shards` are in an order that does not depend on chance (by name). The old file
    /// is kept under another name and is in place until the new one is complete.
    ///
    /// - Throws: `JournalError` when the old journal is in use or of a later release, or the disk fails.
    package static func recover(
        at path: String, design: Digest, shards: [ShardContents], scheduler: Scheduler,
        clock: @escaping @Sendable () -> Int = Journal.systemClock
    ) throws(JournalError) -> Recovery {
        let lock = try JournalLock(of: path)
        let new = path + ".new"
        for ending in JournalFile.endings { unlink(new + ending) }
        try create(at: new, design: design)
        var rebuilding = Rebuilding(scheduler: scheduler, known: Set(shards.map(\.digest)))
        do throws(JournalError) {
            let journal = try Journal(opening: new, design: design, clock: clock) { _ in }
            rebuilding.takeRows(of: path, design, into: journal)
            if rebuilding.failure == nil { rebuilding.adopt(shards, into: journal) }
            if let failure = rebuilding.failure { throw failure }
            try journal.close()
            rebuilding.report.oldJournal = try replace(path, by: new)
        } catch {
            for ending in JournalFile.endings { unlink(new + ending) }
            throw error
        }
        unlink(new + ".lock")
        _ = consume lock
        return rebuilding.report
    }

    /// Puts the new journal in the place of the old one; returns the name under which that is kept.
    private static func replace(_ path: String, by new: String) throws(JournalError) -> String? {
        var aside: String?
        if access(path, F_OK) == 0 {
            var number = 1
            while link(path, "\(path).damaged-\(number)") != 0 {
                guard errno == EEXIST else { throw .disk(path, cannot: "kept beside the new one", errno: errno) }
                number += 1
            }
            aside = "\(path).damaged-\(number)"
        }
        // A log that stayed would be applied to the new file.
        var log = stat()
        if let aside, stat(path + "-wal", &log) == 0, log.st_size > 0 {
            guard rename(path + "-wal", aside + "-wal") == 0 else {
                throw .disk(path, cannot: "kept beside the new one", errno: errno)
            }
        } else {
            unlink(path + "-wal")
        }
        unlink(path + "-shm")
        try JournalFile.syncDirectory(of: path)
        guard rename(new, path) == 0 else { throw .disk(path, cannot: "replaced", errno: errno) }
        try JournalFile.syncDirectory(of: path)
        return aside
    }
}

/// The state of a recovery: the scheduler that follows along, and what there is to report.
private struct Rebuilding {
    var scheduler: Scheduler
    /// Shards that are there.
    let shards: Set<Digest>
    /// Shards that are there and not yet committed.
    var known: Set<Digest>
    var report = Journal.Recovery()
    var failure: JournalError?
    private var waiting: [JournalRecord] = []
    /// Rows that are written in one transaction.
    private static let batch = 1_024

    init(scheduler: Scheduler, known: Set<Digest>) {
        self.scheduler = scheduler
        self.known = known
        shards = known
    }

    /// Takes over the sound rows of the old journal.
    mutating func takeRows(of path: String, _ design: Digest, into journal: Journal) {
        do throws(JournalError) {
            try JournalReader(path, design: design).read { take($0, journal) }
        } catch {
            switch error.cause {
            case .damaged, .otherRun, .missing: report.damage = error
            case .inUse, .laterRelease, .disk, .exists, .tooLarge: failure = failure ?? error
            }
        }
        flush(into: journal)
    }

    private mutating func take(_ record: JournalRecord, _ journal: Journal) {
        guard failure == nil else { return }
        if let fact = record.fact {
            if case .shardCommitted(let contents, _) = fact, known.remove(contents.digest) == nil {
                report.lostShards.append(contents.digest)
                return
            }
            if case .shardsCompacted(let shard, let replaced) = fact {
                // Without the new shard the row would hide that results are gone.
                guard shards.contains(shard) else { return }
                let old = Set(replaced)
                report.lostShards.removeAll { old.contains($0) }
            }
            scheduler.apply(fact)
        }
        report.keptRows += 1
        waiting.append(record)
        if waiting.count == Self.batch { flush(into: journal) }
    }

    private mutating func flush(into journal: Journal) {
        guard failure == nil else { return }
        do throws(JournalError) {
            try journal.copy(waiting)
        } catch {
            failure = error
        }
        waiting.removeAll(keepingCapacity: true)
    }

    /// Commits the shards that no row named.
    mutating func adopt(_ shards: [ShardContents], into journal: Journal) {
        let instant = journal.lastInstant
        do throws(JournalError) {
            if report.damage != nil { try journal.append(leapOfNumbers(), at: instant) }
            for contents in shards where known.remove(contents.digest) != nil {
                let facts = scheduler.adopt(contents, at: instant)
                for case .resultConflict(let task, _, _, _, _) in facts { report.conflicts.append(task) }
                report.adoptedShards.append(contents.digest)
                try journal.append(facts, at: instant)
            }
            let settled = scheduler.settleConflicts(among: shards)
            for case .resultConflict(let task, _, _, _, _) in settled { report.conflicts.append(task) }
            try journal.append(settled, at: instant)
        } catch {
            failure = error
        }
    }

    /// Facts after which new workers get numbers that none of the lost rows gave away: a living worker of that time must
    /// not be taken for a new one.
    private mutating func leapOfNumbers() -> [Fact] {
        let worker = WorkerID(scheduler.nextWorker.number &+ 1 << 16)
        let facts: [Fact] = [.workerRegistered(worker, slots: 1, replacing: nil), .workerLeft(worker)]
        for fact in facts { scheduler.apply(fact) }
        return facts
    }
}
