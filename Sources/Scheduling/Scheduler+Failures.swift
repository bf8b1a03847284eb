extension Scheduler {
    /// Notes that an attempt failed at a worker, and decides whether the task is tried again.
    mutating func fail(_ worker: WorkerID, _ failure: AttemptFailure) {
        guard renew(worker) else { return }
        guard (0..<ledger.taskCount).contains(failure.task) else { return drop(.malformed(worker)) }
        guard isCurrent(failure.task, attempt: failure.attempt, at: worker), !backlog.held.contains(failure.task)
        else {
            return drop(.staleAttempt(worker, task: failure.task))
        }
        recordFailure(failure, worker)
    }

    /// Takes back tasks whose results were lost with a refused shard.
    ///
    /// A shard is refused as a whole; each of its tasks counts a failed attempt, so that a worker which only ever sends
    /// refused shards cannot keep the run from ending.
    mutating func refuse(_ tasks: [Range<Int>], _ worker: WorkerID, _ reason: String) {
        for range in tasks {
            for task in ledger.valid(range) where backlog.held.contains(task) {
                guard backlog.leases[LeaseID(ledger.tasks.lease[task])]?.worker == worker else { continue }
                let failure = AttemptFailure(
                    task: task, attempt: Int(ledger.tasks.attempt[task]), .refusedResult, message: reason)
                recordFailure(failure, worker)
            }
        }
    }

    /// Records a failed attempt: the task returns to the queue after a pause that doubles each time, or it is given up.
    mutating func recordFailure(_ failure: AttemptFailure, _ worker: WorkerID) {
        let isLoss = failure.failureClass == .workerLost
        let setbacks = 1 + (isLoss ? ledger.tasks.losses(failure.task) : ledger.tasks.failures(failure.task))
        let limit = min(15, max(1, isLoss ? policy.lossLimit : policy.failureLimit))
        let pause = min(policy.retryDelay * (1 << min(setbacks - 1, 20)), policy.retryDelayLimit)
        let text = AttemptFailure(
            task: failure.task, attempt: failure.attempt, failure.failureClass,
            message: String(failure.message.prefix(Self.messageLimit)))
        record(.attemptFailed(text, worker: worker, retryAt: setbacks >= limit ? .never : now + pause))
    }

    /// The most characters of an error that the journal keeps.
    private static let messageLimit = 2_000
}
