internal import Results
import Scheduling
internal import SweepGrid
internal import ZeroMQ

extension Coordinator {
    var now: Instant { origin + .nanoseconds(Int64(Clock.nanoseconds() - start)) }

    /// One turn of the loop: waits, then takes in what came.
    func turn() throws(ClusterError) {
        do throws(ZeroMQError) {
            var poller = Poller()
            poller.add(socket)
            let wakeUp = poller.add(fileDescriptor: events.fileDescriptor)
            try poller.wait(upTo: timeout())
            if poller.isReadable(wakeUp) { for event in events.take() { handle(event) } }
            try receive()
        } catch {
            throw ClusterError("the coordinator's loop failed: \(error)")
        }
        if let deadline = session.nextDeadline, deadline <= now { tell(.tick) }
    }

    /// Workers on this host are looked after, and progress is told, even when nothing comes.
    private func timeout() -> Duration {
        let longest = Duration.milliseconds(100)
        guard let deadline = session.nextDeadline else { return longest }
        return max(.zero, min(longest, deadline - now))
    }

    /// Reads messages in a bounded batch, so that the storage thread is heard too.
    private func receive() throws(ZeroMQError) {
        for _ in 0..<1000 {
            guard let message = try socket.receiveMessage(), let first = message.parts.first else { return }
            let route = Route(first)
            do throws(WireError) {
                let frame = try WorkerFrame(parts: message.parts.dropFirst())
                if let gate, case .refused(let why) = gate.admission(of: message, for: frame.role) {
                    turnAway(why, isKnown: gate.knows(message), from: route)
                    continue
                }
                switch frame {
                case .session(let envelope):
                    tell(.received(envelope, from: route, key: gate == nil ? nil : message.userID))
                case .status: send(.status(status), to: route)
                case .control(var request):
                    if let name = gate?.principal(of: message)?.name {
                        request.origin.who = "\(name) (\(request.origin.who))"
                    }
                    tell(.controlled(request, from: route))
                }
            } catch {
                refuse(error, from: route)
            }
        }
    }

    /// Drops a message whose sender may not send it, and tells the sender if its key is known.
    ///
    /// A key that is not known at all was admitted before, so the directory cannot be read: its worker shall go on computing.
    private func turnAway(_ why: String, isKnown: Bool, from route: Route) {
        noteOnce("dropped a message: \(why)")
        if isKnown { send(.refusal(Refusal(.key, why)), to: route) }
    }

    /// Logs what a stranger can cause at will, the same at most once a minute.
    private func noteOnce(_ sentence: String) {
        for line in keyNotes.take(sentence, at: Double(Clock.nanoseconds()) * 1e-9) { options.log(line) }
    }

    /// Drops bytes that are no message; a peer of another version is told so.
    private func refuse(_ error: WireError, from route: Route) {
        refusedMessages += 1
        // A peer that sends rubbish without end shall not fill the log.
        if refusedMessages <= 10 || refusedMessages.isMultiple(of: 1000) {
            options.log("dropped a message (\(refusedMessages) so far): \(error)")
        }
        if case .version = error {
            send(.refusal(Refusal(.protocolVersion, "\(error)")), to: route)
        }
    }

    func handle(_ event: Event) {
        switch event {
        case .session(let event): tell(event)
        case .stop:
            stopCount += 1
            if stopCount > 1 { isFinished = true } else { tell(.stop) }
        }
    }

    /// Tells the session, and does what it asks for; then tells it what came of that.
    func tell(_ event: CoordinatorSession.Event) {
        for effect in session.handle(event, at: now) { perform(effect) }
        while true {
            if let route = unreachable.popLast() {
                for effect in session.handle(.unreachable(route), at: now) { perform(effect) }
            } else {
                return
            }
        }
    }

    private func perform(_ effect: CoordinatorSession.Effect) {
        switch effect {
        case .send(let envelope, let route):
            send(.session(envelope), to: route)
            if case .settled = envelope.message { Failpoint.reach("shard-settled") }
        case .journal(let facts): storage.journal(facts, at: now)
        case .write(let chunk): storage.write(chunk)
        case .commit(let shard, let step): storage.perform(step, of: shard)
        case .discard(let shard): storage.discard(shard)
        case .compact(let shards): storage.compact(shards)
        case .removeShards(let shards): storage.remove(shards)
        case .storeCheckpoint(let checkpoint): storage.storeCheckpoint(checkpoint)
        case .readCheckpoint(let checkpoint, let offset, let count, let worker):
            storage.readCheckpoint(checkpoint, offset: offset, count: count, for: worker)
        case .deleteCheckpoint(let digest): storage.deleteCheckpoint(digest)
        case .reply(let reply, let route): send(.control(reply), to: route)
        case .note(let note):
            if case .admitted(let worker, let host, let build, let slots) = note {
                storage.keep(worker, build: build, host: host, at: now)
                workers.append(WorkerRecord(host: host, slots: slots, build: build))
            }
            if case .foreignKey(let worker, let key) = note {
                let sender = key.map { "the key \($0.prefix(10))..." } ?? "no key"
                noteOnce("dropped a message under \(worker) from \(sender): another key registered that worker")
            }
            switch note {
            case .storageFailing: storageTrouble = note.line
            case .committed: storageTrouble = nil
            default: break
            }
            if let line = note.line { note.isRoutine ? options.inform(line) : options.log(line) }
        case .finished: isFinished = true
        }
    }

    /// Sends without waiting: what cannot be sent now is sent again by the session.
    private func send(_ frame: CoordinatorFrame, to route: Route) {
        do throws(ZeroMQError) {
            _ = try socket.send([route.bytes] + frame.parts)
        } catch {
            if error.isUnreachable {
                unreachable.append(route)
            } else {
                options.log("a message could not be sent: \(error)")
            }
        }
    }
}

extension CoordinatorFrame {
    /// Tells somebody without a registration that it is turned away.
    static func refusal(_ refusal: Refusal) -> CoordinatorFrame {
        .session(CoordinatorEnvelope(worker: nil, sequence: 0, acknowledged: 0, .refuse(refusal)))
    }
}

extension WorkerFrame {
    /// What its sender's key must be for.
    var role: Role {
        switch self {
        case .session: .worker
        case .status, .control: .control
        }
    }
}

extension CoordinatorSession.Note {
    /// Whether nobody has to look after it.
    var isRoutine: Bool {
        switch self {
        case .admitted, .left, .steered, .drained, .committed, .dropped: true
        default: false
        }
    }

    /// What the operator reads; nil for what is of no interest to people.
    var line: String? {
        switch self {
        case .admitted(let worker, let host, _, let slots):
            "\(worker) on \(host) joined with \(slots) slot\(slots == 1 ? "" : "s")"
        case .refused(let host, let refusal): "refused a worker on \(host): \(refusal.message)"
        case .lost(let worker): "\(worker) is lost; its tasks go to others"
        case .left(let worker): "\(worker) left"
        case .attemptFailed(let failure, let worker, let givenUp):
            "task \(failure.task), attempt \(failure.attempt) failed on \(worker) (\(failure.failureClass.name)): "
                + failure.summary + (givenUp ? "; it is given up" : "")
        case .isolated(let task, let reason): "task \(task) runs alone from now on: \(reason)"
        case .quarantined(let explanation): explanation
        case .hostDrained(let reason): "\(reason): that host is not used for a while"
        case .hostUsedAgain(let host): "\(host) is used again, because no other host is left"
        case .stopped(let reason): "the run stops: \(reason)"
        case .conflict(let task, let shard, let worker):
            "two results of task \(task) differ (the second one by \(worker) in shard \(shard)); its point is stopped, both are kept, and 'phasemap verify' shows them with their hosts"
        case .committed: nil
        case .shardRefused(_, let worker, let reason): "refused a shard of \(worker): \(reason)"
        case .resultsLost(let worker, let tasks, let reason):
            "\(worker) lost the results of \(tasks) task\(tasks == 1 ? "" : "s"), which are computed again: \(reason)"
        case .checkpointStored: nil
        case .checkpointRefused(let task, let reason): "a checkpoint of task \(task) is not used: \(reason)"
        case .storageFailing(let reason): "shards cannot be stored, results wait at the workers: \(reason)"
        case .steered(let origin, let cancelled, let retried):
            (cancelled > 0
                ? "\(origin.who) cancelled \(cancelled) tasks" : "\(origin.who) lets \(retried) tasks be tried again")
                + (origin.reason.isEmpty ? "" : ": \(origin.reason)")
        case .drained(let worker): "\(worker) takes no more tasks"
        case .dropped, .foreignKey: nil
        }
    }
}
