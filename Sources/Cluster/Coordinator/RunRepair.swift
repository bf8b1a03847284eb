internal import Journal
package import Results
internal import Scheduling
package import SweepGrid

/// Looks at a run directory without serving it, and rebuilds its journal.
package enum RunRepair {
    /// Rebuilds the journal of a run from its sound rows and the verified shards; returns what was done, in lines.
    ///
    /// - Throws: `ClusterError` when the directory holds no run, a coordinator has it, or the disk refuses.
    package static func recover(
        _ path: String, checkedBy checker: SlotProgram = .checker
    ) throws(ClusterError) -> [String] {
        let (directory, run) = try open(path)
        var lines: [String] = []
        let claimed = try ClaimedDirectory.claim(path, for: run) { () throws(ClusterError) in run }.0
        defer { withExtendedLifetime(claimed) {} }
        let storage = CoordinatorStorage(directory, design: run.design, checkedBy: checker) { _ in }
        defer { storage.finish() }
        let shards = try storage.adopt { lines.append($0) }
        let scheduler = Scheduler(taskCount: run.design.taskCount, tasksPerPoint: run.design.replicates) { _ in 1 }
        let report: Journal.Recovery
        do throws(JournalError) {
            report = try Journal.recover(
                at: directory.journal, design: run.design.digest, shards: shards, scheduler: scheduler)
        } catch { throw ClusterError("\(error)") }
        if let damage = report.damage { lines.append("the old journal: \(damage.problem)") }
        lines.append(
            "kept \(report.keptRows) rows, adopted \(report.adoptedShards.count) shards, dropped \(report.lostShards.count) commits whose shard is gone"
        )
        if let old = report.oldJournal { lines.append("the old journal is kept as '\(old)'") }
        return lines
    }

    /// The run in a directory.
    package static func open(_ path: String) throws(ClusterError) -> (RunDirectory, FrozenRun) {
        let directory = RunDirectory(path)
        do throws(StorageError) { return (directory, try directory.readRun()) } catch {
            throw ClusterError("\(error)")
        }
    }
}
