extension Fact {
    /// The fact with the task numbers of another design of the same tasks; nil when it does not outlive the change.
    ///
    /// What is known about tasks stays: failures with their texts and counts. Leases end, because workers of the old design
    /// compute under its numbers, and commits name shards that are written anew.
    ///
    /// - Parameter renumber: the new number of an old task; nil when there is none.
    package func renumbered(_ renumber: (Int) -> Int?) -> Fact? {
        switch self {
        case .workerRegistered, .workerNamed, .workerDrained, .workerLeft, .workerLost: return self
        case .leaseGranted, .leaseReturned, .shardCommitted, .resultConflict: return nil
        case .attemptFailed(let failure, let worker, let retryAt):
            guard let task = renumber(failure.task) else { return nil }
            let renumbered = AttemptFailure(
                task: task, attempt: failure.attempt, failure.failureClass, message: failure.message)
            return .attemptFailed(renumbered, worker: worker, retryAt: retryAt)
        case .taskIsolated(let task, let isolation, let reason):
            return renumber(task).map { .taskIsolated(task: $0, isolation, reason: reason) }
        case .taskQuarantined(let task, let explanation):
            return renumber(task).map { .taskQuarantined(task: $0, explanation: explanation) }
        case .hostDrained(let host, let end, let reason, let pardoned):
            return .hostDrained(host: host, until: end, reason: reason, pardoned: runs(of: pardoned, renumber))
        case .tasksCancelled(let tasks, let origin):
            let tasks = runs(of: tasks, renumber)
            return tasks.isEmpty ? nil : .tasksCancelled(tasks: tasks, origin)
        case .tasksRetried(let tasks, let origin):
            let tasks = runs(of: tasks, renumber)
            return tasks.isEmpty ? nil : .tasksRetried(tasks: tasks, origin)
        }
    }

    /// The new numbers of the tasks in ranges, in ascending ranges of their own.
    private func runs(of ranges: [Range<Int>], _ renumber: (Int) -> Int?) -> [Range<Int>] {
        var runs: [Range<Int>] = []
        for task in ranges.flatMap({ $0.compactMap(renumber) }).sorted() {
            if let last = runs.last, last.upperBound == task {
                runs[runs.count - 1] = last.lowerBound..<task + 1
            } else if runs.last?.contains(task) != true {
                runs.append(task..<task + 1)
            }
        }
        return runs
    }
}
