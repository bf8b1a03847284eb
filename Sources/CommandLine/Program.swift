internal import ArgumentParser
internal import Cluster
internal import Foundation
public import SweepGrid

/// The `phasemap` program: every command over a catalog of sweeps.
///
/// A package with sweeps of its own has a main file of these lines:
/// ```swift
/// import CommandLine
/// Program.main(catalog: [mySweep])
/// ```
public enum Program {
    /// Runs the command on the process's command line and exits with its status.
    ///
    /// - Parameter catalog: the sweeps by their order in `phasemap list`; worker slots compute their experiments.
    public static func main(catalog: [Sweep]) -> Never {
        Catalog.$current.withValue(Catalog(sweeps: catalog)) {
            do {
                var command = try PhaseMapCommand.parseAsRoot()
                try command.run()
                // What was printed may still wait in memory, and a full disk shows only now.
                guard fflush(nil) == 0 else {
                    throw CommandFailure("the output cannot be written: \(String(cString: strerror(errno)))")
                }
            } catch let failure as CommandFailure {
                failure.exit()
            } catch let error as ClusterError where error.isRefusal {
                CommandFailure(error.description, .refused).exit()
            } catch let error as ClusterError where error.isUsage {
                CommandFailure(error.description, .usage).exit()
            } catch {
                PhaseMapCommand.exit(withError: error)
            }
        }
        PhaseMapCommand.exit()
    }
}

/// The sweeps and experiments that this program knows.
struct Catalog: Sendable {
    /// The catalog of the running program.
    @TaskLocal static var current = Catalog(sweeps: [])

    let sweeps: [Sweep]

    /// The experiments of the sweeps, each once, in order of first use.
    var experiments: [AnyExperiment] {
        var seen: Set<String> = []
        return sweeps.map(\.experiment).filter { seen.insert($0.name).inserted }
    }

    /// The sweep of that name, which stands on the command line unless another status is given.
    func sweep(_ name: String, orEndWith status: ExitStatus = .usage) throws -> Sweep {
        if let sweep = sweeps.first(where: { $0.name == name }) { return sweep }
        throw CommandFailure("there is no sweep '\(name)'\(suggestion(for: name, among: sweeps.map(\.name)))", status)
    }
}

struct PhaseMapCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "phasemap",
        abstract: "Draws sample-complexity phase diagrams of denoisers.",
        discussion: """
            A sweep is a grid of parameters over an experiment. Look at it with 'plan', compute one task with 'try', \
            all of them on this machine with 'run', or on many with 'coordinate' and 'worker'. A run directory holds the \
            frozen sweep, the shards, the merged phase-diagram.h5 and its figures.

            EXAMPLES
              phasemap list
              phasemap plan molrg-k1
              phasemap try molrg-k1 --at sampleCount=6,intrinsicDimension=4,method=denoiser
              phasemap run molrg-k1 --workers 2 --into runs/molrg-k1
              phasemap show runs/molrg-k1
              phasemap check runs/molrg-k1
            """,
        version: "0.1.0",
        groupedSubcommands: [
            CommandGroup(name: "Sweeps", subcommands: [ListCommand.self, PlanCommand.self, TryCommand.self]),
            CommandGroup(
                name: "Runs",
                subcommands: [
                    RunCommand.self, CoordinateCommand.self, ResumeCommand.self, ExtendCommand.self,
                    RecoverCommand.self,
                    VerifyCommand.self, ReplayCommand.self, WorkerCommand.self, StatusCommand.self, SlotCommand.self,
                    CheckShardsCommand.self,
                ]),
            CommandGroup(
                name: "Tasks",
                subcommands: [
                    TasksCommand.self, ExplainCommand.self, CancelCommand.self, RetryCommand.self, DrainCommand.self,
                ]),
            CommandGroup(
                name: "Results",
                subcommands: [
                    CheckCommand.self, MergeCommand.self, PlotCommand.self, ShowCommand.self, ExportCommand.self,
                ]),
            CommandGroup(name: "Security", subcommands: [KeysCommand.self]),
            CommandGroup(name: "Host", subcommands: [DoctorCommand.self]),
        ])
}
