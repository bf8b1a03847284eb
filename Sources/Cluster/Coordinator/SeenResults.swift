internal import Results
internal import SweepGrid

/// What the shards of a run say of each task: 12 bytes a task.
struct SeenResults {
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
                    + "\(numerics.libc): compare their libraries")
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
