internal import OrderedCollections
internal import SweepGrid

/// How many shards a run has, and how large they are: many small files are compacted, and workers are told to close
/// theirs later when there are many.
struct ShardUpkeep: Sendable {
    /// The factor that workers were told.
    var factor = 1
    var isCompacting = false
    /// Loose shards that fit together with no others.
    var unfit: Set<Digest> = []
    /// When compaction is tried again after the disk failed.
    var pausedUntil: Instant?
}

extension CoordinatorSession {
    /// Begins a compaction when there are too many loose shards.
    mutating func compactIfDue() {
        let loose = scheduler.ledger.shards.loose
        guard !upkeep.isCompacting, !isFinished, loose.count - upkeep.unfit.count > policy.looseShardLimit else {
            return
        }
        if let moment = upkeep.pausedUntil {
            guard moment <= now else { return }
            upkeep.pausedUntil = nil
        }
        let shards = loose.filter { !upkeep.unfit.contains($0) }.prefix(policy.looseShardLimit)
        upkeep.isCompacting = true
        effects.append(.compact(Array(shards)))
    }

    /// Takes note of what a compaction did.
    mutating func compacted(_ outcome: Compaction) {
        upkeep.isCompacting = false
        switch outcome {
        case .stored(let shard, let replaced):
            schedule(.compacted(into: shard, replacing: replaced))
        case .unfit(let shards):
            // At least one, or the same attempt would be made for ever.
            upkeep.unfit.formUnion(shards)
        case .failed(let reason):
            upkeep.pausedUntil = now + policy.storageRetryDelay
            effects.append(.note(.storageFailing(reason: reason)))
        }
    }

    /// Follows a commit: workers are told when their shards should become larger.
    mutating func adaptShardTarget() {
        let factor = policy.shardFactor(afterShards: scheduler.ledger.shards.committedCount)
        guard factor > upkeep.factor else { return }
        upkeep.factor = factor
        for worker in peers.keys { sendNumbered(.shardTarget(factor: factor), to: worker) }
    }
}
