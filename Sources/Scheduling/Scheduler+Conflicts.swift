import SweepGrid

extension Scheduler {
    /// Compares the conflicts that the journal tells of with the shards that are there; returns the facts to journal before
    /// the run goes on.
    ///
    /// Whoever finds out which of two results is wrong takes its shard away: the conflict is void then, and the point is
    /// computed to its end. Call it when all shards are committed. Costs O(tasks).
    ///
    /// - Parameter shards: the contents of all shards of the run.
    package mutating func settleConflicts(among shards: [ShardContents]) -> [Fact] {
        var standing: Set<Int> = []
        var facts: [Fact] = []
        for contents in shards {
            for (task, fingerprint) in zip(contents.tasks.joined(), contents.fingerprints) {
                guard ledger.valid(task..<task + 1).count == 1, ledger.tasks.status[task] == .committed,
                    ledger.tasks.fingerprint[task] != fingerprint, standing.insert(task).inserted,
                    !ledger.conflicts.contains(task)
                else { continue }
                // A shard is back that was taken away.
                facts.append(
                    .resultConflict(
                        task: task, committed: ledger.tasks.fingerprint[task], other: fingerprint,
                        shard: contents.digest, worker: WorkerID(0)))
            }
        }
        let void = ledger.conflicts.subtracting(standing)
        if !void.isEmpty { facts.append(.conflictsVoid(tasks: TaskSet(void.map { $0..<$0 + 1 }).ranges)) }
        for fact in facts { apply(fact) }
        return facts
    }
}
