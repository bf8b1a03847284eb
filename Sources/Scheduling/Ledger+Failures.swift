internal import DequeModule
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
        if failure.failureClass == .workerLost { blamedForLoss[worker, default: []].append(task) }
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
        } else {
            // An extended run has the failures of the one before, and none of its leases.
            retryAt[task] = end
            tasks.attempt[task] = max(tasks.attempt[task], UInt16(clamping: failure.attempt))
            backlog.queue.remove(task..<task + 1)
            backlog.queue.insert(task, at: end)
        }
    }

    /// Counts the loss of a worker for all tasks that it had.
    mutating func countLoss(of worker: WorkerID) {
        for lease in workers[worker]?.leases ?? [] {
            for range in leases.tasks(of: lease) {
                for task in range where tasks.lease[task] == lease.number { tasks.countLoss(of: task) }
            }
        }
    }

    /// Forgets that tasks were blamed for the loss of a worker that is there after all, and opens those given up for it.
    mutating func acquit(ofLosing worker: WorkerID, _ backlog: inout Backlog) {
        for task in blamedForLoss.removeValue(forKey: worker) ?? [] {
            let last = suspects[task]?.setbacks.last
            guard suspects[task]?.acquit(ofLosing: worker) == true else { continue }
            if suspects[task]?.setbacks.isEmpty == true { suspects[task] = nil }
            guard tasks.status[task] == .failed, last?.failureClass == .workerLost, last?.worker == worker else {
                continue
            }
            open(task, &backlog)
        }
    }

    /// Opens a task that was given up.
    private mutating func open(_ task: Int, _ backlog: inout Backlog) {
        reopen(task)
        let isStopped = stoppedPoints.contains(task / tasksPerPoint)
        tasks.set(task, isStopped ? .stopped : .open)
        if !isStopped { backlog.queue.insert(suspect: task) }
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
        for task in pardoned.flatMap({ valid($0) }) where tasks.status[task] == .failed { open(task, &backlog) }
    }
}
