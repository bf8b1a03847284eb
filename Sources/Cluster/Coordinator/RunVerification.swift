internal import Journal
internal import Results
internal import Scheduling
internal import SweepGrid

extension RunRepair {
    /// Checks a run: shards against their checksums and the design, the journal's chain, each against the other, and all
    /// results of a task against each other.
    ///
    /// - Returns: lines for people, and whether everything is sound; missing tasks are no fault.
    /// - Throws: `ClusterError` when the directory holds no run.
    package static func verify(_ path: String) throws(ClusterError) -> (lines: [String], isSound: Bool) {
        let (directory, run) = try open(path)
        var results = SeenResults(run)
        var faults: [String] = []
        var digests: Set<Digest> = []
        do throws(StorageError) {
            var reader = ShardReader(design: run.design)
            for path in try directory.shardPaths() {
                do throws(StorageError) {
                    results.add(try reader.read(path), path)
                    if let digest = SealedShard.digest(in: String(path.split(separator: "/").last ?? "")) {
                        digests.insert(digest)
                    }
                } catch { faults.append("\(error)") }
            }
            faults += results.conflicts(&reader)
        } catch { throw ClusterError("\(error)") }
        var orphans = digests
        var missing: [(row: Int, shard: ShardContents)] = []
        var replaced: Set<Digest> = []
        var rows = 0
        do throws(JournalError) {
            try JournalReader(directory.journal, design: run.design.digest).read { record in
                rows += 1
                switch record.fact {
                case .shardCommitted(let contents, _):
                    orphans.remove(contents.digest)
                    if !digests.contains(contents.digest) { missing.append((record.sequence, contents)) }
                case .shardsCompacted(let shard, let old):
                    orphans.remove(shard)
                    if digests.contains(shard) { replaced.formUnion(old) }
                default: break
                }
            }
        } catch { faults.append("\(error)") }
        // One whose results all stand in others was taken away and computed again.
        for (row, shard) in missing where !replaced.contains(shard.digest) && !results.cover(shard.tasks) {
            faults.append("row \(row) commits shard \(shard.digest), which is not there")
        }
        let total = run.design.taskCount
        var lines = [
            "design \(run.design.digest)", "\(digests.count) sound shards, \(rows) sound rows of the journal",
            "\(results.count) of \(total) tasks committed, \(total - results.count) missing",
        ]
        if !orphans.isEmpty { lines.append("\(orphans.count) shards that no row names; 'phasemap resume' adopts them") }
        return (lines + faults, faults.isEmpty)
    }
}

/// What the shards of a run say of each task: 12 bytes a task.
private struct SeenResults {
    /// The most conflicts that are shown; there may be as many as tasks.
    private static let shownConflicts = 20

    private let run: FrozenRun
    private var fingerprints: [UInt64]
    /// The place of each task's shard in `paths`, from 1; 0 where there is none.
    private var source: [UInt32]
    private var paths: [String] = []
    /// Tasks with a second, different result: the places of both shards.
    private var differing: [(task: Int, one: Int, other: Int)] = []
    /// How many tasks have a result.
    private(set) var count = 0

    init(_ run: FrozenRun) {
        self.run = run
        fingerprints = Array(repeating: 0, count: run.design.taskCount)
        source = Array(repeating: 0, count: run.design.taskCount)
    }

    mutating func add(_ shard: Shard, _ path: String) {
        paths.append(path)
        for row in 0..<shard.count {
            let task = shard.tasks[row]
            let fingerprint = shard.result(row).digest().firstWord
            if source[task] == 0 {
                source[task] = UInt32(paths.count)
                fingerprints[task] = fingerprint
                count += 1
            } else if fingerprints[task] != fingerprint {
                differing.append((task, Int(source[task]) - 1, paths.count - 1))
            }
        }
    }

    /// Whether all of these tasks have a result.
    func cover(_ tasks: [Range<Int>]) -> Bool {
        tasks.allSatisfy { $0.clamped(to: source.indices) == $0 && source[$0].allSatisfy { $0 != 0 } }
    }

    /// A sentence about each task with two results: both, with their shards, workers and hosts.
    func conflicts(_ reader: inout ShardReader) -> [String] {
        var lines: [String] = []
        for (task, one, other) in differing.prefix(Self.shownConflicts) {
            let names = run.design.parameters.map(\.name)
            let values = run.design.values(ofPoint: task / run.design.replicates)
            let point = zip(names, values).map { "\($0) = \($1)" }.joined(separator: ", ")
            lines.append(
                "two results of task \(task) differ (\(point), replicate \(task % run.design.replicates)): "
                    + describe(task, paths[one], &reader) + " against " + describe(task, paths[other], &reader))
        }
        if differing.count > lines.count {
            lines.append("\(differing.count - lines.count) more tasks have two results")
        }
        if !lines.isEmpty, let numerics = run.numerics {
            lines.append(
                "all hosts said that they compute with OpenBLAS \(numerics.openBLAS) \(numerics.kernels) and "
                    + "\(numerics.libc): compare their libraries, move the wrong shard to "
                    + "'quarantine', then resume")
        }
        return lines
    }

    private func describe(_ task: Int, _ path: String, _ reader: inout ShardReader) -> String {
        guard let shard = try? reader.read(path), let row = shard.tasks.firstIndex(of: task) else { return "'\(path)'" }
        let place = shard.place(row)
        let result = shard.result(row)
        let values = result.values.prefix(4).map { "\($0)" }.joined(separator: ", ")
        let rest = result.values.count > 4 ? ", ..." : ""
        return "\(values)\(rest) by \(place.worker) on \(place.host) in '\(path)'"
    }
}
