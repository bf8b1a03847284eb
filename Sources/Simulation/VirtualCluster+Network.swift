import Scheduling

extension VirtualCluster {
    /// An agent sends: the message may be lost, doubled, late, or damaged.
    func toNetwork(_ envelope: WorkerEnvelope, from agent: Int) {
        let route = agents[agent].route
        guard !isCut(.partition, agent), !isCut(.muteAgent, agent) else { return }
        var envelope = envelope
        if case .chunk(var chunk) = envelope.message, isActive(.damage), isOneOf(Fault.Rate.damage) {
            strike(.damage)
            chunk.bytes[chunk.bytes.count / 2] ^= 1
            envelope.message = .chunk(chunk)
        }
        for delay in delays(\.sentUntil, of: agent) {
            queue.insert(.toCoordinator(envelope, route), at: now + delay)
        }
    }

    /// The coordinator sends, to wherever the connection leads.
    func toNetwork(_ envelope: CoordinatorEnvelope, to route: Route) {
        guard let agent = agents.firstIndex(where: { $0.route == route && $0.session != nil }) else {
            queue.insert(.storageReport(epoch: epoch, .unreachable(route)), at: now)
            return
        }
        guard !isCut(.partition, agent), !isCut(.deafAgent, agent) else { return }
        var envelope = envelope
        if case .checkpointChunk(var chunk) = envelope.message, isActive(.damage), isOneOf(Fault.Rate.damage) {
            strike(.damage)
            chunk.bytes[0] ^= 1
            envelope.message = .checkpointChunk(chunk)
        }
        for delay in delays(\.addressedUntil, of: agent) {
            queue.insert(.toAgent(agent: agent, route: route, envelope), at: now + delay)
        }
    }

    private func isCut(_ kind: Fault.Kind, _ agent: Int) -> Bool {
        guard isActive(kind, agent: agent) else { return false }
        strike(kind)
        return true
    }

    /// When a message arrives: never, once, or twice. `path` tells when the last one of this direction arrives.
    func delays(_ path: WritableKeyPath<Agent, Instant>, of agent: Int) -> [Duration] {
        let latest = agents[agent][keyPath: path]
        // A connection keeps the order of its messages as long as no fault disturbs it.
        var delays = [max(randomDuration(100...2_000), latest - now)]
        if isActive(.loss), isOneOf(Fault.Rate.loss) {
            strike(.loss)
            delays = []
        }
        if isActive(.duplication), isOneOf(Fault.Rate.duplication) {
            strike(.duplication)
            delays.append(randomDuration(100...500_000))
        }
        if isActive(.delay), isOneOf(Fault.Rate.delay) {
            strike(.delay)
            delays = delays.map { $0 + randomDuration(0...3_000_000) }
        } else if isActive(.reordering) {
            delays = delays.map { _ in
                isOneOf(Fault.Rate.reordering) ? randomDuration(100...20_000) : randomDuration(100...2_000)
            }
            if delays.contains(where: { now + $0 < latest }) { strike(.reordering) }
            agents[agent][keyPath: path] = max(latest, now + (delays.max() ?? .zero))
        } else if let first = delays.first {
            agents[agent][keyPath: path] = max(latest, now + first)
        }
        return delays
    }
}
