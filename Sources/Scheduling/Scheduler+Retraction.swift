internal import OrderedCollections

extension Scheduler {
    /// How many slots have nothing to compute although their workers want leases.
    var idleSlots: Int {
        members.reduce(0) { sum, entry in
            let (worker, member) = entry
            guard !member.isDraining else { return sum }
            let wanted = min(member.window, member.slots) - backlog.unfinishedLeases[worker, default: 0]
            return sum + max(0, wanted)
        }
    }

    /// Asks back the leases with most unfinished work while slots are idle, one for each idle slot.
    mutating func retract() {
        isRetractionWaiting = false
        guard backlog.queue.isEmpty else { return }
        let idle = idleSlots
        guard idle > 0 else { return }
        guard now >= nextRetraction else {
            isRetractionWaiting = true
            return
        }
        let candidates = candidates()
        guard !candidates.isEmpty else { return }
        nextRetraction = now + policy.retractionInterval
        for candidate in candidates.prefix(idle) {
            backlog.retract(candidate.lease)
            send(.retract(candidate.lease), to: candidate.worker)
        }
    }

    /// The leases that may hold tasks which were not started, most work first.
    ///
    /// A worker has started at most one task for each slot; only what is beyond that can come back. A lease is asked
    /// for once.
    private func candidates() -> [(lease: LeaseID, worker: WorkerID, seconds: Double)] {
        var found: [(lease: LeaseID, worker: WorkerID, seconds: Double)] = []
        for (worker, member) in members {
            let unfinished = unfinishedLeases(of: worker)
            let tasks = unfinished.reduce(0) { $0 + (backlog.leases[$1]?.unfinished ?? 0) }
            guard tasks > min(member.slots, unfinished.count) || unfinished.count > member.slots else { continue }
            for lease in unfinished {
                guard let progress = backlog.leases[lease], !progress.isRetracted,
                    let task = ledger.leases.firstTask(of: lease)
                else { continue }
                let seconds = Double(progress.unfinished) * costs.seconds(backlog.queue.costClass(of: task))
                found.append((lease, worker, seconds))
            }
        }
        return found.sorted { ($1.seconds, $0.lease) < ($0.seconds, $1.lease) }
    }

    /// The leases of a worker with tasks that it has not computed, in the order in which they were granted.
    func unfinishedLeases(of worker: WorkerID) -> [LeaseID] {
        // It may hold the results of a hundred thousand leases; they are looked through only if one is unfinished.
        guard backlog.unfinishedLeases[worker, default: 0] > 0, let record = ledger.workers[worker] else { return [] }
        return record.leases.filter { backlog.leases[$0] != nil }
    }
}
