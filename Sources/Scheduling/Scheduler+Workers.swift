internal import OrderedCollections

extension Scheduler {
    /// The number that the next admitted worker gets.
    package var nextWorker: WorkerID { WorkerID(ledger.nextWorker) }

    /// Whether a worker is registered and not lost.
    package func isMember(_ worker: WorkerID) -> Bool { members[worker] != nil }

    /// Admits a worker and leaves it what it brings along, as far as that is still open.
    mutating func register(_ worker: WorkerID, _ membership: Membership) {
        guard worker == nextWorker, worker.number < .max, (1...max(1, policy.slotLimit)).contains(membership.slots)
        else { return drop(.malformed(worker)) }
        // Also one that was lost: it did not vanish, so no task is to blame.
        let replaced = membership.replacing.flatMap { $0 < worker ? $0 : nil }
        let isDrained = replaced.map { ledger.workers[$0]?.isDraining ?? ledger.dismissed.contains($0) } ?? false
        // Before the tasks are taken back: a task may have been cancelled while the worker was not heard.
        let cancelled = cancelled(among: membership.unfinished)
        if let replaced { members[replaced] = nil }
        let isTurnedAway = isTurnedAway(from: membership.host)
        record(.workerRegistered(worker, slots: membership.slots, replacing: replaced))
        members[worker] = Member(
            slots: membership.slots, host: membership.host, deadline: now + policy.silenceLimit)
        nextExpiry = min(nextExpiry, now + policy.silenceLimit)
        speaker = worker
        countSlots()
        for range in self.cancelled(among: membership.held) { backlog.wait(for: range, from: worker) }
        send(.adopt(adopt(membership.unfinished, membership.held, by: worker)), to: worker)
        if !cancelled.isEmpty { send(.cancel(cancelled), to: worker) }
        if isDrained || isTurnedAway {
            drain(worker)
            send(.drain, to: worker)
        }
        if isComplete { send(.finish, to: worker) }
    }

    /// Leases to a worker anew what it still has under the current attempt number, without raising that number.
    ///
    /// A task that was leased to another worker since then has a higher number and stays there; one whose result is
    /// missing is welcome all the same when its shard comes.
    private mutating func adopt(_ unfinished: [TaskRun], _ held: [TaskRun], by worker: WorkerID) -> [Lease] {
        var adopted: [Lease] = []
        for (isHeld, runs) in [(true, held), (false, unfinished)] {
            var open = runs.flatMap { stillOpen($0) }.flatMap { apart($0) }[...]
            while let first = open.first {
                var size = 0
                let isolation = isolation(of: first)
                let part = open.prefix { run in
                    size += run.tasks.count
                    return size <= policy.leaseTaskLimit
                        && (isolation == nil ? self.isolation(of: run) == nil : run == first)
                }
                var lease = Lease(LeaseID(ledger.nextLease), to: worker, runs: Array(part))
                open = open.dropFirst(part.count)
                record(.leaseGranted(lease))
                lease.isolation = isolation
                if isHeld {
                    for run in part { hold(run.tasks, of: lease.id) }
                } else {
                    adopted.append(lease)
                }
            }
        }
        return adopted
    }

    /// The parts of a run that nobody was given since, in pieces that fit into a lease.
    private func stillOpen(_ run: TaskRun) -> [TaskRun] {
        guard run.attempt > 0 else { return [] }
        var parts: [TaskRun] = []
        var start: Int?
        let range = ledger.valid(run.tasks)
        for task in range.lowerBound...range.upperBound {
            let isOpen =
                task < range.upperBound && ledger.tasks.status[task] == .open
                && Int(ledger.tasks.attempt[task]) == run.attempt
                // A worker that did not hear that its report arrived brings the attempt along once more.
                && (ledger.suspects.isEmpty || ledger.suspects[task]?.failed(at: run.attempt) != true)
            if let first = start, !isOpen || task - first == policy.leaseTaskLimit {
                parts.append(TaskRun(first..<task, attempt: run.attempt))
                start = nil
            }
            if isOpen, start == nil { start = task }
        }
        return parts
    }

    /// A run in pieces in which a task that runs alone stands alone.
    private func apart(_ run: TaskRun) -> [TaskRun] {
        guard !ledger.suspects.isEmpty else { return [run] }
        var pieces: [TaskRun] = []
        var start = run.tasks.lowerBound
        for task in run.tasks where ledger.suspects[task]?.isolation != nil {
            if start < task { pieces.append(TaskRun(start..<task, attempt: run.attempt)) }
            pieces.append(TaskRun(task..<task + 1, attempt: run.attempt))
            start = task + 1
        }
        if start < run.tasks.upperBound { pieces.append(TaskRun(start..<run.tasks.upperBound, attempt: run.attempt)) }
        return pieces
    }

    private func isolation(of run: TaskRun) -> Isolation? { ledger.suspects[run.tasks.lowerBound]?.isolation }

    /// Renews the leases of a worker, because something was heard of it; tells a stranger to register.
    @discardableResult
    mutating func renew(_ worker: WorkerID) -> Bool {
        guard members[worker] != nil else {
            drop(.unknownWorker(worker))
            send(.registerAgain, to: worker)
            return false
        }
        members[worker]?.deadline = now + policy.silenceLimit
        members[worker]?.isHeard = true
        speaker = worker
        return true
    }

    /// Notes what a worker computes now.
    mutating func run(_ worker: WorkerID, _ tasks: [Int]) {
        guard renew(worker), let slots = members[worker]?.slots else { return }
        members[worker]?.running = Array(tasks.prefix(slots))
    }

    /// Gives a worker no more work.
    mutating func drain(_ worker: WorkerID) {
        guard renew(worker), members[worker]?.isDraining == false else { return }
        record(.workerDrained(worker))
        members[worker]?.isDraining = true
        countSlots()
    }

    /// Takes back everything of a worker that left; nothing is blamed on anybody.
    mutating func leave(_ worker: WorkerID) {
        guard members[worker] != nil else { return drop(.unknownWorker(worker)) }
        members[worker] = nil
        record(.workerLeft(worker))
        countSlots()
    }

    /// Does what became due: workers that were silent for too long are lost, pauses end.
    mutating func endDueWaits() {
        if nextExpiry <= now {
            for worker in members.filter({ $0.value.deadline <= now }).keys { lose(worker) }
            nextExpiry = members.values.lazy.map(\.deadline).min() ?? .never
        }
        backlog.queue.endPauses(at: now)
    }

    /// Takes back everything of a silent worker, and counts the loss against the tasks it was computing.
    ///
    /// A worker that had announced its end is not lost by the fault of a task, nor is one that was there before this coordinator
    /// and never heard by it: both may have been killed together.
    private mutating func lose(_ worker: WorkerID) {
        guard let member = members[worker] else { return }
        if !member.isDraining, member.isHeard {
            let running = member.running.filter { isUnfinished($0, at: worker) }
            for task in blamed(worker, running) {
                let what = running.contains(task) ? "computed" : "had, and did not say whether it computed,"
                let failure = AttemptFailure(
                    task: task, attempt: Int(ledger.tasks.attempt[task]), .workerLost,
                    message: "\(worker) vanished while it \(what) task \(task)")
                recordFailure(failure, worker)
            }
        }
        members[worker] = nil
        record(.workerLost(worker))
        countSlots()
    }

    /// The tasks that a worker may have been lost for: the one that had it to itself, or all that ran.
    ///
    /// A task may kill its worker before that could say what it computes. Whatever was there when several workers were lost
    /// is then suspected too; alone, the innocent are soon told from the guilty.
    private func blamed(_ worker: WorkerID, _ running: [Int]) -> [Int] {
        let leases = unfinishedLeases(of: worker)
        func unfinished(_ leases: [LeaseID]) -> [Int] {
            leases.flatMap { ledger.leases.tasks(of: $0) }.joined().filter { isUnfinished($0, at: worker) }
        }
        let alone = unfinished(leases.filter { backlog.leases[$0]?.isolation == .worker })
        guard alone.isEmpty, running.isEmpty else { return alone.isEmpty ? running : alone }
        // Losses that a task was blamed for are not among these.
        return unfinished(leases).filter { Int(ledger.tasks.losses[$0]) + 1 >= policy.unexplainedLimit }
    }

    /// How much later than asked for the scheduler is called.
    func lateness(at instant: Instant) -> Duration {
        guard instant - now > policy.heartbeatInterval, let deadline = nextDeadline else { return .zero }
        return instant - max(now, deadline)
    }

    /// Gives all workers the time for which nobody listened: what they said meanwhile waits to be read.
    mutating func postponeLosses(by duration: Duration) {
        for index in members.values.indices {
            members.values[index].deadline = members.values[index].deadline + duration
        }
        nextExpiry = nextExpiry + duration
    }

    /// Counts the slots among which the remaining work is divided.
    mutating func countSlots() {
        slotCount = members.values.lazy.filter { !$0.isDraining }.map(\.slots).reduce(0, +)
    }
}
