internal import Cluster
import Foundation
internal import Results
internal import SweepGrid

/// Computes tasks of a run again in this process, with the streams and the arithmetic that its slots have.
struct TaskReplay {
    let directory: RunDirectory
    let run: FrozenRun
    private let experiment: AnyExperiment

    /// Prepares for a run's tasks; starts the program anew when its arithmetic must change.
    ///
    /// - Parameter anyway: goes on, with a warning, on a host that does not have the run's arithmetic.
    /// - Throws: `CommandFailure` when the experiment is not in the catalog, is another version, or would give other bits.
    init(_ path: String, anyway: Bool = false) throws {
        (directory, run) = try RunRepair.open(path)
        let name = run.design.experiment
        guard let experiment = Catalog.current.experiments.first(where: { $0.name == name }) else {
            throw CommandFailure(
                "'\(path)' needs the experiment '\(name)', which this program does not have: replay with the program that computed the run"
            )
        }
        if let mismatch = experiment.mismatch(with: run.design) {
            throw CommandFailure("the tasks of '\(path)' cannot be computed again: \(mismatch)")
        }
        self.experiment = experiment
        try RunArithmetic.adopt(run.numerics)
        if let difference = RunArithmetic.difference(of: run.numerics, from: currentNumerics()) {
            guard anyway else {
                throw CommandFailure(
                    "\(difference), so the bits would differ: replay on a host like those of the run, or add --anyway",
                    .refused)
            }
            FileHandle.standardError.write(Data("\(difference): the bits may differ\n".utf8))
        }
    }

    /// Computes a task.
    ///
    /// - Throws: `CommandFailure` with the experiment's error when the task throws.
    func compute(_ task: Int, host: any TaskHost) throws -> TaskResult {
        let design = run.design
        let (point, replicate) = task.quotientAndRemainder(dividingBy: design.replicates)
        do {
            return try experiment.run(
                design.values(ofPoint: point), schema: design.schema,
                in: Context(streams: design.streams(point: point, replicate: replicate), host: host))
        } catch {
            throw CommandFailure(
                "task \(task) at \(design.label(ofPoint: point)), replicate \(replicate), fails: \(error)")
        }
    }

    /// Computes committed tasks chosen at random again; returns what to tell when all have their bytes.
    ///
    /// - Throws: `CommandFailure` when one has not, after each of these was printed.
    func sample(_ count: Int, seed: UInt64) throws -> String {
        let all = try committed(nil)
        var random = RandomStream(key: seed, highCounter: 0)
        let chosen = all.keys.sorted().shuffled(using: &random).prefix(count).sorted()
        let host = ForegroundHost()
        var different = 0
        for task in chosen {
            guard let then = all[task] else { continue }
            let now = try compute(task, host: host).digest()
            host.end()
            guard now != then.digest else { continue }
            different += 1
            let (point, replicate) = task.quotientAndRemainder(dividingBy: run.design.replicates)
            print(
                "task \(task) (\(run.design.label(ofPoint: point)), replicate \(replicate)): \(now) now, \(then.digest) in \(then.origin)"
            )
        }
        guard different == 0 else {
            throw CommandFailure(
                "\(different) of \(counted(chosen.count, "task")) computed again \(different == 1 ? "has" : "have") other bytes than the run committed, chosen with --seed \(seed): compare the hosts' libraries and the program's build"
            )
        }
        return
            "\(grouped(chosen.count)) of \(grouped(all.count)) committed tasks computed again, chosen with --seed \(seed): all have their bytes"
    }

    /// The committed results of tasks.
    ///
    /// - Parameter tasks: nil for all.
    /// - Complexity: reads and verifies every shard.
    /// - Throws: `StorageError` naming a damaged shard.
    func committed(_ tasks: Set<Int>?) throws -> [Int: CommittedResult] {
        var reader = ShardReader(design: run.design)
        var found: [Int: CommittedResult] = [:]
        for path in try directory.shardPaths() {
            let shard = try reader.read(path)
            for (row, task) in shard.tasks.enumerated() where tasks?.contains(task) ?? true {
                found[task] = CommittedResult(
                    digest: shard.result(row).digest(), shard: (path as NSString).lastPathComponent,
                    worker: shard.header.worker, host: shard.header.host)
            }
        }
        return found
    }
}

/// What a run's directory says about a task's result.
struct CommittedResult: Hashable {
    var digest: Digest
    var shard: String
    var worker: String
    var host: String

    /// Where it stands and whence it came.
    var origin: String { "\(shard), by \(worker) on \(host)" }
}
