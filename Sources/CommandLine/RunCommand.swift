internal import ArgumentParser
internal import Cluster
import Foundation
internal import Scheduling
internal import SweepGrid

struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Computes a sweep on this machine and draws its figures.",
        discussion: """
            Starts a coordinator and its workers, replaces workers that are lost, merges the results and draws the figures. \
            A second run into the same directory computes only what is missing.

            EXAMPLES
              phasemap run molrg-k1
              phasemap run molrg-k1 --workers 8 --into runs/first
              phasemap run molrg-k1 --set sampleCount=2...30 --set method=pca,denoiser --replicates 50
              phasemap run molrg-k1 --preset small
            """)

    @OptionGroup var selection: SweepSelection

    @Option(help: "Worker processes; by default one for each core.")
    var workers: Int?

    @Option(help: ArgumentHelp("The run directory; by default runs/SWEEP.", valueName: "dir"))
    var into: String?

    @Flag(
        inversion: .prefixedNo,
        help:
            "Use this processor's fastest kernels; --no-native uses those that all hosts have, for results that others can extend."
    )
    var native = true

    @OptionGroup var limits: LimitOptions

    @OptionGroup var log: LogOptions

    func validate() throws {
        if let workers, !(1...4096).contains(workers) {
            throw ValidationError("--workers \(workers) is not a number of processes from 1 to 4096")
        }
    }

    func run() throws {
        let frozen = try selection.freeze()
        let directory = into ?? "runs/\(frozen.sweep)"
        var options = CoordinatorOptions()
        options.isPortable = !native
        try compute(
            frozen, into: directory, limits.applied(to: options),
            workers: workers ?? ProcessInfo.processInfo.activeProcessorCount,
            log: log)
    }
}

/// Computes what is missing of a run on this machine, merges and draws.
func compute(
    _ run: FrozenRun, into directory: String, _ options: CoordinatorOptions, workers: Int, log: LogOptions
) throws {
    let progress = ProgressLine(log.level)
    var options = options
    options.log = { progress.note($0, .warning) }
    options.inform = { progress.note($0) }
    let coordinator = try Coordinator(run, into: directory, options)
    let logs = ["--logs", "\(directory)/logs"]
    let launcher = LocalLauncher(
        count: workers,
        arguments: ["worker", "--connect", coordinator.endpoint, "--count", "1", "--ends-with-parent"] + logs
            + log.arguments)
    progress.note("\(directory): \(counted(run.design.taskCount, "task")) on \(counted(workers, "worker"))")
    let outcome = try coordinator.run(launching: launcher) { progress.show($0) }
    progress.end()
    try finish(outcome, in: directory, log: log)
}

struct CoordinateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "coordinate", abstract: "Hands the tasks of a sweep to workers on other hosts.",
        discussion: """
            Serves until the sweep is complete, then merges and draws. Workers may join and leave at any time. SIGINT or \
            SIGTERM lets workers deliver what they hold and ends; started again, it goes on where it was. An endpoint that \
            other hosts can reach needs keys, see 'phasemap keys'.

            EXAMPLES
              phasemap coordinate molrg-k1 --bind tcp://10.0.0.1:7700 --into runs/molrg-k1
              phasemap worker --connect tcp://10.0.0.1:7700 --count 16      (on the other hosts)
            """)

    @OptionGroup var selection: SweepSelection

    @Option(
        help: ArgumentHelp(
            "Where workers connect, tcp://ADDRESS:PORT or ipc://PATH; port * lets the system choose.",
            valueName: "endpoint"))
    var bind: String

    @Option(help: ArgumentHelp("The run directory, on a disk of this machine.", valueName: "dir"))
    var into: String

    @Option(
        help: ArgumentHelp(
            "The key directory; else PHASEMAP_KEYS, else ~/.phasemap/keys. Given, keys are used on this host too.",
            valueName: "directory"))
    var keys: String?

    @Flag(help: "Use this processor's fastest kernels; hosts whose processor differs are then refused.")
    var native = false

    @OptionGroup var limits: LimitOptions

    @OptionGroup var log: LogOptions

    func run() throws {
        let frozen = try selection.freeze()
        var options = limits.applied(to: CoordinatorOptions())
        options.endpoint = bind
        options.keys = keys.map { KeyDirectory($0) }
        options.isPortable = !native
        let progress = ProgressLine(log.level)
        options.log = { progress.note($0, .warning) }
        options.inform = { progress.note($0) }
        let coordinator = try Coordinator(frozen, into: into, options)
        progress.note(
            "\(into): \(counted(frozen.design.taskCount, "task")); workers connect to \(coordinator.endpoint)")
        let outcome = try coordinator.run { progress.show($0) }
        progress.end()
        try finish(outcome, in: into, log: log)
    }
}

/// Merges and draws what a coordinator committed, and says what became of the run.
private func finish(_ outcome: CoordinatorOutcome, in directory: String, log: LogOptions) throws {
    let files = try mergeAndDraw(directory, workers: outcome.workers)
    if log.level >= .info {
        for failure in outcome.failures.prefix(5) {
            print("task \(failure.task) was given up after \(failure.attempt) attempts: \(failure.summary)")
        }
        if outcome.failures.count > 5 { print("\(outcome.failures.count - 5) more tasks were given up") }
        print(files.joined(separator: "\n"))
    }
    if !outcome.conflicts.isEmpty {
        throw CommandFailure(
            "two results of one task differ at \(counted(outcome.conflicts.count, "point")); neither was chosen, and the cells "
                + "are marked incomplete: 'phasemap verify \(directory)' shows both, compare the hosts' libraries, move the wrong "
                + "shard to 'quarantine', then resume", .tasksFailed)
    }
    guard outcome.isComplete else {
        if let reason = outcome.stopReason {
            throw CommandFailure(
                "the run stopped by --max-failures: \(reason); 'phasemap explain \(directory) TASK' tells why, and the same "
                    + "command without that limit computes the rest", .tasksFailed)
        }
        throw CommandFailure(
            "stopped before the end; run the same command again to compute what is missing", .incomplete)
    }
    let failed = outcome.failures.count
    let cancelled = outcome.status.cancelled
    if failed + cancelled > 0 {
        var parts = failed > 0 ? ["\(counted(failed, "task")) failed"] : []
        if cancelled > 0 { parts.append("\(counted(cancelled, "task")) cancelled") }
        throw CommandFailure(
            "\(parts.joined(separator: ", ")); the cells are marked incomplete, and 'phasemap retry \(directory)' lets "
                + "failed tasks run again", .tasksFailed)
    }
}
