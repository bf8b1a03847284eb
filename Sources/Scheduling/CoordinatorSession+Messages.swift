internal import OrderedCollections
internal import SweepGrid

extension CoordinatorSession {
    /// Takes a message: of a stranger only a greeting or a registration, of a worker in the order of its link.
    mutating func receive(_ envelope: WorkerEnvelope, from route: Route, _ key: String?) {
        switch envelope.message {
        case .hello(let hello): return greet(hello, route)
        case .register(let registration):
            guard !namesTooMuch(envelope.message) else {
                return effects.append(.note(.dropped(.malformed(registration.replacing ?? WorkerID(0)))))
            }
            return register(registration, route, key)
        default: break
        }
        guard let worker = envelope.worker, let index = peers.index(forKey: worker), scheduler.isMember(worker) else {
            let answer = CoordinatorEnvelope(
                worker: envelope.worker, sequence: 0, acknowledged: 0, .registerAgain)
            effects.append(.send(answer, to: route))
            return
        }
        guard peers.values[index].key == key else {
            effects.append(.note(.foreignKey(worker, key: key)))
            return
        }
        // In place: a copy of the link would copy every message that is under way.
        peers.values[index].route = route
        peers.values[index].link.acknowledge(envelope.acknowledged, at: now)
        let isNext = peers.values[index].link.accept(envelope.sequence)
        guard isNext else {
            // Repeated, so that an acknowledgement was lost, or too early: the worker shall know at once.
            listener = worker
            return schedule(.heard(worker))
        }
        if envelope.sequence > 0, peers.values[index].acknowledgeBy == nil {
            peers.values[index].acknowledgeBy = now + policy.acknowledgementDelay
        }
        guard !namesTooMuch(envelope.message) else { return effects.append(.note(.dropped(.malformed(worker)))) }
        handle(envelope.message, of: worker)
    }

    /// Whether a message names tasks far more often than an honest worker has reason to; each of them would be looked at.
    ///
    /// A worker that holds a task while it is leased to it once more names it under each attempt.
    func namesTooMuch(_ message: WorkerMessage) -> Bool {
        let count =
            switch message {
            case .register(let registration):
                registration.unfinished.reduce(0) { $0 + $1.tasks.count }
                    + registration.held.reduce(0) { $0 + $1.tasks.count }
            case .finished(let runs): runs.reduce(0) { $0 + $1.run.tasks.count }
            case .returned(_, let tasks), .resultsLost(let tasks, _): tasks.reduce(0) { $0 + $1.count }
            case .announce(let shard): shard.tasks.reduce(0) { $0 + $1.count }
            default: 0
            }
        return count > 16 * scheduler.ledger.taskCount + 65_536
    }

    private mutating func handle(_ message: WorkerMessage, of worker: WorkerID) {
        switch message {
        case .hello, .register: break
        case .heartbeat(let running, let progress):
            listener = worker
            // A worker computes no more tasks than it has slots, whatever it says.
            let slots = peers[worker]?.registration.slots ?? 0
            peers[worker]?.progress = Array(progress.prefix(slots))
            schedule(.running(worker, tasks: running))
        case .request(let leases): schedule(.requested(worker, leases: leases))
        case .finished(let runs): schedule(.finished(worker, runs))
        case .failed(let failure): schedule(.failed(worker, failure))
        case .returned(let lease, let tasks): schedule(.returned(worker, lease, tasks: tasks))
        case .announce(let announcement):
            schedule(.heard(worker))
            announced(announcement, by: worker)
        case .chunk(let chunk):
            schedule(.heard(worker))
            received(chunk, from: worker)
        case .announceCheckpoint(let checkpoint):
            schedule(.heard(worker))
            announced(checkpoint, by: worker)
        case .withdrawCheckpoint(let digest, let task, let isDamaged):
            schedule(.heard(worker))
            withdrawn(digest, task, isDamaged, by: worker)
        case .fetchCheckpoint(let digest, let task, let offset, let count):
            schedule(.heard(worker))
            send(digest, of: task, offset: offset, count: count, to: worker)
        case .resultsLost(let tasks, let reason):
            abandonUploads(of: worker, holding: tasks)
            effects.append(.note(.resultsLost(worker, tasks: tasks.reduce(0) { $0 + $1.count }, reason: reason)))
            schedule(.lost(tasks: tasks, from: worker))
        case .draining: schedule(.drained(worker))
        case .goodbye: schedule(.left(worker))
        }
    }

    /// Passes an order of the scheduler on.
    mutating func deliver(_ order: Scheduler.Order, to worker: WorkerID) {
        switch order {
        case .adopt(let leases):
            let welcome = Welcome(
                heartbeatInterval: policy.heartbeatInterval, liveness: policy.liveness, adopted: leases)
            peers[worker]?.welcome = welcome
            sendUnnumbered(.welcome(welcome), to: worker)
            if upkeep.factor > 1 { sendNumbered(.shardTarget(factor: upkeep.factor), to: worker) }
        case .lease(let lease): sendNumbered(.lease(lease), to: worker)
        case .retract(let lease): sendNumbered(.retract(lease), to: worker)
        case .cancel(let tasks): sendNumbered(.cancel(tasks), to: worker)
        case .drain: sendNumbered(.drain, to: worker)
        case .flush: sendNumbered(.flush, to: worker)
        case .finish: sendNumbered(.finish, to: worker)
        case .registerAgain: sendUnnumbered(.registerAgain, to: worker)
        }
    }

    /// Sends a message that must arrive.
    mutating func sendNumbered(_ message: CoordinatorMessage, to worker: WorkerID) {
        guard let sequence = peers[worker]?.link.number(message, at: now) else { return }
        send(message, sequence: sequence, to: worker)
    }

    /// Sends a message that may be lost.
    mutating func sendUnnumbered(_ message: CoordinatorMessage, to worker: WorkerID) {
        send(message, sequence: 0, to: worker)
    }

    mutating func send(_ message: CoordinatorMessage, sequence: UInt64, to worker: WorkerID) {
        guard let index = peers.index(forKey: worker) else { return }
        peers.values[index].acknowledgeBy = nil
        let peer = peers.values[index]
        let envelope = CoordinatorEnvelope(
            worker: worker, sequence: sequence, acknowledged: peer.link.received, message)
        effects.append(.send(envelope, to: peer.route))
    }

    /// Answers the worker of this event, unless something else was sent to it.
    mutating func answer() {
        guard let worker = listener else { return }
        listener = nil
        let isAnswered = effects.contains {
            if case .send(let envelope, _) = $0 { envelope.worker == worker } else { false }
        }
        if !isAnswered { sendUnnumbered(.heartbeat, to: worker) }
    }
}

extension CoordinatorSession {
    /// How far running tasks are that said so in the last heartbeat of their workers, by task number; at most `limit`.
    public func progress(atMost limit: Int) -> [TaskProgress] {
        var found: [TaskProgress] = []
        for peer in peers.values where found.count < limit { found += peer.progress.prefix(limit - found.count) }
        return found.sorted { $0.task < $1.task }
    }
}
