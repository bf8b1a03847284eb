internal import Foundation
package import Scheduling
package import SweepGrid

extension Journal {
    /// Writes the journal of a run with a new design: what the old one says about workers and tasks, under their new numbers,
    /// and the shards that were written anew.
    ///
    /// The old file is not changed, except that its log is moved into it. The new one is durable and closed.
    ///
    /// - Parameters:
    ///   - old: the old journal.
    ///   - path: the new one, which must not be there yet.
    ///   - renumber: the new number of an old task.
    ///   - shards: the contents of the new shards, in an order that does not depend on chance.
    ///   - scheduler: a new one of the new run.
    /// - Throws: `JournalError` when the old journal is missing, damaged or in use, or the disk fails.
    package static func extend(
        _ old: String, of design: Digest, into path: String, of newDesign: Digest, renumber: (Int) -> Int?,
        shards: [ShardContents], scheduler: Scheduler
    ) throws(JournalError) {
        var scheduler = scheduler
        var records: [JournalRecord] = []
        let source = try Journal(opening: old, design: design) { record in
            switch record.content {
            case .session:
                records.append(record)
            case .fact(let fact):
                guard let fact = fact.renumbered(renumber) else { return }
                scheduler.apply(fact)
                records.append(
                    JournalRecord(
                        sequence: record.sequence, instant: record.instant, wallTime: record.wallTime,
                        content: .fact(fact)))
            }
        }
        let instant = source.lastInstant
        try source.close()

        try create(at: path, design: newDesign)
        let journal = try Journal(opening: path, design: newDesign) { _ in }
        for start in stride(from: 0, to: records.count, by: 1_024) {
            try journal.copy(Array(records[start..<min(records.count, start + 1_024)]))
        }
        for contents in shards { try journal.append(scheduler.adopt(contents, at: instant), at: instant) }
        try journal.close()
        unlink(path + ".lock")
    }
}
