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
