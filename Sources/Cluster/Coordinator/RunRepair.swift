internal import Journal
package import Results
internal import Scheduling
package import SweepGrid

/// Looks at a run directory without serving it, and rebuilds its journal.
package enum RunRepair {
    /// Rebuilds the journal of a run from its sound rows and the verified shards; returns what was done, in lines.
    ///
    /// - Throws: `ClusterError` when the directory holds no run, a coordinator has it, or the disk refuses.
    package static func recover(_ path: String) throws(ClusterError) -> [String] {
        let (directory, run) = try open(path)
        var lines: [String] = []
        let claimed = try ClaimedDirectory.claim(path, for: run) { () throws(ClusterError) in run }.0
        defer { withExtendedLifetime(claimed) {} }
        let storage = CoordinatorStorage(directory, checkedBy: .checker) { _ in }
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

    /// Checks a run: shards against their checksums and the design, the journal's chain, and each against the other.
    ///
    /// - Returns: lines for people, and whether everything is sound; missing tasks are no fault.
    /// - Throws: `ClusterError` when the directory holds no run.
    package static func verify(_ path: String) throws(ClusterError) -> (lines: [String], isSound: Bool) {
        let (directory, run) = try open(path)
        var reader = ShardReader(design: run.design)
        var faults: [String] = []
        var digests: Set<Digest> = []
        var done: Set<Int> = []
        do throws(StorageError) {
            for shard in try directory.shardPaths() {
                do throws(StorageError) {
                    done.formUnion(try reader.read(shard).tasks)
                    if let digest = SealedShard.digest(in: String(shard.split(separator: "/").last ?? "")) {
                        digests.insert(digest)
                    }
                } catch { faults.append("\(error)") }
            }
        } catch { throw ClusterError("\(error)") }
        var orphans = digests
        var rows = 0
        do throws(JournalError) {
            try JournalReader(directory.journal, design: run.design.digest).read { record in
                rows += 1
                guard case .shardCommitted(let contents, _) = record.fact else { return }
                orphans.remove(contents.digest)
                if !digests.contains(contents.digest) {
                    faults.append("row \(record.sequence) commits shard \(contents.digest), which is not there")
                }
            }
        } catch { faults.append("\(error)") }
        let total = run.design.taskCount
        var lines = [
            "design \(run.design.digest)", "\(digests.count) sound shards, \(rows) sound rows of the journal",
            "\(done.count) of \(total) tasks committed, \(total - done.count) missing",
        ]
        if !orphans.isEmpty { lines.append("\(orphans.count) shards that no row names; 'phasemap resume' adopts them") }
        return (lines + faults, faults.isEmpty)
    }

    /// The run in a directory.
    package static func open(_ path: String) throws(ClusterError) -> (RunDirectory, FrozenRun) {
        let directory = RunDirectory(path)
        do throws(StorageError) { return (directory, try directory.readRun()) } catch {
            throw ClusterError("\(error)")
        }
    }
}
