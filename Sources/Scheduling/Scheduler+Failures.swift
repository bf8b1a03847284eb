internal import OrderedCollections

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
            backlog.stopWaiting(for: ledger.valid(range), from: worker)
            for task in ledger.valid(range) where backlog.held.contains(task) {
                guard ledger.holder(of: task) == worker else { continue }
                let failure = AttemptFailure(
                    task: task, attempt: Int(ledger.tasks.attempt[task]), .refusedResult, message: reason)
                recordFailure(failure, worker)
            }
        }
    }

    /// Records a failed attempt: the task returns to the queue after a pause that doubles each time, or it is given up.
    ///
    /// A task that brought down several slots or workers runs alone from then on; if it goes on, it is given up with
    /// an explanation of all it did.
    mutating func recordFailure(_ failure: AttemptFailure, _ worker: WorkerID) {
        let task = failure.task
        let failure = AttemptFailure(
            task: task, attempt: failure.attempt, failure.failureClass,
            message: String(failure.message.prefix(AttemptFailure.messageLimit)))
        // The first failure of a worker names its host in the journal: from then on it matters where it runs.
        let host = host(of: worker)
        if !host.isEmpty, ledger.workers[worker]?.host.isEmpty == true { record(.workerNamed(worker, host: host)) }
        var suspect = ledger.suspects[task] ?? Suspect()
        suspect.add(
            Setback(
                failureClass: failure.failureClass, attempt: failure.attempt, worker: worker,
                host: host, isolation: suspect.isolation, summary: failure.summary))
        let isGivenUp = suspect.isGivenUp(by: policy)
        let pause = policy.retries.pause(
            after: failure.failureClass, count: suspect.count(failure.failureClass), task: task,
            attempt: failure.attempt)
        record(.attemptFailed(failure, worker: worker, retryAt: isGivenUp ? .never : now + pause))
        if isGivenUp {
            if failure.failureClass.takesDown, let explanation = ledger.suspects[task]?.explanation(of: task) {
                record(.taskQuarantined(task: task, explanation: explanation))
            }
        } else if let deserved = suspect.deservedIsolation(by: policy), suspect.isolation.map({ $0 < deserved }) ?? true
        {
            let reason = suspect.setbacks.filter(\.failureClass.takesDown).map(\.sentence).joined(separator: "; ")
            record(.taskIsolated(task: task, deserved, reason: reason))
        }
        // A refused shard or a lost worker is one event, however many tasks it concerns, and may be the network's fault.
        if failure.failureClass != .refusedResult, failure.failureClass != .workerLost {
            noteFailure(of: task, at: worker)
        }
    }
}
