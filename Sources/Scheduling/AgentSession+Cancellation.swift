internal import DequeModule
internal import OrderedCollections
internal import SweepGrid

extension AgentSession {
    /// Drops tasks that an operator gave up: what no slot was given is forgotten, slots skip or stop the others.
    ///
    /// The coordinator expects no report of them. Results that stand in a shard already stay there; they are welcome.
    mutating func cancel(_ ranges: [Range<Int>]) {
        let cancelled = TaskSet(ranges)
        for lease in leases.keys { leases[lease]?.pending.remove(cancelled) }
        for (task, fetch) in fetches where cancelled.contains(task) {
            leases[fetch.lease]?.fetching[task] = nil
            forgetFetched(task)
        }
        for slot in slots.indices {
            var tasks: [TaskRun] = []
            for index in slots[slot].given.indices where cancelled.contains(slots[slot].given[index].task) {
                if let lease = slots[slot].given[index].lease { leases[lease]?.outstanding -= 1 }
                slots[slot].given[index].lease = nil
                slots[slot].given[index].isCancelled = true
                let given = slots[slot].given[index]
                tasks.append(TaskRun(given.task..<given.task + 1, attempt: given.attempt))
            }
            guard !tasks.isEmpty else { continue }
            slots[slot].cancelAt = now + policy.cancelGrace
            effects.append(.command(slot, .cancel(tasks)))
        }
        for lease in leases.keys { endIfDone(lease) }
    }

    /// Kills the slots that still compute a cancelled task when its time to end is over; nobody is blamed for it.
    mutating func endCancelledTasks() {
        for slot in slots.indices {
            guard let moment = slots[slot].cancelAt, moment <= now else { continue }
            slots[slot].cancelAt = nil
            let started = slots[slot].started
            if slots[slot].given.contains(where: { $0.isCancelled && $0.task == started }) {
                effects.append(.note("slot \(slot) is killed: it did not stop a cancelled task"))
                effects.append(.killSlot(slot))
            }
        }
    }
}
