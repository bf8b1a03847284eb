internal import SweepGrid

extension AgentSession {
    /// Takes a message of the coordinator: of the present registration, in the order of the link.
    mutating func receive(_ envelope: CoordinatorEnvelope) {
        switch envelope.message {
        case .describe(let description): return described(description)
        case .refuse(let refusal): return refused(refusal)
        case .welcome(let welcome):
            if let worker = envelope.worker { welcomed(welcome, as: worker) }
            return
        default: break
        }
        guard case .member(let worker) = phase, envelope.worker == worker else { return }
        if envelope.message == .registerAgain {
            effects.append(.note("the coordinator does not know this worker any more; it registers again"))
            return greet(tries: 0)
        }
        lastHeard = now
        link.acknowledge(envelope.acknowledged, at: now)
        guard link.accept(envelope.sequence) else {
            // Repeated, so that an acknowledgement was lost, or too early: the coordinator shall know at once.
            acknowledgeBy = now
            return
        }
        if envelope.sequence > 0 { acknowledgeBy = min(acknowledgeBy, now + policy.acknowledgementDelay) }
        handle(envelope.message, worker)
    }

    private mutating func handle(_ message: CoordinatorMessage, _ worker: WorkerID) {
        switch message {
        case .describe, .refuse, .welcome, .registerAgain, .heartbeat: break
        case .lease(let lease): take(lease)
        case .retract(let lease): giveBack(lease)
        case .sendChunk(let digest, let offset, let count):
            if shards.isClosed(digest) {
                effects.append(
                    .sendChunk(worker, digest, offset: offset, count: count, acknowledged: link.received))
            } else if taken.isAnnounced(digest) {
                effects.append(
                    .sendCheckpointChunk(worker, digest, offset: offset, count: count, acknowledged: link.received))
            }
        case .settled(let digest, let outcome):
            settled(digest, outcome)
            checkpointSettled(digest, outcome)
        case .checkpointChunk(let chunk): received(chunk)
        case .checkpointGone(let digest): checkpointGone(digest)
        case .flush: isFlushing = true
        case .shardTarget(let factor): shards.factor = max(1, min(factor, policy.shardFactorLimit))
        case .drain: drain("the coordinator asked for it")
        case .cancel(let tasks): cancel(tasks)
        case .finish:
            sendNumbered(.goodbye)
            exit(.finished)
        }
    }

    /// Repeats what was not acknowledged, and lets the coordinator hear the agent often enough.
    mutating func speak() {
        guard case .member = phase else { return }
        for (sequence, message) in link.due(at: now) { send(message, sequence: sequence) }
        if nextHeartbeat <= now || acknowledgeBy <= now {
            nextHeartbeat = now + heartbeatInterval
            let progress = slots.compactMap { slot in
                slot.started.flatMap { task in
                    slot.progress.map { TaskProgress(task: task, fraction: $0.fraction) }
                }
            }
            send(.heartbeat(running: slots.compactMap(\.started), progress: progress))
        }
    }

    /// Sends a message that must arrive under this registration.
    mutating func sendNumbered(_ message: WorkerMessage) {
        guard case .member = phase else { return }
        send(message, sequence: link.number(message, at: now))
    }

    /// Sends a message that may be lost.
    mutating func send(_ message: WorkerMessage, sequence: UInt64 = 0) {
        if case .member(let worker) = phase {
            acknowledgeBy = .never
            effects.append(
                .send(
                    WorkerEnvelope(worker: worker, sequence: sequence, acknowledged: link.received, message)))
        } else {
            effects.append(.send(WorkerEnvelope(worker: nil, sequence: 0, acknowledged: 0, message)))
        }
    }
}
