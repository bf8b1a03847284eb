internal import OrderedCollections

extension Ledger {
    /// Counts a failed attempt; its task returns to the queue after a pause, or it is given up.
    mutating func fail(
        _ failure: AttemptFailure, at worker: WorkerID, retryAt end: Instant, _ backlog: inout Backlog
    ) {
        let task = failure.task
        guard (0..<taskCount).contains(task), tasks.status[task] == .leased || tasks.status[task] == .open else {
            return
        }
        suspects[task, default: Suspect()].add(
            Setback(
                failureClass: failure.failureClass, attempt: failure.attempt, worker: worker,
                host: workers[worker]?.host ?? "", isolation: suspects[task]?.isolation,
                summary: String(failure.summary.prefix(200))))
        if end == .never {
            detach(task..<task + 1, &backlog)
            backlog.queue.remove(task..<task + 1)
            retryAt[task] = nil
            tasks.set(task, .failed)
            failures[task] = failure.shortened
            forgetCheckpoints(of: task..<task + 1, &backlog)
        } else if tasks.status[task] == .leased {
            retryAt[task] = end
            release(task..<task + 1, from: LeaseID(tasks.lease[task]), &backlog)
        }
    }

    /// Forgets that a task was given up; its status is the caller's to set.
    mutating func reopen(_ task: Int) {
        failures[task] = nil
        quarantined[task] = nil
    }

    /// Forgets the failures on a host, and opens tasks that were given up for them.
    mutating func pardon(_ host: String, _ pardoned: [Range<Int>], _ backlog: inout Backlog) {
        for task in suspects.keys where suspects[task]?.failed(on: host) == true {
            suspects[task]?.pardon(host)
            // What was done elsewhere keeps a task alone; a clean one is like any other.
            if suspects[task]?.setbacks.isEmpty == true { suspects[task] = nil }
        }
        for task in pardoned.flatMap({ valid($0) }) where tasks.status[task] == .failed {
            reopen(task)
            let isStopped = stoppedPoints.contains(task / tasksPerPoint)
            tasks.set(task, isStopped ? .stopped : .open)
            if !isStopped { backlog.queue.insert(suspect: task) }
        }
    }
}
