internal import OrderedCollections

extension Scheduler {
    /// Stops the program when the scheduler contradicts itself; for tests and simulations. Costs O(tasks).
    package func checkInvariants() {
        let violations = violations()
        precondition(violations.isEmpty, violations.joined(separator: "; "))
    }

    /// Everything in which the scheduler contradicts itself.
    package func violations() -> [String] {
        var found: [String] = []
        func check(_ condition: Bool, _ violation: @autoclosure () -> String) {
            if !condition { found.append(violation()) }
        }
        var isReady = [Bool](repeating: false, count: ledger.taskCount)
        for task in backlog.queue.ranges.joined() { isReady[task] = true }
        for task in backlog.queue.suspects.ranges.joined() {
            check(!isReady[task], "task \(task) is ready twice")
            isReady[task] = true
        }
        var isHeld = [Bool](repeating: false, count: ledger.taskCount)
        for task in backlog.held.ranges.joined() { isHeld[task] = true }
        let paused = backlog.queue.pausedUntil
        var counts = Array(repeating: 0, count: ledger.tasks.counts.count)
        var open: [LeaseID: Int] = [:]
        var unfinished: [LeaseID: Int] = [:]
        var ready = 0
        for task in 0..<ledger.taskCount {
            let status = ledger.tasks.status[task]
            counts[Int(status.rawValue)] += 1
            let lease = LeaseID(ledger.tasks.lease[task])
            let isPaused = !paused.isEmpty && paused[task] != nil
            if isReady[task] { ready += 1 }
            check(
                (status == .open) == (isReady[task] || isPaused),
                "task \(task) is \(status) and ready \(isReady[task])")
            check(!(isReady[task] && isPaused), "task \(task) is ready and paused")
            check(!isPaused || ledger.retryAt[task] != nil, "task \(task) is paused without a reason")
            check((status == .leased) == (lease.number != 0), "task \(task) is \(status) under \(lease)")
            check(status != .leased || ledger.tasks.attempt[task] > 0, "task \(task) is leased without attempt")
            check(
                (status == .failed) == (!ledger.failures.isEmpty && ledger.failures[task] != nil),
                "task \(task) is \(status) without cause")
            check(
                status != .cancelled || !isPaused && !isReady[task] && lease.number == 0,
                "task \(task) is cancelled and not out of the way")
            check(!isHeld[task] || status == .leased, "task \(task) is held and \(status)")
            if status == .leased {
                open[lease, default: 0] += 1
                if !isHeld[task] { unfinished[lease, default: 0] += 1 }
            }
        }
        check(counts == ledger.tasks.counts, "counts of status \(ledger.tasks.counts) should be \(counts)")
        let queued = backlog.queue.count + backlog.queue.suspects.count
        check(ready == queued, "the queue counts \(queued) tasks, it has \(ready)")
        for (task, suspect) in ledger.suspects {
            check(ledger.tasks.status[task] != .committed, "task \(task) is committed and a suspect")
            check(!suspect.setbacks.isEmpty || suspect.isolation != nil, "task \(task) is a suspect without cause")
        }
        for (worker, tasks) in backlog.awaited {
            check(members[worker] != nil && !tasks.isEmpty, "\(tasks.ranges) are awaited from \(worker)")
            for task in tasks.ranges.joined() {
                check(ledger.tasks.status[task] == .cancelled, "task \(task) is awaited and not cancelled")
            }
        }
        for task in ledger.quarantined.keys {
            check(ledger.tasks.status[task] == .failed, "task \(task) is quarantined and not given up")
        }
        check(open == ledger.leases.openTasks, "leases \(ledger.leases.openTasks) should have \(open)")
        check(ledger.leases.isConsistent, "the table of leases keeps what is over")
        check(Set(backlog.leases.keys) == Set(unfinished.keys), "backlog has leases \(backlog.leases.keys)")
        var busy: [WorkerID: Int] = [:]
        var alone: Set<WorkerID> = []
        for (lease, progress) in backlog.leases {
            check(progress.unfinished == unfinished[lease, default: 0], "\(lease) has \(progress) unfinished")
            check(ledger.leases.worker(of: lease) == progress.worker, "\(lease) has another worker in the backlog")
            check(members[progress.worker] != nil || now == .zero, "\(lease) belongs to \(progress.worker), not here")
            check(ledger.workers[progress.worker]?.leases.contains(lease) == true, "\(lease) is unknown to its worker")
            if progress.unfinished > 0 { busy[progress.worker, default: 0] += 1 }
            check(progress.isolation == nil || progress.unfinished <= 1, "\(lease) has company for a task alone")
            if progress.isolation == .worker, progress.unfinished > 0 {
                check(alone.insert(progress.worker).inserted, "\(progress.worker) has two tasks alone")
            }
        }
        check(busy == backlog.unfinishedLeases.filter { $0.value != 0 }, "unfinished leases \(busy)")
        for (worker, member) in members {
            check(ledger.workers[worker] != nil, "\(worker) is a member but not in the ledger")
            check(member.window <= member.slots * policy.leasesPerSlot, "\(worker) has window \(member.window)")
            // Whoever wants work has got it, as long as there is any.
            let hasRoom = !member.isDraining && busy[worker, default: 0] < member.window
            check(backlog.queue.isEmpty || !hasRoom, "\(worker) waits although tasks are ready")
            check(
                !(ledger.drainedHosts[host(of: worker)].map { now < $0.until } ?? false) || member.isDraining,
                "\(worker) works on a drained host")
        }
        check(slotCount == members.values.filter { !$0.isDraining }.map(\.slots).reduce(0, +), "slot count")
        return found
    }
}
