import Scheduling

/// A crash of the coordinator that comes after so many operations of its disk.
struct ArmedCrash {
    let fault: Fault
    var operations: Int
    /// Whether only the operations count that commit a shard, from the sync of its file to the sync of its fact.
    let isWhileStoring: Bool
    var hasBegun = false
}

extension VirtualCluster {
    /// Counts an effect of a fault.
    func strike(_ kind: Fault.Kind) { report.strikes[kind, default: 0] += 1 }

    /// A fault begins.
    func begin(_ fault: Fault) {
        let agent = fault.agent % max(1, agents.count)
        switch fault.kind {
        case .loss, .duplication, .delay, .reordering, .partition, .deafAgent, .muteAgent, .diskFull, .damage,
            .agentDisk:
            break
        case .agentCrash:
            guard agents[agent].session != nil else { return }
            strike(.agentCrash)
            crashAgent(agent, restartIn: fault.duration)
        case .blackout:
            strike(.blackout)
            for agent in agents.indices where agents[agent].session != nil {
                crashAgent(agent, restartIn: fault.duration)
            }
            if coordinator != nil { crashCoordinator(restartIn: fault.duration) }
        case .slotCrash:
            guard agents[agent].session != nil, agents[agent].slots.contains(where: \.isUp) else { return }
            strike(.slotCrash)
            for slot in agents[agent].slots.indices { killSlot(agent, slot, "signal SIGKILL") }
        case .stall:
            guard agents[agent].session != nil, agents[agent].inbox == nil else { return }
            strike(.stall)
            agents[agent].inbox = []
            queue.insert(.resumeAgent(agent), at: now + fault.duration)
        case .coordinatorCrash, .powerLoss:
            arm(fault)
        case .drain:
            guard agents[agent].session != nil else { return }
            strike(.drain)
            toAgent(agent, .drain(reason: "the host is needed"))
        case .cancellation: cancel(fault)
        case .dismissal: dismiss(agent, fault)
        case .agentClock:
            guard agents[agent].session != nil else { return }
            strike(.agentClock)
            setClock(of: agent, to: .milliseconds(Int.random(in: -20_000...20_000, using: &stream)))
            queue.insert(.clockIsRight(agent: agent), at: now + fault.duration)
        case .coordinatorClock:
            guard coordinator != nil else { return }
            strike(.coordinatorClock)
            setCoordinatorClock(to: .milliseconds(Int.random(in: -20_000...20_000, using: &stream)))
            queue.insert(.coordinatorClockIsRight, at: now + fault.duration)
        }
    }

    func setClock(of agent: Int, to offset: Duration) {
        agents[agent].clock = offset
        agents[agent].tickAt = nil
        toAgent(agent, .tick)
    }

    func setCoordinatorClock(to offset: Duration) {
        coordinatorClock = offset
        coordinator?.tickAt = nil
        toCoordinator(.tick)
    }

    /// Plans a crash: at once, after one of the next operations of the disk, or while a shard is being stored.
    private func arm(_ fault: Fault) {
        if isOneOf(Fault.Rate.crashWhileStoring) {
            armed = ArmedCrash(fault: fault, operations: Int.random(in: 1...5, using: &stream), isWhileStoring: true)
            queue.insert(.crash(fault), at: now + .seconds(10))
        } else {
            let operations = Int.random(in: 0...Fault.Rate.operationsBeforeCrash, using: &stream)
            armed = ArmedCrash(fault: fault, operations: operations, isWhileStoring: false)
            if operations == 0 { crash() } else { queue.insert(.crash(fault), at: now + .seconds(1)) }
        }
    }

    /// Whether a crash that waited for so many operations of the disk comes after this one.
    func isStruck(isStoring: Bool = false) -> Bool {
        guard let crash = armed, isStoring || crash.hasBegun || !crash.isWhileStoring else { return false }
        armed?.hasBegun = true
        armed?.operations -= 1
        guard crash.operations <= 1 else { return false }
        self.crash()
        return true
    }

    /// A crash that found no operation to come after comes all the same.
    func crash(because fault: Fault) { if armed?.fault == fault { crash() } }

    /// The coordinator is killed, or its host loses power.
    private func crash() {
        guard let fault = armed?.fault else { return }
        armed = nil
        strike(fault.kind)
        if coordinator?.operations.isEmpty == false { report.crashesInCommit += 1 }
        if fault.kind == .powerLoss {
            let loss = disk.losePower(using: &stream)
            // What survived is as durable as what was synced.
            for row in disk.journal { promises.note(row.fact) }
            report.lostWrites += loss.writes
            report.lostRenames += loss.renames
            report.lostTransactions += loss.transactions
        }
        crashCoordinator(restartIn: fault.duration)
    }
}
