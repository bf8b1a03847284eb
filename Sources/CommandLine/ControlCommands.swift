internal import ArgumentParser
internal import Cluster
import Foundation
internal import Scheduling
internal import SweepGrid

struct CancelCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel", abstract: "Takes tasks out of a run, for good or until they are retried.",
        discussion: """
            Tasks that are being computed are stopped. What is committed stays. The merged file marks the tasks as \
            cancelled. Once the command has ended, that is durable.

            EXAMPLES
              phasemap cancel runs/molrg-k1 17 20...29
              phasemap cancel runs/molrg-k1 --where sampleCount=15 --reason 'too dear'
              phasemap cancel runs/molrg-k1 --state waiting
              phasemap cancel runs/molrg-k1 --all
            """)

    @Argument(help: "The run directory.")
    var directory: String

    @OptionGroup var filter: TaskFilter

    @Flag(help: "Cancel everything that is not committed.")
    var all = false

    @OptionGroup var steering: SteeringOptions

    func validate() throws {
        guard all != !filter.isEmpty else {
            throw ValidationError("say which tasks: by name, with --state, with --where, or --all of them")
        }
    }

    func run() throws {
        let history = try RunHistory(directory)
        let tasks = try all ? [0..<history.run.design.taskCount] : ranges(of: filter.tasks(in: history))
        let outcome = try steering.perform(.cancel(tasks), on: directory)
        print("\(counted(outcome.changed, "task")) cancelled\(outcome.note)")
        let rest = tasks.reduce(0) { $0 + $1.count } - outcome.changed
        if rest > 0, !all {
            print("\(grouped(rest)) left as they are: they have a result, were given up, or are stopped")
        }
    }
}

struct RetryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retry", abstract: "Lets tasks run again that failed or were cancelled.",
        discussion: """
            Without more, all tasks that were given up. Their failures are forgotten, so that each has all its tries again.

            EXAMPLES
              phasemap retry runs/molrg-k1
              phasemap retry runs/molrg-k1 17
              phasemap retry runs/molrg-k1 --state cancelled
            """)

    @Argument(help: "The run directory.")
    var directory: String

    @OptionGroup var filter: TaskFilter

    @OptionGroup var steering: SteeringOptions

    func run() throws {
        let history = try RunHistory(directory)
        var filter = filter
        if filter.tasks.isEmpty && filter.state.isEmpty { filter.state = ["failed", "quarantined"] }
        let tasks = try filter.tasks(in: history)
        let outcome = try steering.perform(.retry(ranges(of: tasks)), on: directory)
        print("\(counted(outcome.changed, "task")) will be tried again\(outcome.note)")
        if !outcome.isServed, outcome.changed > 0 { print("'phasemap resume \(directory)' runs them") }
        if tasks.count > outcome.changed {
            print("\(grouped(tasks.count - outcome.changed)) left as they are: they did not fail, or are stopped")
        }
    }
}

struct DrainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drain", abstract: "Lets a worker finish what it computes, deliver and leave.",
        discussion: """
            The worker gets no more tasks; its failures are nobody's fault. Workers that 'phasemap run' started are replaced \
            by new ones.

            EXAMPLES
              phasemap drain runs/molrg-k1 3
              phasemap drain runs/molrg-k1 node7
            """)

    @Argument(help: "The run directory.")
    var directory: String

    @Argument(help: "The worker's number, or the name of its host.")
    var worker: String

    @OptionGroup var steering: SteeringOptions

    func run() throws {
        let history = try RunHistory(directory)
        for worker in try workers(of: history) {
            let outcome = try steering.perform(.drain(worker), on: directory)
            print(outcome.changed > 0 ? "\(worker) takes no more tasks\(outcome.note)" : "\(worker) is leaving already")
        }
    }

    /// The registered workers that are meant.
    private func workers(of history: RunHistory) throws -> [WorkerID] {
        let present = history.workers.filter { $0.ended == nil }
        let name = worker.hasPrefix("worker ") ? String(worker.dropFirst(7)) : worker
        let meant = present.filter { "\($0.id.number)" == name || $0.host == name }
        guard meant.isEmpty else { return meant.map(\.id) }
        let known = present.map { "\($0.id.number)" + ($0.host.map { " on \($0)" } ?? "") }
        throw CommandFailure(
            "the run has no worker '\(worker)'"
                + (known.isEmpty ? "; none is registered" : "; it has \(known.joined(separator: ", "))"))
    }
}

/// Who steers a run, why, and with which key.
struct SteeringOptions: ParsableArguments {
    @Option(help: "Why, for those who read the run's history.")
    var reason: String = ""

    @OptionGroup var keys: KeyOptions

    /// Does what a request wants; when it returns, that is durable.
    func perform(_ order: ControlRequest.Order, on directory: String) throws -> RunControl.Outcome {
        let control = try RunControl(directory) { try keys.client(for: $0, role: .control) }
        return try control.perform(ControlRequest(order, .ofThisUser(reason: reason)))
    }
}

extension RunControl.Outcome {
    fileprivate var note: String {
        isServed || changed == 0 ? "" : " (nobody serves the run; it stands in the journal)"
    }
}
