internal import DequeModule
internal import OrderedCollections
internal import SweepGrid

/// Task runs in the order in which they are to be computed.
struct RunQueue: Hashable, Sendable {
    private(set) var runs: Deque<TaskRun> = []
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    /// Appends tasks, joined with the last run where they touch.
    mutating func append(_ run: TaskRun) {
        guard !run.tasks.isEmpty else { return }
        count += run.tasks.count
        if let last = runs.last, last.attempt == run.attempt, last.tasks.upperBound == run.tasks.lowerBound {
            runs[runs.count - 1] = TaskRun(last.tasks.lowerBound..<run.tasks.upperBound, attempt: run.attempt)
        } else {
            runs.append(run)
        }
    }

    /// Puts tasks before all others, joined with the first run where they touch.
    mutating func putBack(_ run: TaskRun) {
        count += run.tasks.count
        if let first = runs.first, first.attempt == run.attempt, first.tasks.lowerBound == run.tasks.upperBound {
            runs[0] = TaskRun(run.tasks.lowerBound..<first.tasks.upperBound, attempt: run.attempt)
        } else {
            runs.prepend(run)
        }
    }

    /// Takes a task out of the middle; nil when it is not there.
    mutating func remove(_ task: Int) -> TaskRun? {
        guard let run = runs.first(where: { $0.tasks.contains(task) }) else { return nil }
        remove(TaskSet([task..<task + 1]))
        return TaskRun(task..<task + 1, attempt: run.attempt)
    }

    /// Takes out all tasks of a set.
    mutating func remove(_ tasks: TaskSet) {
        guard runs.contains(where: { !tasks.intersection($0.tasks).isEmpty }) else { return }
        let old = runs
        self = RunQueue()
        for run in old {
            var start = run.tasks.lowerBound
            for part in tasks.intersection(run.tasks) {
                append(TaskRun(start..<part.lowerBound, attempt: run.attempt))
                start = part.upperBound
            }
            append(TaskRun(start..<run.tasks.upperBound, attempt: run.attempt))
        }
    }

    /// Takes the first tasks, at most `limit`.
    mutating func take(_ limit: Int) -> [TaskRun] {
        var taken: [TaskRun] = []
        var rest = limit
        while rest > 0, let first = runs.first {
            let size = min(rest, first.tasks.count)
            let middle = first.tasks.lowerBound + size
            taken.append(TaskRun(first.tasks.lowerBound..<middle, attempt: first.attempt))
            if middle == first.tasks.upperBound {
                runs.removeFirst()
            } else {
                runs[0] = TaskRun(middle..<first.tasks.upperBound, attempt: first.attempt)
            }
            rest -= size
            count -= size
        }
        return taken
    }
}

extension AgentSession {
    /// A lease in the hands of the agent.
    struct HeldLease: Sendable {
        /// What no slot was given yet.
        var pending = RunQueue()
        /// How many tasks slots were given and have not settled.
        var outstanding = 0
        /// Tasks whose checkpoints are being fetched.
        var fetching: OrderedDictionary<Int, TaskRun> = [:]
        /// Whether a slot computes it.
        var isTaken = false
        /// How far its task is kept away from others.
        var isolation: Isolation?
    }

    /// Takes a lease. Tasks whose results are held already are reported at once.
    mutating func take(_ lease: Lease) {
        guard leases[lease.id] == nil, lease.isSensible(limit: policy.leaseTaskLimit) else { return }
        leases[lease.id] = HeldLease(isolation: lease.isolation)
        isFlushing = false
        for run in lease.runs {
            var start = run.tasks.lowerBound
            for held in shards.heldTasks.intersection(run.tasks) {
                leases[lease.id]?.pending.append(TaskRun(start..<held.lowerBound, attempt: run.attempt))
                add(FinishedRun(TaskRun(held, attempt: run.attempt), duration: .zero))
                shards.renumber(TaskRun(held, attempt: run.attempt))
                start = held.upperBound
            }
            leases[lease.id]?.pending.append(TaskRun(start..<run.tasks.upperBound, attempt: run.attempt))
        }
        fetch(lease.checkpoints, for: lease.id)
        endIfDone(lease.id)
        if drainReason != nil || shards.isStuck { giveBackAll() }
    }

    /// Gives back what no slot was given of a lease.
    mutating func giveBack(_ lease: LeaseID) {
        var runs = leases[lease]?.pending.take(.max) ?? []
        runs += leases[lease].map { Array($0.fetching.values) } ?? []
        leases[lease]?.fetching = [:]
        for (task, _) in fetches where runs.contains(where: { $0.tasks.contains(task) }) { forgetFetched(task) }
        endIfDone(lease)
        sendNumbered(.returned(lease, tasks: runs.map(\.tasks)))
    }

    /// Gives back what no slot was given of all leases.
    mutating func giveBackAll() {
        for (lease, held) in leases where !held.pending.isEmpty || !held.fetching.isEmpty { giveBack(lease) }
    }

    /// After a new registration: keeps what slots compute, and takes over the adopted leases in place of the former
    /// ones.
    mutating func replaceLeases(by adopted: [Lease]) {
        leases = [:]
        // What was to be given back went back with the old registration.
        departing = [:]
        for task in fetches.keys where !slots.contains(where: { $0.given.contains { $0.task == task } }) {
            forgetFetched(task)
        }
        var given: [Int: (slot: Int, index: Int)] = [:]
        for slot in slots.indices {
            slots[slot].lease = nil
            for index in slots[slot].given.indices {
                slots[slot].given[index].lease = nil
                given[slots[slot].given[index].task] = (slot, index)
            }
        }
        for lease in adopted where lease.isSensible(limit: policy.leaseTaskLimit) {
            leases[lease.id] = HeldLease(isolation: lease.isolation)
            for run in lease.runs {
                for task in run.tasks {
                    let single = TaskRun(task..<task + 1, attempt: run.attempt)
                    if let place = given[task], slots[place.slot].given[place.index].attempt == run.attempt {
                        slots[place.slot].given[place.index].lease = lease.id
                        leases[lease.id]?.outstanding += 1
                    } else if shards.heldTasks.contains(task) {
                        add(FinishedRun(single, duration: .zero))
                    } else if unreported[task]?.attempt != run.attempt {
                        leases[lease.id]?.pending.append(single)
                    }
                }
            }
            fetch(lease.checkpoints, for: lease.id)
            endIfDone(lease.id)
        }
    }

    /// What the agent has not finished, running tasks included.
    func unfinishedRuns() -> [TaskRun] {
        let given = slots.flatMap(\.given).filter { $0.lease != nil }
            .map { TaskRun($0.task..<$0.task + 1, attempt: $0.attempt) }
        return given + leases.values.flatMap { Array($0.fetching.values) + Array($0.pending.runs) }
    }

    /// Gives slots their next tasks when they are about to run out of them.
    mutating func feedSlots() {
        guard drainReason == nil else { return }
        for slot in slots.indices where slots[slot].state == .up && slots[slot].given.count <= slots[slot].batch / 2 {
            adaptBatch(slot)
            while slots[slot].given.count < slots[slot].batch, let lease = nextLease(for: slot) {
                feed(slot, lease)
            }
            if slots[slot].given.isEmpty { slots[slot].fedAt = nil }
        }
    }

    private mutating func feed(_ slot: Int, _ lease: LeaseID) {
        let room = slots[slot].batch - slots[slot].given.count
        let runs = leases[lease]?.pending.take(room) ?? []
        leases[lease]?.isTaken = true
        slots[slot].lease = lease
        slots[slot].fedAt = now
        for run in runs {
            leases[lease]?.outstanding += run.tasks.count
            for task in run.tasks {
                if let fetch = fetches[task] {
                    effects.append(.command(slot, .restore(task: task, fetch.checkpoint.digest)))
                }
                slots[slot].given.append(Slot.Given(task: task, attempt: run.attempt, lease: lease))
            }
        }
        effects.append(.command(slot, .compute(runs)))
    }

    /// Aims at batches that keep a slot busy for `Policy.batchDuration`.
    private mutating func adaptBatch(_ slot: Int) {
        guard let fedAt = slots[slot].fedAt else { return }
        let elapsed = now - fedAt
        if elapsed * 2 < policy.batchDuration {
            slots[slot].batch = min(policy.batchLimit, slots[slot].batch * 2)
        } else if elapsed > policy.batchDuration * 2 {
            slots[slot].batch = max(1, slots[slot].batch / 2)
        }
    }

    /// The lease that a slot goes on with: its own, else one that no slot has, else another slot's.
    ///
    /// A task that runs alone waits until its slot, or every slot, has nothing else; until it is done they get nothing.
    private func nextLease(for slot: Int) -> LeaseID? {
        let isIdle = slots[slot].given.isEmpty
        var alone: Int?
        var own: Int?
        var untaken: Int?
        var waiting: Int?
        // By index and in one pass: there may be hundreds of leases, and none is copied.
        for index in leases.values.indices {
            let isolation = leases.values[index].isolation
            let isWaiting = !leases.values[index].pending.isEmpty
            if isolation == .worker {
                let isAlone = leases.values[index].outstanding == 0 && slots.allSatisfy(\.given.isEmpty)
                return isAlone && isWaiting ? leases.keys[index] : nil
            }
            guard isWaiting else { continue }
            guard isolation == nil else {
                alone = alone ?? index
                continue
            }
            waiting = waiting ?? index
            if leases.keys[index] == slots[slot].lease { own = index }
            if untaken == nil, !leases.values[index].isTaken { untaken = index }
        }
        if isIdle, let alone { return leases.keys[alone] }
        guard isIdle || slots[slot].given.allSatisfy({ $0.lease.flatMap { leases[$0]?.isolation } == nil }) else {
            return nil
        }
        return (own ?? untaken ?? waiting).map { leases.keys[$0] }
    }

    /// Forgets a lease of which everything is computed or given back.
    mutating func endIfDone(_ lease: LeaseID) {
        guard let held = leases[lease], held.pending.isEmpty, held.fetching.isEmpty, held.outstanding <= 0 else {
            return
        }
        leases[lease] = nil
        isReportDue = true
    }
}
