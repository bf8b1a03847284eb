internal import OrderedCollections
internal import SweepGrid

/// The shards of a run by name: which results stand in which file was decided when they were committed.
struct ShardSet: Equatable, Sendable {
    /// Every shard that was ever committed or made by compaction, also those that compaction replaced.
    private(set) var known: Set<Digest> = []
    /// The shards of workers that no compaction has replaced, in the order of their commits.
    private(set) var loose: OrderedSet<Digest> = []
    /// How many shards workers delivered.
    private(set) var committedCount = 0

    /// A shard is committed. One that compaction made is committed again when a restart finds those gone that it replaced.
    mutating func commit(_ shard: Digest) {
        guard known.insert(shard).inserted else { return }
        loose.append(shard)
        committedCount += 1
    }

    /// One shard has taken the place of several.
    mutating func compact(_ replaced: [Digest], into shard: Digest) {
        known.insert(shard)
        loose.subtract(replaced)
    }
}
