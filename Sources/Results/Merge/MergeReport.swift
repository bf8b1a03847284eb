public import SweepGrid

/// What a merge did.
public struct MergeReport: Hashable, Sendable {
    /// A shard that was merged.
    package struct Source: Hashable, Sendable {
        package var path: String
        package var worker: String
        package var host: String
        package var tasks: Int
        /// Tasks that were not done by their first attempt.
        package var retried: Int
        /// Start of the first task and end of the last, in seconds of Unix time.
        package var started: Double
        package var ended: Double
        /// Sum of the tasks' durations, in seconds.
        package var seconds: Double

        init(path: String, shard: Shard) {
            self.path = path
            worker = shard.header.worker
            host = shard.header.host
            tasks = shard.count
            retried = shard.attempts.count { $0 > 1 }
            started = shard.started.filter(\.isFinite).min() ?? 0
            ended = zip(shard.started, shard.seconds).map(+).filter(\.isFinite).max() ?? 0
            seconds = shard.seconds.filter(\.isFinite).reduce(0, +)
        }
    }

    /// A shard that was left out.
    package struct Refusal: Hashable, Sendable {
        package var path: String
        package var problem: String
    }

    /// The phase-diagram file.
    public var path = ""
    /// Its SHA-256.
    public var digest = SHA256.hash([])
    package var shards: [Source] = []
    package var refused: [Refusal] = []
    /// Results that were there already.
    package var duplicates = 0
    /// Results of other runs' tasks that the design does not have.
    package var outside = 0
    /// Tasks by the raw value of their status.
    package var tally: [Int] = Array(repeating: 0, count: TaskStatus.allCases.count)

    package func count(_ status: TaskStatus) -> Int { tally[Int(status.rawValue)] }

    /// Whether every task has a result.
    public var isComplete: Bool { count(.missing) + count(.failed) + count(.cancelled) == 0 }
}
