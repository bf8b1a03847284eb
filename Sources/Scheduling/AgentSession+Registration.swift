internal import OrderedCollections
internal import SweepGrid

extension AgentSession {
    mutating func begin() {
        guard phase == .idle else { return }
        beganAt = now
        greet(tries: 0)
    }

    /// Asks what the run is, again and again with growing pauses.
    mutating func greet(tries: Int) {
        if case .member = phase {
            for case .failed(let failure) in link.unsettled { remember(failure) }
        }
        phase = .greeting(tries: tries)
        retryAt = now + pause(tries)
        send(.hello(Hello(protocolVersion: protocolVersion, host: host, build: build)))
    }

    /// Keeps a failure until it can be reported; of very many only the first lines.
    mutating func remember(_ failure: AttemptFailure) {
        let isShort = unreported.count < Self.unreportedTexts
        unreported[failure.task] =
            isShort
            ? failure
            : AttemptFailure(
                task: failure.task, attempt: failure.attempt, failure.failureClass, message: failure.summary)
    }

    /// The failures that are remembered with their logs.
    private static let unreportedTexts = 1_024

    /// Reports what failed while there was no coordinator, as far as the attempts are still this agent's.
    private mutating func reportFailures(of adopted: [Lease]) {
        let runs = adopted.flatMap(\.runs)
        for failure in unreported.values
        where runs.contains(where: { $0.attempt == failure.attempt && $0.tasks.contains(failure.task) }) {
            sendNumbered(.failed(failure))
        }
        unreported = [:]
    }

    /// A pause that doubles with each try and is stretched by chance, so that a thousand agents do not come at once.
    private mutating func pause(_ tries: Int) -> Duration {
        let base = min(policy.registrationDelay * (1 << min(tries, 10)), policy.registrationDelayLimit)
        return base + base * random.next()
    }

    /// Gets ready for the run, or registers at once when that was done before.
    mutating func described(_ description: RunDescription) {
        guard case .greeting = phase else { return }
        if let run {
            guard run.run == description.run else {
                return exit(
                    .failed(reason: "the coordinator runs \(description.run), this worker computed for \(run.run)"))
            }
            return register()
        }
        run = description
        phase = .preparing
        retryAt = .never
        effects.append(.prepare(description))
    }

    mutating func prepared(_ probe: Digest?) {
        guard phase == .preparing else { return }
        self.probe = probe
        for slot in slots.indices { slots[slot].state = .down(until: now) }
        register()
    }

    /// Asks to be admitted, with everything that the agent has.
    private mutating func register() {
        guard let run else { return }
        let registration = Registration(
            protocolVersion: protocolVersion, experiment: run.experiment, version: run.version, run: run.run,
            probe: probe, slots: slots.count, host: host, build: build, replacing: worker,
            unfinished: unfinishedRuns()
                + unreported.values.map { TaskRun($0.task..<$0.task + 1, attempt: $0.attempt) },
            held: shards.held)
        register(registration, tries: 0)
    }

    private mutating func register(_ registration: Registration, tries: Int) {
        phase = .registering(registration, tries: tries)
        retryAt = now + pause(tries)
        send(.register(registration))
    }

    /// Goes on under a new worker ID with what the coordinator leaves to the agent.
    mutating func welcomed(_ welcome: Welcome, as worker: WorkerID) {
        guard case .registering(let registration, _) = phase else { return }
        phase = .member(worker)
        self.worker = worker
        retryAt = .never
        link = Link(resendDelay: policy.resendDelay)
        heartbeatInterval = max(.milliseconds(10), min(welcome.heartbeatInterval, .seconds(3_600)))
        silenceLimit = heartbeatInterval * max(1, min(welcome.liveness, 1_000))
        lastHeard = now
        nextHeartbeat = now + heartbeatInterval
        isFlushing = false
        computed = []
        computedSince = nil
        replaceLeases(by: welcome.adopted)
        reportFailures(of: welcome.adopted)
        shards.announceAgain()
        announceCheckpointsAgain()
        // What the registration promised may have been lost with a disk while it was under way.
        var missing = TaskSet(registration.held.map(\.tasks))
        for range in shards.heldTasks.ranges { missing.remove(range) }
        if !missing.isEmpty {
            sendNumbered(.resultsLost(tasks: missing.ranges, reason: "the results were lost while registering"))
        }
        if let drainReason {
            sendNumbered(.draining(reason: drainReason))
            giveBackAll()
        } else if shards.isStuck {
            giveBackAll()
        } else {
            sendNumbered(.request(leases: slots.count * policy.leasesPerSlot))
        }
    }

    mutating func refused(_ refusal: Refusal) {
        switch phase {
        case .greeting, .registering: exit(refusal.reason == .finished ? .finished : .refused(refusal))
        case .idle, .preparing, .member, .ended: break
        }
    }

    /// Believes the coordinator gone after a long silence, and repeats what was not answered.
    mutating func checkSilence() {
        switch phase {
        case .greeting(let tries) where retryAt <= now:
            effects.append(.reconnect)
            greet(tries: tries + 1)
        case .registering(let registration, let tries) where retryAt <= now:
            // The coordinator may have been restarted on another run: after some tries the agent begins anew.
            if tries < 3 {
                register(registration, tries: tries + 1)
            } else {
                effects.append(.reconnect)
                greet(tries: tries)
            }
        case .member where lastHeard + silenceLimit <= now:
            effects.append(.note("the coordinator is silent; the slots go on and the agent registers again"))
            effects.append(.reconnect)
            greet(tries: 0)
        default:
            break
        }
    }
}
