internal import OrderedCollections

extension Scheduler {
    /// Notes how many leases a worker wants to have.
    mutating func request(_ worker: WorkerID, _ leases: Int) {
        guard renew(worker), let slots = members[worker]?.slots else { return }
        members[worker]?.window = max(0, min(leases, slots * policy.leasesPerSlot))
    }

    /// Hands out what is ready: first to idle slots, then as a reserve, to each worker in turn.
    ///
    /// While tasks are ready nobody waits for one, so that only the worker of the event can want more; when tasks came
    /// back into an empty queue, everybody is looked at.
    mutating func lease(toAll: Bool) {
        guard !members.isEmpty else { return }
        let workers = toAll ? Array(members.keys) : speaker.map { [$0] } ?? []
        for isReserve in [false, true] {
            var granted = true
            while granted, !backlog.queue.isEmpty {
                granted = false
                for worker in workers where room(worker, isReserve: isReserve) {
                    let runs = nextRuns()
                    guard !runs.isEmpty else { break }
                    let lease = Lease(LeaseID(ledger.nextLease), to: worker, runs: runs)
                    record(.leaseGranted(lease))
                    members[worker]?.isFlushed = false
                    send(.lease(lease), to: worker)
                    granted = true
                }
            }
        }
        retract()
    }

    /// Whether a worker wants a lease for an idle slot, or any lease.
    func room(_ worker: WorkerID, isReserve: Bool) -> Bool {
        guard let member = members[worker], !member.isDraining else { return false }
        let limit = isReserve ? member.window : min(member.window, member.slots)
        return backlog.unfinishedLeases[worker, default: 0] < limit
    }

    /// The tasks of the next lease: the dearest ready ones, of about `Policy.leaseDuration` together.
    ///
    /// A lease takes at most a share of what is left (guided self-scheduling, Polychronopoulos and Kuck 1987), so that
    /// leases shrink towards the end and no slot waits long for another one. At most 4 096 runs of at most 24 bytes
    /// stay below the 256 KiB that a lease may take on the wire.
    private func nextRuns() -> [TaskRun] {
        var seconds = leaseSeconds()
        var room = policy.leaseTaskLimit
        var runs: [TaskRun] = []
        for costClass in backlog.queue.classes where backlog.queue.count(costClass) > 0 {
            let each = costs.seconds(costClass)
            let limit = costs.isMeasured(costClass) ? room : min(room, policy.firstLeaseTaskLimit)
            let fitting = Int(min(seconds / each, Double(limit)))
            let count = runs.isEmpty ? max(1, fitting) : fitting
            guard count > 0 else { break }
            var taken = 0
            for range in backlog.queue.prefix(costClass, atMost: count) {
                append(range, to: &runs)
                taken += range.count
            }
            room -= taken
            seconds -= each * Double(taken)
            // A class is opened only when the dearer one is exhausted: longest first.
            if backlog.queue.count(costClass) > taken { break }
        }
        return runs
    }

    /// Appends tasks with their next attempt number, split where the numbers differ.
    func append(_ range: Range<Int>, to runs: inout [TaskRun]) {
        var start = range.lowerBound
        while start < range.upperBound {
            let attempt = ledger.tasks.attempt[start]
            var end = start + 1
            while end < range.upperBound, ledger.tasks.attempt[end] == attempt { end += 1 }
            // The number stops at its largest value; by then a task has been given up long ago.
            runs.append(TaskRun(start..<end, attempt: min(Int(attempt) + 1, Int(UInt16.max))))
            start = end
        }
    }

    /// The computing time of the next lease.
    private func leaseSeconds() -> Double {
        let remaining = backlog.queue.classes.reduce(0) {
            $0 + Double(backlog.queue.count($1)) * costs.seconds($1)
        }
        return min(policy.leaseDuration.inSeconds, remaining / (policy.tailFactor * Double(max(1, slotCount))))
    }

    /// Tells workers once, when nothing is left to lease, to close their shards as soon as they are idle.
    mutating func flush() {
        guard backlog.queue.isEmpty, !isComplete else { return }
        for (worker, member) in members where !member.isFlushed && hasSomething(worker) {
            members[worker]?.isFlushed = true
            send(.flush, to: worker)
        }
    }

    /// Whether a worker computes something or holds results.
    private func hasSomething(_ worker: WorkerID) -> Bool {
        ledger.workers[worker]?.leases.isEmpty == false || backlog.awaited[worker] != nil
    }

    /// Takes back what a worker did not start, and leases it to others.
    mutating func takeBack(_ worker: WorkerID, _ lease: LeaseID, _ tasks: [Range<Int>]) {
        guard renew(worker) else { return }
        guard ledger.leases.worker(of: lease) == worker else { return drop(.staleLease(worker, lease)) }
        let returned = tasks.flatMap { unfinished($0, of: lease) }
        guard !returned.isEmpty else { return }
        record(.leaseReturned(lease, tasks: returned))
    }

    /// Takes back tasks whose results their worker lost: they go to the next one, and no attempt counts as failed.
    mutating func takeBack(_ tasks: [Range<Int>], lostBy worker: WorkerID) {
        guard renew(worker) else { return }
        for range in tasks {
            backlog.stopWaiting(for: ledger.valid(range), from: worker)
            for part in backlog.held.intersection(ledger.valid(range)) {
                var start = part.lowerBound
                while start < part.upperBound {
                    let lease = ledger.tasks.lease[start]
                    var end = start + 1
                    while end < part.upperBound, ledger.tasks.lease[end] == lease { end += 1 }
                    if ledger.leases.worker(of: LeaseID(lease)) == worker {
                        record(.leaseReturned(LeaseID(lease), tasks: [start..<end]))
                    }
                    start = end
                }
            }
        }
    }

    /// The stretches of `range` that belong to a lease and whose results nobody holds.
    private func unfinished(_ range: Range<Int>, of lease: LeaseID) -> [Range<Int>] {
        var rest = TaskSet([ledger.valid(range)])
        for part in backlog.held.intersection(ledger.valid(range)) { rest.remove(part) }
        return rest.ranges.flatMap { part in
            var stretches = TaskSet()
            for task in part where ledger.tasks.lease[task] == lease.number { stretches.insert(task..<task + 1) }
            return stretches.ranges
        }
    }
}
