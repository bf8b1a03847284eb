internal import ArgumentParser
internal import Cluster
internal import Scheduling

/// How many failures a run bears.
struct LimitOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Stop when more than N tasks have failed for good, 0 for the first one; by default the others go on.",
            valueName: "n"))
    var maxFailures: Int?

    func validate() throws {
        if let maxFailures, maxFailures < 0 {
            throw ValidationError("--max-failures \(maxFailures) is not a number of tasks from 0 on")
        }
    }

    /// The options with these limits.
    func applied(to options: CoordinatorOptions) -> CoordinatorOptions {
        var options = options
        options.policy.failedTaskLimit = maxFailures
        return options
    }
}

/// How long a worker stays, and where its slots print.
struct StayOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Be gone after this time, such as 3600, 90m or 12h: what a batch system allows. Running tasks are given back.",
            valueName: "time"))
    var timeLimit: TimeSpan?

    @Option(
        help: ArgumentHelp("Leave after this time without anything to compute, such as 10m.", valueName: "time"))
    var idleTimeout: TimeSpan?

    @Option(
        help: ArgumentHelp(
            "The time between a signal (or the time limit less this) and the end: half for running tasks, half for delivering.",
            valueName: "time"))
    var grace: TimeSpan = TimeSpan(seconds: 20)

    @Option(
        help: ArgumentHelp(
            "A directory for what tasks print, a few files of 1 MiB for each slot; else it goes with the worker.",
            valueName: "dir"))
    var logs: String?

    /// Puts them into the options of a worker.
    func apply(to options: inout AgentOptions) {
        options.terms.timeLimit = timeLimit?.duration
        options.terms.idleTimeout = idleTimeout?.duration
        options.terms.grace = grace.duration
        options.logDirectory = logs
    }
}

/// A time on the command line: `90`, `90s`, `30m`, `12h` or `2d`.
struct TimeSpan: ExpressibleByArgument, Hashable {
    let seconds: Double

    var duration: Duration { .seconds(seconds) }

    init(seconds: Double) { self.seconds = seconds }

    init?(argument: String) {
        let units: [Character: Double] = ["s": 1, "m": 60, "h": 3_600, "d": 86_400]
        let unit = argument.last.flatMap { units[$0] }
        guard let number = Double(unit == nil ? argument : String(argument.dropLast())), number.isFinite,
            (0...1e9).contains(number * (unit ?? 1))
        else { return nil }
        seconds = number * (unit ?? 1)
    }

    var defaultValueDescription: String { "\(Int(seconds))s" }
}
