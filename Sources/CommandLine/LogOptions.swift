internal import ArgumentParser

/// How much a command that runs for long says of itself.
struct LogOptions: ParsableArguments {
    /// What is said.
    enum Level: String, ExpressibleByArgument, CaseIterable, Comparable {
        /// Only why the command failed.
        case error
        /// What an operator may have to look after, too: lost workers, failed tasks, full disks.
        case warning
        /// What goes on, too: progress, workers that join and leave, and what was done in the end.
        case info

        static func < (left: Level, right: Level) -> Bool { left.rank < right.rank }

        private var rank: Int {
            switch self {
            case .error: 0
            case .warning: 1
            case .info: 2
            }
        }
    }

    @Flag(help: "Say nothing but why the command failed: --log-level error.")
    var quiet = false

    @Option(help: ArgumentHelp("What to say: error, warning, or info, which is the default.", valueName: "level"))
    var logLevel: Level?

    /// What is said.
    var level: Level { quiet ? .error : logLevel ?? .info }

    /// The options that make a worker as talkative.
    var arguments: [String] { ["--log-level", level.rawValue] }

    func validate() throws {
        if quiet, let logLevel, logLevel != .error {
            throw ValidationError("--quiet and --log-level \(logLevel.rawValue) contradict each other")
        }
    }
}
