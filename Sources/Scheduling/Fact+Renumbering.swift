extension Fact {
    /// The fact with the task numbers of another design of the same tasks; nil when it does not outlive the change.
    ///
    /// What is known about tasks stays: failures with their texts and counts, and checkpoints, whose files name
    /// the task by its identity. Leases end, because workers of the old design
    /// compute under its numbers, and commits name shards that are written anew.
    ///
    /// - Parameter renumber: the new number of an old task; nil when there is none.
    package func renumbered(_ renumber: (Int) -> Int?) -> Fact? {
        switch self {
        case .workerRegistered, .workerNamed, .workerDrained, .workerLeft, .workerLost: return self
        case .leaseGranted, .leaseReturned, .shardCommitted, .shardsCompacted, .resultConflict, .conflictsVoid:
            return nil
        case .attemptFailed(let failure, let worker, let retryAt):
            guard let task = renumber(failure.task) else { return nil }
            let renumbered = AttemptFailure(
                task: task, attempt: failure.attempt, failure.failureClass, message: failure.message)
            return .attemptFailed(renumbered, worker: worker, retryAt: retryAt)
        case .checkpointStored(let checkpoint, let worker):
            guard let task = renumber(checkpoint.task) else { return nil }
            var renumbered = checkpoint
            renumbered.task = task
            return .checkpointStored(renumbered, worker: worker)
        case .checkpointDropped(let task, let digest):
            return renumber(task).map { .checkpointDropped(task: $0, digest) }
        case .tasksCancelled(let tasks, let origin):
            return .tasksCancelled(tasks: Self.renumbered(tasks, renumber), origin)
        case .tasksRetried(let tasks, let origin):
            return .tasksRetried(tasks: Self.renumbered(tasks, renumber), origin)
        case .taskIsolated(let task, let isolation, let reason):
            return renumber(task).map { .taskIsolated(task: $0, isolation, reason: reason) }
        case .taskQuarantined(let task, let explanation):
            return renumber(task).map { .taskQuarantined(task: $0, explanation: explanation) }
        case .hostDrained(let host, let until, let reason, let pardoned):
            return .hostDrained(
                host: host, until: until, reason: reason, pardoned: Self.renumbered(pardoned, renumber))
        }
    }

    /// The new numbers of tasks, ascending.
    private static func renumbered(_ ranges: [Range<Int>], _ renumber: (Int) -> Int?) -> [Range<Int>] {
        TaskSet(ranges.joined().compactMap(renumber).map { $0..<$0 + 1 }).ranges
    }
}
