internal import OrderedCollections
internal import SweepGrid

extension CoordinatorSession {
    /// Describes the run to an agent, or says why it cannot take part.
    mutating func greet(_ hello: Hello, _ route: Route) {
        if let refusal = refusal(ofProtocol: hello.protocolVersion) {
            return refuse(refusal, hello.host, route)
        }
        effects.append(.send(CoordinatorEnvelope(worker: nil, sequence: 0, acknowledged: 0, .describe(run)), to: route))
    }

    /// Admits an agent under a new worker ID, or says why not. A registration that is repeated gets the same answer.
    mutating func register(_ registration: Registration, _ route: Route, _ key: String?) {
        if let worker = registrations[route], let peer = peers[worker], peer.registration == registration,
            peer.key == key
        {
            // While the journal does not have the registration yet, the answer is under way.
            if let welcome = peer.welcome { sendUnnumbered(.welcome(welcome), to: worker) }
            return
        }
        // A connection that registers in a loop is not answered each time: every registration is a fact.
        if let former = registrations[route].flatMap({ peers[$0] }),
            now < former.registeredAt + policy.registrationInterval
        {
            return
        }
        // Too late for this coordinator, but not for the next one: the agent keeps its results and asks again.
        if isFinished, !scheduler.isComplete, registration.bringsWork { return }
        if let refusal = refusal(of: registration) { return refuse(refusal, registration.host, route) }
        let worker = scheduler.nextWorker
        // An agent that did not get its welcome and registers anew replaces the worker that it was to be.
        // Nobody replaces the worker of another key; one of the time before a restart has none yet.
        let formers = [registration.replacing, registrations[route]].compactMap { $0 }.filter {
            peers[$0].map { $0.key == key } ?? true
        }
        // One that was lost is named too, so that no task is blamed for it.
        let former = formers.first { scheduler.isMember($0) } ?? formers.first
        peers[worker] = Peer(
            route: route, link: Link(resendDelay: policy.resendDelay), registration: registration, key: key,
            registeredAt: now)
        registrations[route] = worker
        effects.append(
            .note(
                .admitted(worker, host: registration.host, build: registration.build, slots: registration.slots)))
        schedule(
            .registered(
                worker,
                Scheduler.Membership(
                    slots: registration.slots, host: registration.host, replacing: former,
                    unfinished: registration.unfinished, held: registration.held)))
        // It comes to deliver, and then leaves like those that were here when the run was stopped.
        if isStopping { after(.order(.drain, worker)) }
    }

    private mutating func refuse(_ refusal: Refusal, _ host: String, _ route: Route) {
        effects.append(.note(.refused(host: host, refusal)))
        effects.append(
            .send(CoordinatorEnvelope(worker: nil, sequence: 0, acknowledged: 0, .refuse(refusal)), to: route))
    }

    private func refusal(ofProtocol version: Int) -> Refusal? {
        guard version != protocolVersion else { return nil }
        return Refusal(
            .protocolVersion,
            "the coordinator speaks protocol \(protocolVersion), this worker \(version); start the worker with the "
                + "coordinator's release")
    }

    private func refusal(of registration: Registration) -> Refusal? {
        if let refusal = refusal(ofProtocol: registration.protocolVersion) { return refusal }
        if scheduler.isComplete || (isStopping || isFinished) && !registration.bringsWork {
            return Refusal(.finished, "the run is complete or was stopped; no worker is needed")
        }
        guard registration.experiment == run.experiment, registration.version == run.version else {
            return Refusal(
                .experiment,
                "the run computes \(run.experiment) version \(run.version), this worker \(registration.experiment) "
                    + "version \(registration.version); start the worker from the same build")
        }
        guard registration.run == run.run else {
            return Refusal(
                .run, "the coordinator runs \(run.run), this worker was prepared for \(registration.run); restart it")
        }
        guard registration.probe == run.probe || run.probe == nil else {
            return Refusal(
                .probe,
                "the probe task gives \(registration.probe.map(\.description) ?? "nothing") on this worker and "
                    + "\(run.probe.map(\.description) ?? "nothing") in the run; use the same libraries and kernels")
        }
        guard (1...policy.slotLimit).contains(registration.slots) else {
            return Refusal(
                .slots, "a worker has 1 to \(policy.slotLimit) slots, this one has \(registration.slots)")
        }
        if !registration.bringsWork, scheduler.hasOtherHost(than: registration.host),
            let reason = scheduler.drainReason(ofHost: registration.host, at: now)
        {
            return Refusal(
                .host, "this host is not used for a while, because \(reason); repair it and start the worker later")
        }
        return nil
    }

    /// Follows a fact: forgets workers that are gone, and tells the operator.
    mutating func follow(_ fact: Fact) {
        switch fact {
        case .workerRegistered(_, _, let replacing):
            if let replacing { forget(replacing) }
        case .workerLost(let worker):
            forget(worker)
            effects.append(.note(.lost(worker)))
        case .workerLeft(let worker):
            forget(worker)
            effects.append(.note(.left(worker)))
        case .attemptFailed(let failure, let worker, let retryAt):
            effects.append(.note(.attemptFailed(failure, worker, givenUp: retryAt == .never)))
        case .shardCommitted(let contents, let worker):
            let count = contents.tasks.reduce(0) { $0 + $1.count }
            effects.append(.note(.committed(contents.digest, worker, tasks: count)))
            adaptShardTarget()
        case .shardsCompacted(_, let replaced): after(.remove(replaced))
        case .resultConflict(let task, _, _, let shard, let worker):
            effects.append(.note(.conflict(task: task, shard: shard, worker)))
        case .checkpointStored(let checkpoint, let worker):
            effects.append(.note(.checkpointStored(checkpoint, worker)))
        case .taskIsolated(let task, _, let reason): effects.append(.note(.isolated(task: task, reason: reason)))
        case .taskQuarantined(_, let explanation): effects.append(.note(.quarantined(explanation: explanation)))
        case .hostDrained(let host, let until, let reason, _):
            effects.append(.note(until > now ? .hostDrained(reason: reason) : .hostUsedAgain(host: host)))
        case .workerDrained(let worker):
            effects.append(.note(.drained(worker)))
        case .tasksCancelled(let tasks, let origin):
            effects.append(.note(.steered(origin, cancelled: tasks.reduce(0) { $0 + $1.count }, retried: 0)))
        case .tasksRetried(let tasks, let origin):
            effects.append(.note(.steered(origin, cancelled: 0, retried: tasks.reduce(0) { $0 + $1.count })))
        case .leaseGranted, .leaseReturned, .workerNamed, .checkpointDropped, .conflictsVoid:
            break
        }
    }

    private mutating func forget(_ worker: WorkerID) {
        guard let peer = peers.removeValue(forKey: worker) else { return }
        if registrations[peer.route] == worker { registrations[peer.route] = nil }
        abandonUploads(of: worker)
        finishIfStopped()
    }

    /// Does what an operator wants, unless the run is about to end.
    mutating func control(_ request: ControlRequest, _ route: Route) {
        guard !isFinished else { return after(.reply(ControlReply(request.origin.request, .ending), route)) }
        asker = route
        schedule(.controlled(request))
        asker = nil
    }

    /// Drains all workers, and admits no more but those that have something to deliver.
    mutating func stop() {
        guard !isStopping else { return }
        isStopping = true
        for worker in peers.keys { sendNumbered(.drain, to: worker) }
        finishIfStopped()
    }

    /// Stops the run when more tasks were given up than the policy allows.
    mutating func stopAfterFailures() {
        guard let limit = policy.failedTaskLimit, !isStopping, !isFinished, !scheduler.isComplete else { return }
        let failed = scheduler.progress.failed
        guard failed > limit else { return }
        let reason = "\(failed) task\(failed == 1 ? " has" : "s have") failed, \(limit) may"
        stopReason = reason
        effects.append(.note(.stopped(reason: reason)))
        stop()
    }

    /// Ends a stopped run as soon as everybody has left and nothing is on its way to the disk.
    mutating func finishIfStopped() {
        guard isStopping, peers.isEmpty, uploads.isEmpty, !isFinished else { return }
        after(.complete)
    }
}
