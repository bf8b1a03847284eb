internal import ArgumentParser
internal import Cluster
import Foundation
internal import SweepGrid

struct ResumeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume",
        abstract: "Goes on with an interrupted run on this machine; exactly the missing tasks run.",
        discussion: "EXAMPLES\n  phasemap resume runs/molrg-k1\n  phasemap resume runs/molrg-k1 --workers 8")

    @Argument(help: "The run directory.")
    var directory: String

    @Option(help: "Worker processes; by default one for each core.")
    var workers: Int?

    @OptionGroup var limits: LimitOptions

    @OptionGroup var log: LogOptions

    func validate() throws {
        if let workers, !(1...4096).contains(workers) {
            throw ValidationError("--workers \(workers) is not a number of processes from 1 to 4096")
        }
    }

    func run() throws {
        let frozen = try RunRepair.open(directory).1
        guard Catalog.current.experiments.contains(where: { $0.name == frozen.design.experiment }) else {
            throw CommandFailure(
                "'\(directory)' needs the experiment '\(frozen.design.experiment)', which this program does not have; resume it with the program that started it"
            )
        }
        try compute(
            frozen, into: directory, limits.applied(to: CoordinatorOptions()),
            workers: workers ?? ProcessInfo.processInfo.activeProcessorCount,
            log: log)
    }
}

struct RecoverCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "recover", abstract: "Rebuilds a damaged journal from its sound rows and the shards.",
        discussion: "EXAMPLE\n  phasemap recover runs/molrg-k1")

    @Argument(help: "The run directory.")
    var directory: String

    func run() throws { print(try RunRepair.recover(directory).joined(separator: "\n")) }
}

struct VerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Checks the shards and the journal of a run; exit status 1 when one is damaged.",
        discussion: """
            With --replay, tasks chosen at random are computed again as 'phasemap replay' does, and their bytes compared.

            EXAMPLES
              phasemap verify runs/molrg-k1
              phasemap verify runs/molrg-k1 --replay 20
            """)

    @Argument(help: "The run directory.")
    var directory: String

    @Option(help: ArgumentHelp("Compute this many committed tasks again and compare their bytes.", valueName: "count"))
    var replay: Int?

    @Option(help: "Chooses the tasks to compute again; by default at random.")
    var seed: UInt64?

    func validate() throws {
        if let replay, replay < 1 { throw ValidationError("--replay \(replay) is not a positive number of tasks") }
    }

    func run() throws {
        // First, because it may start this program anew.
        let tasks = try replay.map { _ in try TaskReplay(directory) }
        let found = try RunRepair.verify(directory)
        print(found.lines.joined(separator: "\n"))
        if !found.isSound {
            throw CommandFailure("'\(directory)' is not sound: \(found.advice.joined(separator: "; "))")
        }
        if let tasks, let replay {
            print(try tasks.sample(replay, seed: seed ?? UInt64.random(in: 0..<1 << 32)))
        }
    }
}
