internal import ArgumentParser
internal import Cluster
import Foundation
internal import Results
internal import Scheduling
internal import SweepGrid

struct StatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Tells how far a run is.",
        discussion: """
            An endpoint asks the coordinator; a directory is read, whether or not a coordinator serves it. Beyond this host \
            that takes a key of the role control.

            EXAMPLES
              phasemap status runs/molrg-k1
              phasemap status tcp://10.0.0.1:7700 --key me
            """)

    @Argument(help: "A run directory or a coordinator's endpoint.")
    var place: String

    @OptionGroup var keys: KeyOptions

    func run() throws {
        if place.contains("://") {
            let status = try StatusClient.ask(place, key: try keys.client(for: place, role: .control))
            print("\(status.sweep), run \(status.run.description.prefix(12)), for \(durationText(status.seconds))")
            print(status.line)
            print(
                table(
                    [
                        ["committed", grouped(status.committed)],
                        ["computed, not committed", grouped(status.computed)],
                        ["with workers", grouped(status.leased)], ["waiting", grouped(status.waiting)],
                        ["failed", grouped(status.failed)], ["slots", grouped(status.slots)],
                    ], indent: "  "))
            for task in status.running.prefix(16) {
                print("  task \(task.task) is computed, \(Int(task.fraction * 100)) % of it is done")
            }
            return
        }
        let directory = RunDirectory(place)
        let run = try directory.readRun()
        var reader = ShardReader(design: run.design)
        var done = Set<Int>()
        var damaged: [String] = []
        for path in try directory.shardPaths() {
            do { done.formUnion(try reader.read(path).tasks) } catch { damaged.append("\(error)") }
        }
        let total = run.design.taskCount
        print("\(run.sweep), run \(run.design.digest.description.prefix(12))")
        print("  \(grouped(done.count)) of \(counted(total, "task")) committed, \(grouped(total - done.count)) missing")
        for sentence in damaged { print("  left out: \(sentence)") }
    }
}
