import Scheduling

extension VirtualCluster {
    /// An agent sends: the message may be lost, doubled, late, or damaged.
    func toNetwork(_ envelope: WorkerEnvelope, from agent: Int) {
        let route = agents[agent].route
        guard !isCut(.partition, agent) else { return }
        var envelope = envelope
        if case .chunk(var chunk) = envelope.message, isActive(.damage), isOneOf(3) {
            report.faults.insert(.damage)
            chunk.bytes[0] ^= 1
            envelope.message = .chunk(chunk)
        }
        for delay in delays() { queue.insert(.toCoordinator(envelope, route), at: now + delay) }
    }

    /// The coordinator sends, to wherever the connection leads.
    func toNetwork(_ envelope: CoordinatorEnvelope, to route: Route) {
        guard let agent = agents.firstIndex(where: { $0.route == route && $0.session != nil }) else {
            queue.insert(.storageReport(epoch: epoch, .unreachable(route)), at: now)
            return
        }
        guard !isCut(.partition, agent), !isCut(.deafAgent, agent) else { return }
        var envelope = envelope
        if case .checkpointChunk(var chunk) = envelope.message, isActive(.damage), isOneOf(3) {
            report.faults.insert(.damage)
            chunk.bytes[0] ^= 1
            envelope.message = .checkpointChunk(chunk)
        }
        for delay in delays() {
            queue.insert(.toAgent(agent: agent, route: route, envelope), at: now + delay)
        }
    }

    private func isCut(_ kind: Fault.Kind, _ agent: Int) -> Bool {
        guard isActive(kind, agent: agent) else { return false }
        report.faults.insert(kind)
        return true
    }

    /// When a message arrives: never, once, or twice.
    func delays() -> [Duration] {
        var delays = [randomDuration(100...2_000)]
        if isActive(.loss), isOneOf(3) {
            report.faults.insert(.loss)
            delays = []
        }
        if isActive(.duplication), isOneOf(3) {
            report.faults.insert(.duplication)
            delays.append(randomDuration(100...500_000))
        }
        if isActive(.delay), isOneOf(3) {
            report.faults.insert(.delay)
            delays = delays.map { $0 + randomDuration(0...3_000_000) }
        }
        return delays
    }

    /// A fault begins.
    func begin(_ fault: Fault) {
        let agent = fault.agent % max(1, agents.count)
        switch fault.kind {
        case .loss, .duplication, .delay, .partition, .deafAgent, .diskFull, .damage, .agentDisk:
            break
        case .agentCrash:
            guard agents[agent].session != nil else { return }
            report.faults.insert(.agentCrash)
            crashAgent(agent, restartIn: fault.duration)
        case .slotCrash:
            guard agents[agent].session != nil, agents[agent].slots.contains(where: \.isUp) else { return }
            report.faults.insert(.slotCrash)
            for slot in agents[agent].slots.indices { killSlot(agent, slot, "signal SIGKILL") }
        case .stall:
            guard agents[agent].session != nil, agents[agent].inbox == nil else { return }
            report.faults.insert(.stall)
            agents[agent].inbox = []
            queue.insert(.resumeAgent(agent), at: now + fault.duration)
        case .coordinatorCrash:
            guard coordinator != nil else { return }
            report.faults.insert(.coordinatorCrash)
            crashCoordinator(restartIn: fault.duration)
        case .drain:
            guard agents[agent].session != nil else { return }
            report.faults.insert(.drain)
            toAgent(agent, .drain(reason: "the host is needed"))
        case .cancellation: cancel(fault)
        case .dismissal: dismiss(agent, fault)
        }
    }
}
