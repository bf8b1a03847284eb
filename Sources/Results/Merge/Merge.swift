internal import HDF5
package import SweepGrid

/// The union of the shards of one or several runs as one phase-diagram file.
///
/// Deterministic, free of order and idempotent: the bytes of the file depend on the frozen run and on the set of results
/// alone. Memory does not grow with the number of tasks, except when runs of different designs are joined, which takes
/// 24 bytes a task. Results of other designs of the same family are taken where the first run's design has the same task.
public struct Merge {
    /// The run whose design and view the file has.
    package private(set) var run: FrozenRun
    /// Facts for `provenance.json` that the caller knows, such as the source commit.
    package var notes: [String: String] = [:]
    /// For each directory the tasks that have no result and never get one, as its journal tells.
    package var unfinished: [String: [UnfinishedTasks]] = [:]
    private let directories: [RunDirectory]
    private let runs: [FrozenRun]

    /// Tasks that were given up.
    package struct UnfinishedTasks: Hashable, Sendable {
        /// Task numbers of the run's own design.
        package var tasks: Range<Int>
        /// `failed` or `cancelled`.
        package var status: TaskStatus

        package init(_ tasks: Range<Int>, _ status: TaskStatus) {
            self.tasks = tasks
            self.status = status
        }
    }

    /// Reads the frozen runs and checks that their results may stand in one file.
    ///
    /// - Throws: `StorageError` when a directory is no run, or runs differ in family or numerics.
    public init(_ directories: [RunDirectory]) throws(StorageError) {
        precondition(!directories.isEmpty, "at least one run directory")
        var runs: [FrozenRun] = []
        for directory in directories { runs.append(try directory.readRun()) }
        run = runs[0]
        for (directory, other) in zip(directories, runs).dropFirst() {
            if let reason = Merge.difference(run, other) {
                throw StorageError(
                    path: directory.path, problem: "cannot be merged with '\(directories[0].path)': \(reason)")
            }
        }
        self.directories = directories
        self.runs = runs
    }

    /// Judges results by other rules and figures than those the run was frozen with.
    ///
    /// - Throws: `StorageError` when a rule names no scalar measurement.
    package mutating func show(_ view: View) throws(StorageError) {
        for rule in view.success { try check(rule) }
        run.view = view
    }

    /// Writes the phase-diagram file and its provenance; each appears in one piece.
    ///
    /// Shards that are damaged or foreign are left out and named in the report. A task with two different results counts as
    /// failed, whatever the order; the report names both shards.
    /// - Parameters:
    ///   - path: the file; by default the first run's `phase-diagram.h5`.
    ///   - provenance: by default `provenance.json` beside it.
    /// - Throws: `StorageError` when no shard can be used, or a file cannot be written.
    public func write(to path: String? = nil, provenance: String? = nil) throws(StorageError) -> MergeReport {
        let output = path ?? directories[0].phaseDiagram
        for rule in run.view.success { try check(rule) }
        let table = try ResultTable(design: run.design, beside: output)
        var report = try collect(into: table)

        if let refusal = report.refused.first, report.shards.isEmpty {
            throw StorageError(
                path: refusal.path,
                problem:
                    "\(refusal.problem); none of the \(report.refused.count) shards can be used, so nothing was written",
                advice: "was run.json edited, or are the shards of another run?")
        }
        let temporary = Disk.temporaryName(beside: output)
        do {
            report.tally = try PhaseDiagramWriter(run, table: table).write(to: temporary)
            try Disk.commit(temporary, to: output)
        } catch let error as StorageError {
            Disk.remove(temporary)
            throw error
        } catch {
            Disk.remove(temporary)
            throw StorageError(
                path: output, problem: "cannot be written: \(error)",
                advice: "shards are kept; when the cause is gone, merge again")
        }
        report.path = output
        report.digest = try Disk.digest(of: output)
        let beside = provenance ?? Disk.directory(of: output) + "/provenance.json"
        try Disk.writeAtomically(try Provenance(report, run: run, notes: notes).json(), to: beside)
        return report
    }

    // MARK: Shards

    private func collect(into table: ResultTable) throws(StorageError) -> MergeReport {
        var report = MergeReport()
        var seen: Set<Digest> = []
        for (directory, own) in zip(directories, runs) {
            let isSame = own.design.digest == run.design.digest
            var reader = ShardReader(design: own.design)
            let translation = isSame ? nil : translation()
            var taken = 0
            for path in try directory.shardPaths() {
                if let digest = SealedShard.digest(in: path.lastComponent), !seen.insert(digest).inserted { continue }
                let shard: Shard
                do {
                    shard = try reader.read(path)
                } catch {
                    report.refused.append(MergeReport.Refusal(path: path, problem: error.problem))
                    continue
                }
                report.shards.append(MergeReport.Source(path: path, shard: shard))
                for row in 0..<shard.count {
                    guard let task = translation == nil ? shard.tasks[row] : translation?[shard.ids[row]] else {
                        report.outside += 1
                        continue
                    }
                    taken += 1
                    switch try table.add(row, of: shard, as: task, source: report.shards.count - 1) {
                    case .added: break
                    case .same, .ignored: report.duplicates += 1
                    case .conflict(let other, let isFirst):
                        report.addConflict(
                            task, place(of: task), between: other, and: report.shards.count - 1, isFirst: isFirst)
                    }
                }
            }
            try mark(unfinished[directory.path] ?? [], of: own.design, translation, in: table)
            if !isSame && taken == 0 && report.outside > 0 {
                throw StorageError(
                    path: directory.path,
                    problem: "cannot be merged with '\(directories[0].path)': it has no task of that run's design")
            }
        }
        return report
    }

    /// Marks the tasks that a run gave up, under the numbers that they have in the first run's design.
    private func mark(
        _ unfinished: [UnfinishedTasks], of design: Design, _ translation: [TaskID: Int]?, in table: ResultTable
    ) throws(StorageError) {
        var identities = TaskIdentities(design)
        for (tasks, status) in unfinished.map({ ($0.tasks.clamped(to: 0..<design.taskCount), $0.status) }) {
            guard let translation else {
                try table.mark(tasks, as: status)
                continue
            }
            for task in tasks {
                if let number = translation[identities[task]] { try table.mark(number..<number + 1, as: status) }
            }
        }
    }

    /// The task number of every task of the design by its identity.
    private func translation() -> [TaskID: Int] {
        var identities = TaskIdentities(run.design)
        var tasks: [TaskID: Int] = [:]
        tasks.reserveCapacity(run.design.taskCount)
        for task in 0..<run.design.taskCount { tasks[identities[task]] = task }
        return tasks
    }

    /// The parameters and the replicate of a task.
    private func place(of task: Int) -> String {
        let point = task / run.design.replicates
        let parameters = zip(run.design.parameters, run.design.values(ofPoint: point)).map { "\($0.name) = \($1)" }
        return parameters.joined(separator: ", ") + ", replicate \(task % run.design.replicates)"
    }

    // MARK: Checks

    private func check(_ rule: SuccessRule) throws(StorageError) {
        let names = run.design.schema.measurements.filter { $0.dimension == nil }.map(\.name)
        guard names.contains(rule.measurement) else {
            throw StorageError(
                path: directories[0].path,
                problem: "has no scalar measurement '\(rule.measurement)' to judge success by",
                advice: "choose one of \(names.joined(separator: ", "))")
        }
    }

    /// Why two runs cannot be merged; nil when they can.
    private static func difference(_ one: FrozenRun, _ other: FrozenRun) -> String? {
        if one.design.experiment != other.design.experiment {
            return "it is of experiment \(other.design.experiment), not \(one.design.experiment)"
        }
        if one.design.version != other.design.version {
            return "it has version \(other.design.version) of \(one.design.experiment), not \(one.design.version)"
        }
        if one.design.seed != other.design.seed { return "it has seed \(other.design.seed), not \(one.design.seed)" }
        if one.design.family != other.design.family { return "its measurements or paired axes are others" }
        if let a = one.numerics, let b = other.numerics, a != b {
            return "its arithmetic is OpenBLAS \(b.openBLAS) \(b.kernels) with libc \(b.libc), "
                + "not OpenBLAS \(a.openBLAS) \(a.kernels) with libc \(a.libc)"
        }
        return nil
    }
}

extension String {
    /// The part behind the last slash.
    var lastComponent: String { split(separator: "/").last.map(String.init) ?? self }
}
