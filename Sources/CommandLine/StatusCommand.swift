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

    @Flag(help: "Print the status as JSON; docs/commands.md documents its keys.")
    var json = false

    func run() throws {
        if place.contains("://") {
            try report(try StatusClient.ask(place, key: try keys.client(for: place, role: .control)))
        } else if let endpoint = CoordinatorPresence(in: RunDirectory(place))?.endpoint,
            let status = try? StatusClient.ask(
                endpoint, key: try keys.client(for: endpoint, role: .control), patience: .seconds(2))
        {
            try report(status)
        } else {
            try reportDirectory()
        }
    }

    /// Prints what a coordinator answers.
    private func report(_ status: RunStatus) throws {
        if json { return print(try StatusReport(status).json()) }
        print("\(status.sweep), run \(status.run.description.prefix(12)), for \(durationText(status.seconds))")
        print(status.line)
        if let trouble = status.trouble { print("  \(trouble)") }
        print(
            table(
                [
                    ["committed", grouped(status.committed)],
                    ["computed, not committed", grouped(status.computed)],
                    ["with workers", grouped(status.leased)], ["waiting", grouped(status.waiting)],
                    ["of them to be tried again", grouped(status.retrying)],
                    ["failed", grouped(status.failed)], ["cancelled", grouped(status.cancelled)],
                    ["slots", grouped(status.slots)],
                ], indent: "  "))
        for task in status.running.prefix(16) {
            print("  task \(task.task) is being computed, \(Int(task.fraction * 100)) % of it is done")
        }
    }

    /// Prints what stands in a directory that no coordinator answers for.
    private func reportDirectory() throws {
        let directory = RunDirectory(place)
        let run = try directory.readRun()
        let total = run.design.taskCount
        var status = StatusReport(run)
        var faults: [String] = []
        do {
            let history = try RunHistory(place)
            for task in 0..<total { status.count(history.state(of: task)) }
            faults = history.faults
        } catch {
            // Without a sound journal the shards alone tell what is done.
            faults.append("\(error)")
            var reader = ShardReader(design: run.design)
            var done = Set<Int>()
            for path in try directory.shardPaths() {
                do { done.formUnion(try reader.read(path).tasks) } catch { faults.append("\(error)") }
            }
            status.committed = done.count
            status.waiting = total - done.count
        }
        if json { return print(try status.json()) }
        print("\(run.sweep), run \(run.design.digest.description.prefix(12))")
        var line = "  \(grouped(status.committed)) of \(counted(total, "task")) committed"
        if status.failed > 0 { line += ", \(grouped(status.failed)) failed" }
        if status.cancelled > 0 { line += ", \(grouped(status.cancelled)) cancelled" }
        print(line + ", \(grouped(total - status.committed - status.failed - status.cancelled)) missing")
        for sentence in faults { print("  left out: \(sentence)") }
    }
}

/// A status as JSON.
private struct StatusReport: Encodable {
    var sweep: String
    var run: String
    /// Whether a coordinator gave it; then the last keys are there too.
    var isServed: Bool
    var tasks: Int
    var committed = 0
    var computed = 0
    var leased = 0
    var waiting = 0
    var retrying = 0
    var failed = 0
    var cancelled = 0
    var workers: Int?
    var slots: Int?
    var seconds: Double?
    var tasksPerSecond: Double?
    var secondsLeft: Double?
    var trouble: String?

    init(_ run: FrozenRun) {
        sweep = run.sweep
        self.run = run.design.digest.description
        isServed = false
        tasks = run.design.taskCount
    }

    init(_ status: RunStatus) {
        sweep = status.sweep
        run = status.run.description
        isServed = true
        tasks = status.tasks
        committed = status.committed
        computed = status.computed
        leased = status.leased
        waiting = status.waiting
        retrying = status.retrying
        failed = status.failed
        cancelled = status.cancelled
        workers = status.workers
        slots = status.slots
        seconds = status.seconds
        tasksPerSecond = status.tasksPerSecond
        secondsLeft = status.secondsLeft
        trouble = status.trouble
    }

    mutating func count(_ state: TaskRecord.State) {
        switch state {
        case .ok, .diverged: committed += 1
        case .leased: leased += 1
        case .waiting, .damaged: waiting += 1
        case .retrying:
            waiting += 1
            retrying += 1
        case .failed, .quarantined, .stopped: failed += 1
        case .cancelled: cancelled += 1
        }
    }

    func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
}
