internal import OrderedCollections

extension Scheduler {
    /// The ready suspects that are looked at for one worker in one event.
    private static let suspectsSeen = 1_024

    /// Hands out tasks that failed before: on another host than where they failed if there is one, and alone when they
    /// brought something down.
    ///
    /// While no slot is idle a suspect may wait in a worker's reserve; otherwise it goes to an idle slot alone, so that it
    /// never waits behind a long task, and is not handed to and fro.
    mutating func leaseSuspects() {
        if backlog.queue.suspects.isEmpty {
            waitingForOtherHost.removeAll()
            return
        }
        waitingForOtherHost.removeAll { !backlog.queue.suspects.contains($0.key) }
        let active = activeHosts
        var granted = true
        while granted {
            granted = false
            let isReserve = !backlog.queue.isEmpty || idleSlots == 0
            for worker in members.keys where room(worker, isReserve: isReserve) {
                guard let run = nextSuspects(for: worker, active) else { continue }
                let isolation = ledger.suspects[run[0].tasks.lowerBound]?.isolation
                var lease = Lease(LeaseID(ledger.nextLease), to: worker, runs: run)
                record(.leaseGranted(lease))
                lease.isolation = isolation
                members[worker]?.isFlushed = false
                send(.lease(lease), to: worker)
                granted = true
            }
        }
    }

    /// The next suspects for a worker, of about a lease's computing time; an isolated one stands alone.
    private mutating func nextSuspects(for worker: WorkerID, _ active: Set<String>) -> [TaskRun]? {
        let host = host(of: worker)
        let hasWorkerAlone = ledger.workers[worker]?.leases.contains {
            backlog.leases[$0].map { $0.isolation == .worker && $0.unfinished > 0 } ?? false
        }
        var runs: [TaskRun] = []
        var seconds = policy.leaseDuration.inSeconds
        var seen = 0
        search: for range in backlog.queue.suspects.ranges {
            for task in range {
                seen += 1
                guard seen <= Self.suspectsSeen else { break search }
                let isolation = ledger.suspects[task]?.isolation
                if isolation == .worker, hasWorkerAlone == true { continue }
                if isolation != nil, !runs.isEmpty { continue }
                guard isWelcome(task, on: host, active) else { continue }
                append(task..<task + 1, to: &runs)
                seconds -= costs.seconds(backlog.queue.costClass(of: task))
                if isolation != nil || seconds <= 0 || runs.count >= policy.firstLeaseTaskLimit { break search }
            }
        }
        return runs.isEmpty ? nil : runs
    }

    /// Whether a suspect may run on a host: one that it did not fail on, or any when there is no other or it waited for
    /// another one long enough.
    private mutating func isWelcome(_ task: Int, on host: String, _ active: Set<String>) -> Bool {
        guard let suspect = ledger.suspects[task], suspect.failed(on: host),
            active.contains(where: { !suspect.failed(on: $0) })
        else { return true }
        if let since = waitingForOtherHost[task] { return since + policy.otherHostPatience <= now }
        // Begins to wait: only now a slot is idle for it.
        waitingForOtherHost[task] = now
        return false
    }
}
