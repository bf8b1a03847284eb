internal import ArgumentParser
internal import Cluster
import Foundation
internal import SweepGrid

struct ExtendCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "extend", abstract: "Adds points or replicates to a run; only the new tasks are computed.",
        discussion: """
            With --set or --replicates the run gets these values and keeps all others; without, it becomes what its sweep \
            declares now. Every result that the run has stays; when points or replicates of it would vanish, they are listed \
            and nothing is changed. The result has the same bytes as a fresh run of the larger sweep. Tasks that were given up \
            or cancelled stay so until they are retried.

            EXAMPLES
              phasemap extend runs/molrg-k1 --set sampleCount=2...30
              phasemap extend runs/molrg-k1 --replicates 100 --workers 8
              phasemap extend runs/molrg-k1 --dry-run        (after editing the sweep)
              phasemap extend runs/molrg-k1 --replicates 100 --workers 0 && phasemap coordinate ...
            """)

    @Argument(help: "The run directory.")
    var directory: String

    @Option(
        name: .customLong("set"),
        help: ArgumentHelp(
            "All values that an axis shall have, those of the run included, see 'phasemap help run'. May be given several times.",
            valueName: "axis=values"))
    var overrides: [String] = []

    @Option(help: "The number of replicates that every point shall have.")
    var replicates: Int?

    @Option(
        help: ArgumentHelp(
            "Leave the run as it is and write the extended one into this directory, which is not there yet.",
            valueName: "dir"))
    var into: String?

    @Option(help: "Worker processes; by default one for each core. 0 extends the directory and computes nothing.")
    var workers: Int?

    @Flag(help: "Say what would be added or vanish, and change nothing.")
    var dryRun = false

    @OptionGroup var log: LogOptions

    func validate() throws {
        if let workers, !(0...4096).contains(workers) {
            throw ValidationError("--workers \(workers) is not a number of processes from 0 to 4096")
        }
    }

    func run() throws {
        let old = try RunRepair.open(directory).1
        let wish = ExtensionWish(
            overrides: try overrides.map { try SweepSelection.override($0) }, replicates: replicates)
        let run = try wish.freeze(try Catalog.current.sweep(old.sweep, orEndWith: .failure), extending: old)
        let extended = try RunExtension(directory, to: run)
        try refuseLoss(extended)
        if log.level >= .info || dryRun { print(extended.summary) }
        guard !dryRun else { return }
        if !extended.isNothing || into != nil { try extended.perform(into: into) }
        let place = into ?? directory
        guard workers != 0 else { return }
        try compute(
            try RunRepair.open(place).1, into: place, CoordinatorOptions(),
            workers: workers ?? ProcessInfo.processInfo.activeProcessorCount, log: log)
    }

    private func refuseLoss(_ extended: RunExtension) throws {
        let obstacles = extended.obstacles
        if !obstacles.isEmpty {
            throw CommandFailure(
                "the results of '\(directory)' do not count in the sweep as it is now: \(obstacles.joined(separator: "; ")). "
                    + "Start another run: phasemap run \(extended.new.sweep) --into ANOTHER-DIRECTORY, or restore the experiment as it was"
            )
        }
        let (points, replicates) = (extended.vanishedPoints, extended.vanishedReplicates)
        guard !points.isEmpty || replicates > 0 else { return }
        var lines = ["nothing was changed, because results of '\(directory)' would vanish:"]
        let design = extended.old.design
        for point in points.prefix(10) { lines.append("  \(design.label(ofPoint: point))") }
        if points.count > 10 { lines.append("  and \(counted(points.count - 10, "more point"))") }
        if replicates > 0 {
            lines.append(
                "  \(counted(replicates, "replicate")) of every point, of which the run has \(design.replicates)")
        }
        lines.append(
            "Name old and new values, --set axis=OLD,NEW, also those that the run was started with and its sweep does not declare; "
                + "to compute fewer, start another run")
        throw CommandFailure(lines.joined(separator: "\n"))
    }
}

/// What a user wants a run to become.
struct ExtensionWish {
    /// Axes with all values that they shall have; empty, with no replicates, for the sweep as it is declared now.
    var overrides: [Sweep.Options.Override]
    var replicates: Int?

    /// Freezes the sweep larger: with the named changes alone, or as it is declared now.
    ///
    /// Preset and seed are those of the run. A run may have been started with values that the sweep does not declare, so axes that
    /// the wish does not name keep the values that they have in the run.
    func freeze(_ sweep: Sweep, extending old: FrozenRun) throws -> FrozenRun {
        var options = Sweep.Options(
            preset: old.preset, overrides: overrides, replicates: replicates, seed: old.design.seed)
        do {
            guard !overrides.isEmpty || replicates != nil else {
                let declared = try sweep.freeze(options)
                guard declared.design.replicates < old.design.replicates else { return declared }
                options.replicates = old.design.replicates
                return try sweep.freeze(options)
            }
            options.replicates = replicates ?? old.design.replicates
            let kept = try keptAxes(of: old.design, than: try sweep.freeze(options).design)
            options.overrides = kept + overrides
            return try sweep.freeze(options)
        } catch let error as SweepError {
            throw CommandFailure(error.description, overrides.isEmpty && replicates == nil ? .failure : .usage)
        }
    }

    /// The axes of the run that the sweep would give other values and the user does not name, innermost first.
    private func keptAxes(of old: Design, than new: Design) throws -> [Sweep.Options.Override] {
        old.dimensions.flatMap(\.coordinates).reversed().compactMap { axis in
            guard !overrides.contains(where: { $0.axis == axis.parameter }),
                new.coordinate(axis.parameter)?.values != axis.values
            else { return nil }
            return .init(axis: axis.parameter, text: axis.values.map(\.description).joined(separator: ","))
        }
    }
}

extension RunExtension {
    /// What is added, for people.
    var summary: String {
        guard !isNothing else {
            return "nothing to add: the run has all \(counted(new.design.taskCount, "task")) already"
        }
        let clauses = new.design.differences(from: old.design).map { "  then \($0)" }
        let size = { (design: Design) in
            "\(counted(design.pointCount, "point")) × \(counted(design.replicates, "replicate"))"
        }
        return (["\(size(old.design)) become \(size(new.design)): \(counted(addedTasks, "new task"))"] + clauses)
            .joined(separator: "\n")
    }
}
