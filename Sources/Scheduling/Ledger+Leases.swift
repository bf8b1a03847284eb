internal import OrderedCollections

extension Ledger {
    /// Returns those of `range` that belong to `lease` to the queue, after the pause of each that has one.
    mutating func release(_ range: Range<Int>, from lease: LeaseID, _ backlog: inout Backlog) {
        forEachStretch(of: range) { ledger, stretch, owner in
            guard owner == lease else { return }
            ledger.leave(stretch, owner, &backlog)
            for task in stretch {
                let isStopped = ledger.stoppedPoints.contains(task / ledger.tasksPerPoint)
                ledger.tasks.set(task, isStopped ? .stopped : .open)
                if isStopped { ledger.forgetCheckpoints(of: task..<task + 1, &backlog) }
            }
            ledger.enqueue(stretch, &backlog)
        }
    }

    /// Takes those of `range` that are leased out of their leases; their status is the caller's to set.
    mutating func detach(_ range: Range<Int>, _ backlog: inout Backlog) {
        forEachStretch(of: range) { ledger, stretch, owner in ledger.leave(stretch, owner, &backlog) }
    }

    /// Queues open tasks: at once, or at the end of their pause.
    private func enqueue(_ stretch: Range<Int>, _ backlog: inout Backlog) {
        if retryAt.isEmpty && stoppedPoints.isEmpty && suspects.isEmpty {
            backlog.queue.insert(stretch)
        } else {
            for task in stretch where tasks.status[task] == .open {
                if let end = retryAt[task] {
                    backlog.queue.insert(task, at: end)
                } else if suspects[task] != nil {
                    backlog.queue.insert(suspect: task)
                } else {
                    backlog.queue.insert(task..<task + 1)
                }
            }
        }
    }

    /// Removes tasks from their lease, and the lease with its last task.
    private mutating func leave(_ stretch: Range<Int>, _ lease: LeaseID, _ backlog: inout Backlog) {
        for task in stretch { tasks.lease[task] = 0 }
        backlog.left(stretch, lease)
        guard let worker = leases.worker(of: lease), leases.remove(stretch.count, from: lease) else { return }
        workers[worker]?.remove(lease)
        backlog.ended(lease)
    }

    /// Calls `body` for each stretch of leased tasks of one lease in `range`.
    private mutating func forEachStretch(
        of range: Range<Int>, _ body: (inout Ledger, Range<Int>, LeaseID) -> Void
    ) {
        var start = range.lowerBound
        while start < range.upperBound {
            let lease = tasks.lease[start]
            var end = start + 1
            while end < range.upperBound, tasks.lease[end] == lease { end += 1 }
            if lease != 0 { body(&self, start..<end, LeaseID(lease)) }
            start = end
        }
    }
}
