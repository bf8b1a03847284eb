internal import ArgumentParser
internal import Cluster
internal import SweepGrid

/// Tasks by name, by state, or by the values of their parameters; given together, all must hold.
struct TaskFilter: ParsableArguments {
    @Argument(
        help: ArgumentHelp(
            "Tasks: a number, a range as 10...19, at least 6 digits of an ID, or axis=values,...,replicate=k.",
            valueName: "task"))
    var tasks: [String] = []

    @Option(
        help: ArgumentHelp(
            "Only tasks in this state: \(TaskRecord.State.allCases.map(\.rawValue).joined(separator: ", ")), "
                + "or committed for ok and diverged. May be given several times.", valueName: "state"))
    var state: [String] = []

    @Option(
        name: .customLong("where"),
        help: ArgumentHelp(
            "Only tasks with these values, written as after --set: sampleCount=5, sampleCount=2...15,20 or method=pca,denoiser. "
                + "May be given several times.",
            valueName: "axis=values"))
    var places: [String] = []

    /// Whether nothing was chosen.
    var isEmpty: Bool { tasks.isEmpty && state.isEmpty && places.isEmpty }

    /// The states that were asked for; all when none was.
    func states() throws -> Set<TaskRecord.State> {
        var states: Set<TaskRecord.State> = []
        for name in state.flatMap({ $0.split(separator: ",").map(String.init) }) {
            if name == "committed" {
                states.formUnion([.ok, .diverged])
            } else if let state = TaskRecord.State(rawValue: name) {
                states.insert(state)
            } else {
                let names = TaskRecord.State.allCases.map(\.rawValue) + ["committed"]
                throw CommandFailure("there is no state '\(name)'\(suggestion(for: name, among: names))", .usage)
            }
        }
        return states.isEmpty ? Set(TaskRecord.State.allCases) : states
    }

    /// The tasks that are meant, ascending.
    func tasks(in history: RunHistory) throws -> [Int] {
        let states = try states()
        return try named(in: history.run.design).filter { states.contains(history.state(of: $0)) }
    }

    /// The tasks by name and value alone.
    private func named(in design: Design) throws -> [Int] {
        var isMeant = [Bool](repeating: tasks.isEmpty, count: design.taskCount)
        for task in tasks {
            for range in try TaskSelector(task, in: design).tasks(in: design) {
                for task in range { isMeant[task] = true }
            }
        }
        for place in places {
            var hasValue = [Bool](repeating: false, count: design.taskCount)
            for range in try TaskSelector.place(TaskPlace(place, in: design)).tasks(in: design) {
                for task in range { hasValue[task] = true }
            }
            for task in isMeant.indices where !hasValue[task] { isMeant[task] = false }
        }
        return isMeant.indices.filter { isMeant[$0] }
    }
}

/// Ascending numbers as ranges.
func ranges(of tasks: [Int]) -> [Range<Int>] {
    var ranges: [Range<Int>] = []
    for task in tasks {
        if let last = ranges.last, last.upperBound == task {
            ranges[ranges.count - 1] = last.lowerBound..<task + 1
        } else {
            ranges.append(task..<task + 1)
        }
    }
    return ranges
}
