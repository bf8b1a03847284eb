public import SweepGrid

/// What a merge did.
public struct MergeReport: Hashable, Sendable {
    /// A shard that was merged.
    package struct Source: Hashable, Sendable {
        package var path: String
        /// What it holds, from whom; several parts for a compacted shard.
        package var parts: [ShardOrigin]
        /// The hosts that computed it.
        package var hosts: String { Set(parts.map(\.host)).sorted().joined(separator: ", ") }

        init(path: String, shard: Shard) {
            self.path = path
            parts = shard.origins.isEmpty ? [ShardOrigin(shard, name: path.lastComponent)] : shard.origins
        }
    }

    /// A shard that was left out.
    package struct Refusal: Hashable, Sendable {
        package var path: String
        package var problem: String
    }

    /// Two results of one task that differ; neither was chosen.
    package struct Conflict: Hashable, Sendable, CustomStringConvertible {
        package var task: Int
        /// Its parameters and its replicate.
        package var place: String
        package var one: Source
        package var other: Source

        package var description: String {
            "two results of task \(task) (\(place)) differ: that in '\(one.path)' of \(one.hosts) and that in "
                + "'\(other.path)' of \(other.hosts)"
        }
    }

    /// The phase-diagram file.
    public var path = ""
    /// Its SHA-256.
    public var digest = SHA256.hash([])
    package var shards: [Source] = []
    package var refused: [Refusal] = []
    /// The first conflicts that were found; there may be as many as tasks.
    package private(set) var conflicts: [Conflict] = []
    /// How many tasks have two different results.
    package private(set) var conflictCount = 0
    /// Results that were there already.
    package var duplicates = 0
    /// Results of other runs' tasks that the design does not have.
    package var outside = 0
    /// Tasks by the raw value of their status.
    package var tally: [Int] = Array(repeating: 0, count: TaskStatus.allCases.count)

    private static let namedConflicts = 100

    mutating func addConflict(
        _ task: Int, _ place: @autoclosure () -> String, between one: Int, and other: Int, isFirst: Bool
    ) {
        if isFirst { conflictCount += 1 }
        guard conflicts.count < Self.namedConflicts else { return }
        conflicts.append(Conflict(task: task, place: place(), one: shards[one], other: shards[other]))
    }

    package func count(_ status: TaskStatus) -> Int { tally[Int(status.rawValue)] }

    /// Whether every task has a result.
    public var isComplete: Bool { count(.missing) + count(.failed) + count(.cancelled) == 0 }
}
