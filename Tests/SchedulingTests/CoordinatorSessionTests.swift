import Scheduling
import SweepGrid
import Testing

/// Transcripts of the coordinator's side.
struct CoordinatorSessionTests {
    let run = RunDescription(experiment: "toy", version: 2, run: shard(200), document: [1, 2], probe: shard(201))
    let route = Route([1])

    func registration(_ change: (inout Registration) -> Void = { _ in }) -> Registration {
        var registration = Registration(
            protocolVersion: protocolVersion, experiment: "toy", version: 2, run: shard(200), probe: shard(201),
            slots: 1,
            host: "a", build: shard(202))
        change(&registration)
        return registration
    }

    func session(tasks: Int = 4, policy: Policy = Policy()) -> CoordinatorSession {
        CoordinatorSession(run: run, scheduler: Scheduler(tasks: tasks, policy: policy), at: .zero)
    }

    func message(_ message: WorkerMessage, sequence: UInt64 = 0) -> CoordinatorSession.Event {
        let isStranger = if case .register = message { true } else if case .hello = message { true } else { false }
        return .received(
            WorkerEnvelope(worker: isStranger ? nil : w1, sequence: sequence, acknowledged: 0, message), from: route)
    }

    func answer(_ message: CoordinatorMessage, sequence: UInt64 = 0, acknowledged: UInt64 = 0)
        -> CoordinatorSession.Effect
    {
        .send(CoordinatorEnvelope(worker: w1, sequence: sequence, acknowledged: acknowledged, message), to: route)
    }

    func sends(_ effects: [CoordinatorSession.Effect]) -> [CoordinatorMessage] {
        effects.compactMap { if case .send(let envelope, _) = $0 { envelope.message } else { nil } }
    }

    /// A session with one admitted worker.
    func admitted(tasks: Int = 4, policy: Policy = Policy()) -> CoordinatorSession {
        var session = session(tasks: tasks, policy: policy)
        _ = session.handle(message(.register(registration())), at: .zero)
        _ = session.handle(.journaled(count: 1), at: .zero)
        return session
    }

    /// Scenario 23: a worker that comes back while the run is being stopped delivers like those that were there.
    @Test func aStoppingRunTakesTheResultsOfWhoeverComesBack() {
        var session = admitted()
        #expect(sends(session.handle(.stop, at: .seconds(1))) == [.drain])
        let returning = registration { $0.held = [TaskRun(0..<2, attempt: 1)] }
        func register(_ registration: Registration, from place: UInt8) -> [CoordinatorSession.Effect] {
            session.handle(
                .received(
                    WorkerEnvelope(worker: nil, sequence: 0, acknowledged: 0, .register(registration)),
                    from: Route([place])), at: .seconds(2))
        }
        let refusals = sends(register(registration(), from: 2)).map {
            if case .refuse(let refusal) = $0 { refusal.reason } else { Refusal.Reason?.none }
        }
        #expect(refusals == [.finished])
        #expect(sends(register(returning, from: 3)) == [])
        let welcomed = sends(session.handle(.journaled(count: 9), at: .seconds(2)))
        #expect(welcomed.count == 2)
        #expect(welcomed.last == .drain)
        // Once it is over nobody is told to throw results away.
        _ = session.handle(message(.goodbye, sequence: 1), at: .seconds(3))
        _ = session.handle(
            .received(
                WorkerEnvelope(worker: WorkerID(2), sequence: 1, acknowledged: 0, .goodbye), from: Route([3])),
            at: .seconds(3))
        #expect(session.handle(.journaled(count: 99), at: .seconds(3)).contains(.finished))
        #expect(register(returning, from: 4) == [])
    }

    /// Scenario 35: a message that names each task ten thousand times is dropped before anybody looks at each.
    @Test func aMessageThatNamesTooManyTasksIsDropped() {
        var session = admitted(tasks: 100_000)
        let run = TaskRun(0..<100_000, attempt: 1)
        let many = Array(repeating: run, count: 100_000)
        let dropped = CoordinatorSession.Effect.note(.dropped(.malformed(w1)))
        expect(
            session.handle(
                message(.finished(many.map { FinishedRun($0, duration: .zero) }), sequence: 1), at: .zero),
            is: [dropped])
        expect(
            session.handle(message(.resultsLost(tasks: many.map(\.tasks), reason: "x"), sequence: 2), at: .zero),
            is: [dropped])
        let registration = registration {
            $0.replacing = w1
            $0.unfinished = many
        }
        expect(session.handle(message(.register(registration)), at: .zero), is: [dropped])
        #expect(session.violations() == [])
    }

    @Test func aConnectionRegistersAtMostOnceASecond() {
        var session = admitted()
        let other = message(.register(registration { $0.slots = 2 }))
        expect(session.handle(other, at: .seconds(0.5)), is: [])
        #expect(session.handle(other, at: .seconds(1)).contains { $0.isFact })
    }

    @Test func aGreetingIsAnsweredWithTheRun() {
        var session = session()
        let hello = Hello(protocolVersion: protocolVersion, host: "a", build: shard(202))
        expect(
            session.handle(message(.hello(hello)), at: .zero),
            is: [.send(CoordinatorEnvelope(worker: nil, sequence: 0, acknowledged: 0, .describe(run)), to: route)])
    }

    /// Scenario 36: whoever does not fit is refused with the reason, and the coordinator keeps serving.
    @Test func whoeverDoesNotFitIsRefusedWithTheReason() {
        var session = session()
        let misfits: [(Refusal.Reason, (inout Registration) -> Void)] = [
            (.protocolVersion, { $0.protocolVersion = 99 }), (.experiment, { $0.version = 3 }),
            (.experiment, { $0.experiment = "other" }), (.run, { $0.run = shard(1) }), (.probe, { $0.probe = nil }),
            (.probe, { $0.probe = shard(2) }), (.slots, { $0.slots = 0 }), (.slots, { $0.slots = Int.max }),
        ]
        for (reason, change) in misfits {
            let answers = sends(session.handle(message(.register(registration(change))), at: .zero))
            let reasons: [Refusal.Reason?] = answers.map {
                if case .refuse(let refusal) = $0 { refusal.reason } else { nil }
            }
            #expect(reasons == [reason])
        }
        var old = Hello(protocolVersion: 0, host: "a", build: shard(202))
        #expect(sends(session.handle(message(.hello(old)), at: .zero)).count == 1)
        old.protocolVersion = protocolVersion
        #expect(sends(session.handle(message(.hello(old)), at: .zero)) == [.describe(run)])
    }

    /// The welcome waits for the journal, and a repeated registration gets the same one.
    @Test func aWorkerIsWelcomedOnceTheJournalKnowsIt() {
        var session = session()
        expect(
            session.handle(message(.register(registration())), at: .zero),
            is: [
                .note(.admitted(w1, host: "a", build: shard(202), slots: 1)),
                .journal([.workerRegistered(w1, slots: 1, replacing: nil)]),
            ])
        expect(session.handle(message(.register(registration())), at: .zero), is: [])
        let welcome = answer(.welcome(Welcome(heartbeatInterval: .seconds(2), liveness: 4, adopted: [])))
        expect(session.handle(.journaled(count: 1), at: .zero), is: [welcome])
        expect(session.handle(message(.register(registration())), at: .zero), is: [welcome])
    }

    @Test func aLeaseWaitsForTheJournalAndIsRepeatedUntilAcknowledged() {
        var session = admitted(tasks: 1)
        let lease = Lease(LeaseID(1), to: w1, runs: [TaskRun(0..<1, attempt: 1)])
        expect(
            session.handle(message(.request(leases: 1), sequence: 1), at: .seconds(1)),
            is: [.journal([.leaseGranted(lease)])])
        #expect(session.nextDeadline == .seconds(1.05))
        // The lease carries the acknowledgement along.
        expect(
            session.handle(.journaled(count: 2), at: .seconds(1)),
            is: [
                answer(.lease(lease), sequence: 1, acknowledged: 1), answer(.flush, sequence: 2, acknowledged: 1),
            ])
        expect(
            session.handle(message(.request(leases: 1), sequence: 1), at: .seconds(2)),
            is: [
                answer(.heartbeat, acknowledged: 1)
            ])
        #expect(session.nextDeadline == .seconds(3))
        expect(
            session.handle(.tick, at: .seconds(3)),
            is: [
                answer(.lease(lease), sequence: 1, acknowledged: 1), answer(.flush, sequence: 2, acknowledged: 1),
            ])
    }

    /// Scenario 29: a stranger is told to register, whatever it says.
    @Test func aStrangerIsToldToRegister() {
        var session = session()
        for stranger in [WorkerMessage.heartbeat(running: [1]), .goodbye, .request(leases: 1), .finished([])] {
            expect(session.handle(message(stranger, sequence: 5), at: .zero), is: [answer(.registerAgain)])
        }
    }

    @Test func theProgressOfRunningTasksIsThatOfTheLastHeartbeat() {
        var session = admitted()
        let progress = [TaskProgress(task: 3, fraction: 0.5), TaskProgress(task: 2, fraction: 0.25)]
        _ = session.handle(message(.heartbeat(running: [3, 2], progress: progress)), at: .seconds(1))
        // The worker has one slot, so it computes one task at a time.
        #expect(session.progress(atMost: 9) == [progress[0]])
        _ = session.handle(message(.heartbeat(running: [2], progress: [progress[1]])), at: .seconds(2))
        #expect(session.progress(atMost: 9) == [progress[1]])
        #expect(session.progress(atMost: 0) == [])
        _ = session.handle(message(.goodbye, sequence: 1), at: .seconds(3))
        #expect(session.progress(atMost: 9) == [])
    }

    /// Scenario 1: a restart that completes the run by adopting its last shard ends it at once, and nothing is computed.
    @Test func aRestartedCoordinatorThatFindsTheLastShardIsDone() {
        var scheduler = Scheduler(tasks: 4)
        let facts = scheduler.adopt(contents(1, [0..<4]), at: .zero)
        #expect(facts == [.shardCommitted(contents(1, [0..<4]), worker: WorkerID(0))])
        var session = CoordinatorSession(run: admitted().run, scheduler: scheduler, at: .zero)
        #expect(session.handle(.tick, at: .zero) == [.finished])
        #expect(session.handle(.tick, at: .seconds(1)) == [])
    }

    @Test func aStoppedRunDrainsItsWorkersAndEnds() {
        var session = admitted()
        expect(session.handle(.stop, at: .zero), is: [answer(.drain, sequence: 1)])
        let answers = sends(session.handle(message(.register(registration())), at: .zero))
        #expect(answers.count == 1)
        let effects = session.handle(message(.goodbye, sequence: 1), at: .zero)
        #expect(effects.contains(.journal([.workerLeft(w1)])))
        #expect(!effects.contains(.finished))
        expect(session.handle(.journaled(count: 2), at: .zero), is: [.finished])
    }

    /// Scenario 35: nothing that a worker can say traps, contradicts itself, or keeps honest workers from finishing.
    @Test(arguments: 0..<UInt64(20))
    func randomMessagesAreHarmless(seed: UInt64) {
        var stream = RandomStream(key: seed, highCounter: 12)
        var policy = Policy()
        policy.chunkSize = 4
        policy.uploadWindow = 16
        var session = admitted(tasks: 10, policy: policy)
        var now = Instant.zero
        for _ in 0..<200 {
            now = now + .milliseconds(Int.random(in: 0...1_500, using: &stream))
            _ = session.handle(randomEvent(&stream), at: now)
            let violations = session.violations() + session.scheduler.violations()
            #expect(violations == [])
            guard violations.isEmpty else { return }
        }
    }

    private func randomEvent(_ stream: inout RandomStream) -> CoordinatorSession.Event {
        func number() -> Int {
            let odd = [Int.min, Int.max, -1]
            return Int.random(in: 0..<15, using: &stream) == 0
                ? odd[Int.random(in: 0..<3, using: &stream)] : Int.random(in: 0..<12, using: &stream)
        }
        func range() -> Range<Int> {
            let lower = number()
            return lower..<(lower < Int.max - 5 ? lower + Int.random(in: 0...3, using: &stream) : lower)
        }
        func run() -> TaskRun { TaskRun(range(), attempt: number()) }
        let name = shard(UInt8(Int.random(in: 0..<4, using: &stream)))
        let events: [WorkerMessage] = [
            .register(
                registration {
                    $0.slots = number(); $0.held = [run()]; $0.unfinished = [run(), run()]
                }),
            .register(registration { $0.replacing = w1 }),
            .heartbeat(running: [number()]), .request(leases: number()), .request(leases: 2),
            .finished([FinishedRun(run(), duration: .seconds(number())), FinishedRun(run(), duration: .zero)]),
            .failed(AttemptFailure(task: number(), attempt: number(), .error, message: "x")),
            .returned(LeaseID(UInt32(clamping: number())), tasks: [range()]),
            .announce(ShardAnnouncement(digest: name, byteCount: number(), tasks: [range(), range()])),
            .chunk(ShardChunk(digest: name, offset: number(), bytes: [1, 2, 3, 4])),
            .chunk(ShardChunk(digest: name, offset: 0, bytes: [1, 2, 3, 4])),
            .resultsLost(tasks: [range()], reason: "x"), .draining(reason: "x"), .goodbye,
            .announceCheckpoint(Checkpoint(task: number(), attempt: number(), digest: name, byteCount: number())),
            .announceCheckpoint(Checkpoint(task: number(), attempt: 1, digest: name, byteCount: 4)),
            .withdrawCheckpoint(name, task: number(), isDamaged: number() == 1),
            .fetchCheckpoint(name, task: number(), offset: number(), count: number()),
        ]
        switch Int.random(in: 0..<24, using: &stream) {
        case 0: return .chunkWritten(name, offset: number())
        case 1: return .chunkWritten(name, offset: 0)
        case 2: return .commit(name, .stored)
        case 3: return .commit(name, .failed(reason: "x"))
        case 4: return .commit(name, .verified(ShardContents(digest: name, tasks: [0..<1], fingerprints: [1])))
        case 5: return .journaled(count: number())
        case 6: return .journaled(count: 1_000)
        case 7: return .checkpointStored(name)
        case 8: return .checkpointNotStored(name, reason: "x")
        case 9: return .commit(name, .lost(reason: "x"))
        default:
            let worker = WorkerID(UInt32(Int.random(in: 0...4, using: &stream)))
            let sequence = UInt64(Int.random(in: 0...20, using: &stream))
            return .received(
                WorkerEnvelope(
                    worker: worker, sequence: sequence, acknowledged: UInt64(Int.random(in: 0...9, using: &stream)),
                    events[Int.random(in: 0..<events.count, using: &stream)]),
                from: Route([UInt8(Int.random(in: 0..<3, using: &stream))]))
        }
    }
}

extension CoordinatorSession.Effect {
    var isFact: Bool { if case .journal = self { true } else { false } }
}
