internal import DequeModule
internal import OrderedCollections
internal import SweepGrid

extension AgentSession {
    /// Everything in which the agent contradicts itself; for tests and simulations.
    package func violations() -> [String] {
        var found: [String] = []
        var outstanding: [LeaseID: Int] = [:]
        for (slot, state) in slots.enumerated() {
            for given in state.given {
                if let lease = given.lease { outstanding[lease, default: 0] += 1 }
            }
            if let started = state.started, !state.given.contains(where: { $0.task == started }) {
                found.append("slot \(slot) computes task \(started), which it was not given")
            }
            if state.state != .up, !state.given.isEmpty { found.append("slot \(slot) is not up and has tasks") }
            if state.given.count > policy.batchLimit { found.append("slot \(slot) has \(state.given.count) tasks") }
        }
        for departure in departing.values { outstanding[departure.lease, default: 0] += 1 }
        for (task, fetch) in fetches
        where !fetch.isReady && !leases.values.contains(where: { $0.fetching[task] != nil }) {
            found.append("the checkpoint of task \(task) is fetched for nobody")
        }
        for (lease, held) in leases {
            if held.outstanding != outstanding[lease, default: 0] {
                found.append("\(lease) counts \(held.outstanding) tasks at slots, there are \(outstanding)")
            }
            for task in held.fetching.keys where fetches[task]?.isReady != false {
                found.append("task \(task) of \(lease) waits for a checkpoint that nobody fetches")
            }
            if held.pending.isEmpty, held.fetching.isEmpty, held.outstanding == 0 {
                found.append("\(lease) is done but not ended")
            }
            let slotsAtIt = slots.filter { $0.given.contains { $0.lease == lease } }
            if held.isolation != nil, slotsAtIt.contains(where: { $0.given.contains { $0.lease != lease } }) {
                found.append("a slot computes \(lease), which runs alone, and more")
            }
            if held.isolation == .worker, !slotsAtIt.isEmpty, slots.filter({ !$0.given.isEmpty }).count > 1 {
                found.append("\(lease) has its worker to itself and company")
            }
        }
        for lease in outstanding.keys.sorted() where leases[lease] == nil {
            found.append("a slot computes \(lease), which is not held")
        }
        return found
    }
}
