internal import ArgumentParser
internal import Cluster
import Foundation
internal import SweepGrid

struct TasksCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tasks", abstract: "Lists the tasks of a run and where each stands.",
        discussion: """
            Reads the run directory, whether or not a coordinator serves it. With --json each task is a line of JSON; \
            docs/commands.md documents its keys.

            EXAMPLES
              phasemap tasks runs/molrg-k1 --state failed
              phasemap tasks runs/molrg-k1 --where sampleCount=5 --where method=pca
              phasemap tasks runs/molrg-k1 10...19 --json
            """)

    @Argument(help: "The run directory.")
    var directory: String

    @OptionGroup var filter: TaskFilter

    @Flag(help: "Print a line of JSON for each task.")
    var json = false

    @Option(help: "The most tasks in the table; 0 for all.")
    var limit = 100

    func validate() throws {
        guard limit >= 0 else { throw ValidationError("--limit \(limit) is negative") }
    }

    func run() throws {
        let history = try RunHistory(directory)
        let tasks = try filter.tasks(in: history)
        var identities = TaskIdentities(history.run.design)
        if json {
            let output = FileHandle.standardOutput
            for task in tasks {
                try output.write(contentsOf: Data((history.record(of: task, id: identities[task]).json() + "\n").utf8))
            }
            return
        }
        print(summary(history, tasks))
        let shown = limit == 0 ? tasks[...] : tasks.prefix(limit)
        if !shown.isEmpty {
            var rows = [["task", "ID", "state", "attempts", "where", "point"]]
            for task in shown {
                let record = history.record(of: task, id: identities[task])
                rows.append([
                    "\(task)", String(record.id.prefix(12)), record.state.rawValue, "\(record.attempts)", record.place,
                    "\(history.run.design.label(ofPoint: record.point)), replicate \(record.replicate)",
                ])
            }
            print(table(rows, indent: "  "))
        }
        if shown.count < tasks.count { print("  and \(grouped(tasks.count - shown.count)) more; --limit 0 lists all") }
        for fault in history.faults { print("  left out: \(fault)") }
    }

    /// `molrg-k1: 5 880 tasks, 5 000 ok, 3 failed`.
    private func summary(_ history: RunHistory, _ tasks: [Int]) -> String {
        var counts: [TaskRecord.State: Int] = [:]
        for task in tasks { counts[history.state(of: task), default: 0] += 1 }
        let parts = TaskRecord.State.allCases.compactMap { state in
            counts[state].map { "\(grouped($0)) \(state.rawValue)" }
        }
        return "\(history.run.sweep): " + ([counted(tasks.count, "task")] + parts).joined(separator: ", ")
    }
}

extension TaskRecord {
    /// In one cell: who has it, since when it failed, where its result came from.
    fileprivate var place: String {
        switch state {
        case .leased: "worker \(worker ?? 0)" + (host.map { " on \($0)" } ?? "")
        case .retrying: "until \(retryAt ?? "?")"
        case .failed, .quarantined: failure ?? ""
        case .ok, .diverged: host ?? ""
        case .waiting, .damaged, .cancelled, .stopped: ""
        }
    }
}

struct ExplainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "Tells what happened to a task, and what it waits for.",
        discussion: """
            EXAMPLES
              phasemap explain runs/molrg-k1 17
              phasemap explain runs/molrg-k1 3f2a9c41
              phasemap explain runs/molrg-k1 sampleCount=6,method=pca,replicate=2
            """)

    @Argument(help: "The run directory.")
    var directory: String

    @Argument(help: "The task: its number, at least 6 digits of its ID, or axis=value,...,replicate=k.")
    var task: String

    @OptionGroup var keys: KeyOptions

    func run() throws {
        let history = try RunHistory(directory)
        let tasks = try TaskSelector(task, in: history.run.design).tasks(in: history.run.design)
        guard let first = tasks.first?.first, tasks.count == 1, tasks[0].count == 1 else {
            let count = tasks.reduce(0) { $0 + $1.count }
            throw CommandFailure(
                "'\(task)' names \(count) tasks; add more axes and replicate=k, see 'phasemap tasks'", .usage)
        }
        print(try history.explanation(of: first, service: service(history)).joined(separator: "\n"))
    }

    /// Asks the run's coordinator, if there is one and it may be asked; the story is told all the same.
    private func service(_ history: RunHistory) -> RunHistory.Service {
        guard let presence = CoordinatorPresence(in: history.directory) else { return .none }
        guard let endpoint = presence.endpoint else { return .silent }
        do {
            let key = try keys.client(for: endpoint, role: .control)
            return .live(try StatusClient.ask(endpoint, key: key, patience: .seconds(2)))
        } catch { return .silent }
    }
}
