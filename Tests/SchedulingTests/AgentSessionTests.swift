import Scheduling
import SweepGrid
import Testing

/// Transcripts of the worker's side.
struct AgentSessionTests {
    let run = RunDescription(experiment: "toy", version: 2, run: shard(200), document: [], probe: shard(201))

    private func agent(slots: Int = 1, policy: Policy = Policy()) -> AgentSession {
        AgentSession(host: "a", build: shard(202), slots: slots, seed: 1, policy: policy)
    }

    private func from(
        _ message: CoordinatorMessage, sequence: UInt64 = 0, acknowledged: UInt64 = 0, worker: WorkerID? = w1
    ) -> AgentSession.Event {
        .received(CoordinatorEnvelope(worker: worker, sequence: sequence, acknowledged: acknowledged, message))
    }

    private func sends(_ effects: [AgentSession.Effect]) -> [WorkerMessage] {
        effects.compactMap { if case .send(let envelope) = $0 { envelope.message } else { nil } }
    }

    private let welcome = Welcome(heartbeatInterval: .seconds(2), liveness: 4, adopted: [])

    /// An agent that is admitted as worker 1 with its slots up.
    private func admitted(slots: Int = 1, policy: Policy = Policy()) -> AgentSession {
        var agent = agent(slots: slots, policy: policy)
        _ = agent.handle(.begin, at: .zero)
        _ = agent.handle(from(.describe(run), worker: nil), at: .zero)
        _ = agent.handle(.prepared(probe: shard(201)), at: .zero)
        _ = agent.handle(from(.welcome(welcome)), at: .zero)
        for slot in 0..<slots { _ = agent.handle(.slot(slot, [.ready]), at: .zero) }
        return agent
    }

    @Test func anAgentGreetsPreparesRegistersAndAsksForWork() {
        var agent = agent(slots: 2)
        let hello = WorkerMessage.hello(Hello(protocolVersion: protocolVersion, host: "a", build: shard(202)))
        expect(sends(agent.handle(.begin, at: .zero)), is: [hello])
        expect(agent.handle(from(.describe(run), worker: nil), at: .zero), is: [.prepare(run)])
        let registration = Registration(
            protocolVersion: protocolVersion, experiment: "toy", version: 2, run: shard(200), probe: shard(201),
            slots: 2,
            host: "a", build: shard(202))
        expect(
            agent.handle(.prepared(probe: shard(201)), at: .zero),
            is: [
                .send(WorkerEnvelope(worker: nil, sequence: 0, acknowledged: 0, .register(registration))),
                .startSlot(0), .startSlot(1),
            ])
        expect(
            agent.handle(from(.welcome(welcome)), at: .zero),
            is: [.send(WorkerEnvelope(worker: w1, sequence: 1, acknowledged: 0, .request(leases: 4)))])
        expect(agent.handle(from(.welcome(welcome), worker: w2), at: .zero), is: [])
    }

    /// Lesson 21: registrations are repeated with growing, random pauses, so that a thousand agents do not come at
    /// once.
    @Test func anUnansweredGreetingIsRepeatedWithGrowingPauses() {
        var agent = agent()
        _ = agent.handle(.begin, at: .zero)
        var pauses: [Duration] = []
        var now = Instant.zero
        for _ in 0..<8 {
            guard let next = agent.nextDeadline else { break }
            pauses.append(next - now)
            now = next
            #expect(agent.handle(.tick, at: now).first == .reconnect)
        }
        for (index, pause) in pauses.enumerated() {
            let base = min(Duration.milliseconds(500) * (1 << index), .seconds(10))
            #expect(base <= pause && pause <= base * 2)
        }
        #expect(pauses.count == 8)
    }

    @Test func aLeaseGoesToTheSlotAndItsResultsIntoAShard() {
        var agent = admitted()
        let lease = Lease(LeaseID(1), to: w1, runs: [TaskRun(3..<5, attempt: 1)])
        expect(
            agent.handle(from(.lease(lease), sequence: 1, acknowledged: 1), at: .zero),
            is: [.command(0, .compute([TaskRun(3..<4, attempt: 1)]))])
        // Nothing else carries the acknowledgement along.
        #expect(agent.nextDeadline == .seconds(0.05))
        expect(
            agent.handle(.tick, at: .seconds(0.05)),
            is: [.send(WorkerEnvelope(worker: w1, sequence: 0, acknowledged: 1, .heartbeat(running: [])))])
        let first = SlotResult(task: 3, duration: .seconds(1), byteCount: 8)
        expect(
            agent.handle(.slot(0, [.started(task: 3), .finished(first)]), at: .seconds(1)),
            is: [
                .keepResult(task: 3, slot: 0, shard: 1), .command(0, .compute([TaskRun(4..<5, attempt: 1)])),
            ])
        let second = SlotResult(task: 4, duration: .seconds(1), byteCount: 8)
        let finished = FinishedRun(TaskRun(3..<5, attempt: 1), duration: .seconds(2))
        let effects = agent.handle(.slot(0, [.started(task: 4), .finished(second)]), at: .seconds(1.4))
        #expect(effects.first == .keepResult(task: 4, slot: 0, shard: 1))
        #expect(sends(effects) == [.finished([finished])])
        expect(agent.handle(from(.flush, sequence: 2), at: .seconds(1.5)).first, is: .closeShard(1))
        let announcement = ShardAnnouncement(digest: shard(1), byteCount: 99, tasks: [3..<5])
        expect(
            sends(agent.handle(.shardClosed(1, shard(1), byteCount: 99), at: .seconds(1.6))),
            is: [.announce(announcement)])
        expect(
            agent.handle(from(.sendChunk(shard(1), offset: 0, count: 99)), at: .seconds(1.7)),
            is: [.sendChunk(w1, shard(1), offset: 0, count: 99, acknowledged: 2)])
        #expect(
            agent.handle(from(.settled(shard(1), .committed), sequence: 3), at: .seconds(1.8)).first
                == .deleteShard(shard(1)))
        #expect(agent.violations() == [])
    }

    /// A slot that dies is blamed on the task it had announced; the rest of its lease is computed by the next process.
    @Test func aCrashIsBlamedOnTheAnnouncedTask() {
        var policy = Policy()
        policy.batchLimit = 1
        var agent = admitted(policy: policy)
        let lease = Lease(LeaseID(1), to: w1, runs: [TaskRun(0..<3, attempt: 2)])
        _ = agent.handle(from(.lease(lease), sequence: 1), at: .zero)
        _ = agent.handle(.slot(0, [.started(task: 0)]), at: .zero)
        let effects = agent.handle(.slotExited(0, status: "signal SIGSEGV"), at: .seconds(1))
        let message = "the slot process ended (signal SIGSEGV) while it computed task 0"
        #expect(sends(effects) == [.failed(AttemptFailure(task: 0, attempt: 2, .crash, message: message))])
        #expect(effects.contains(.startSlot(0)))
        expect(
            agent.handle(.slot(0, [.ready]), at: .seconds(1)),
            is: [.command(0, .compute([TaskRun(1..<2, attempt: 2)]))])
        #expect(agent.violations() == [])
    }

    /// Scenario 24: a slot that never starts is not started for ever; the agent ends with the reason.
    @Test func aSlotThatNeverStartsEndsTheAgent() {
        var agent = admitted()
        var now = Instant.zero
        var effects: [AgentSession.Effect] = []
        for _ in 0..<5 {
            now = now + .seconds(1)
            effects = agent.handle(.slotExited(0, status: "exit code 127"), at: now)
            now = now + .seconds(5)
            effects += agent.handle(from(.heartbeat, acknowledged: 9), at: now)
            effects += agent.handle(.tick, at: now)
        }
        effects += agent.handle(from(.heartbeat, acknowledged: 2), at: now)
        let reason = "slot 0 ended 5 times before it began a task, the last time by exit code 127"
        #expect(effects.last == .exit(.failed(reason: reason)))
    }

    @Test func whatNoSlotWasGivenCanBeGivenBackAtOnce() {
        var agent = admitted()
        let lease = Lease(LeaseID(1), to: w1, runs: [TaskRun(0..<9, attempt: 1)])
        _ = agent.handle(from(.lease(lease), sequence: 1), at: .zero)
        expect(
            sends(agent.handle(from(.retract(LeaseID(1)), sequence: 2), at: .zero)),
            is: [.returned(LeaseID(1), tasks: [1..<9])])
        expect(
            sends(agent.handle(from(.retract(LeaseID(7)), sequence: 3), at: .zero)),
            is: [.returned(LeaseID(7), tasks: [])])
    }

    /// Scenario 23: while the coordinator is silent the slots go on; then the agent registers with what it has.
    @Test func anAgentThatLostItsCoordinatorKeepsComputingAndRegistersAgain() {
        var agent = admitted()
        let lease = Lease(LeaseID(1), to: w1, runs: [TaskRun(0..<3, attempt: 1)])
        _ = agent.handle(from(.lease(lease), sequence: 1), at: .zero)
        #expect(agent.handle(.tick, at: .seconds(8)).contains(.reconnect))
        let result = SlotResult(task: 0, duration: .seconds(9), byteCount: 8)
        expect(
            agent.handle(.slot(0, [.started(task: 0), .finished(result), .started(task: 1)]), at: .seconds(8.1)),
            is: [.keepResult(task: 0, slot: 0, shard: 1), .command(0, .compute([TaskRun(1..<2, attempt: 1)]))])
        let messages = sends(agent.handle(from(.describe(run), worker: nil), at: .seconds(8.2)))
        guard case .register(let registration) = messages.first else {
            Issue.record("the agent does not register: \(messages)")
            return
        }
        #expect(registration.replacing == w1)
        #expect(registration.held == [TaskRun(0..<1, attempt: 1)])
        #expect(registration.unfinished == [TaskRun(1..<2, attempt: 1), TaskRun(2..<3, attempt: 1)])
        var adopted = welcome
        adopted.adopted = [Lease(LeaseID(5), to: w2, runs: [TaskRun(1..<3, attempt: 1)])]
        let effects = agent.handle(from(.welcome(adopted), worker: w2), at: .seconds(8.3))
        #expect(sends(effects) == [.request(leases: 2)])
        #expect(agent.violations() == [])
    }

    /// Scenario 26: a drained agent gives back what is not started, delivers what it holds, and leaves.
    @Test func aDrainedAgentDeliversAndLeaves() {
        var agent = admitted()
        let lease = Lease(LeaseID(1), to: w1, runs: [TaskRun(0..<3, attempt: 1)])
        _ = agent.handle(from(.lease(lease), sequence: 1, acknowledged: 1), at: .zero)
        let drained = agent.handle(.drain(reason: "walltime"), at: .zero)
        #expect(sends(drained) == [.draining(reason: "walltime"), .returned(LeaseID(1), tasks: [1..<3])])
        #expect(drained.contains(.command(0, .stop)))
        let result = SlotResult(task: 0, duration: .seconds(1), byteCount: 8)
        var effects = agent.handle(.slot(0, [.started(task: 0), .finished(result)]), at: .seconds(1))
        effects += agent.handle(.slotExited(0, status: "exit code 0"), at: .seconds(1))
        #expect(effects.contains(.closeShard(1)))
        _ = agent.handle(.shardClosed(1, shard(1), byteCount: 8), at: .seconds(1))
        let last = agent.handle(
            from(.settled(shard(1), .committed), sequence: 2, acknowledged: 5), at: .seconds(1))
        #expect(sends(last) == [.goodbye])
        #expect(last.last == .exit(.drained))
    }

    @Test func aRefusedAgentExitsWithTheReason() {
        var agent = agent()
        _ = agent.handle(.begin, at: .zero)
        let refusal = Refusal(.protocolVersion, "other version")
        expect(agent.handle(from(.refuse(refusal), worker: nil), at: .zero), is: [.exit(.refused(refusal))])
        expect(agent.handle(.begin, at: .zero), is: [])
    }

    /// Nothing that a coordinator can say or a shell can report traps or contradicts itself.
    @Test(arguments: 0..<UInt64(20))
    func randomEventsAreHarmless(seed: UInt64) {
        var stream = RandomStream(key: seed, highCounter: 13)
        var agent = admitted(slots: 2)
        var now = Instant.zero
        var sequence: UInt64 = 0
        for _ in 0..<200 {
            now = now + .milliseconds(Int.random(in: 0...900, using: &stream))
            let task = Int.random(in: -1..<8, using: &stream)
            let slot = Int.random(in: -1..<3, using: &stream)
            let lease = LeaseID(UInt32(Int.random(in: 0..<6, using: &stream)))
            let runs = [TaskRun(task..<task + 3, attempt: Int.random(in: -1..<3, using: &stream))]
            let name = shard(UInt8(Int.random(in: 0..<3, using: &stream)))
            let messages: [CoordinatorMessage] = [
                .lease(Lease(lease, to: w1, runs: runs)), .retract(lease), .flush, .heartbeat, .registerAgain,
                .describe(run), .sendChunk(name, offset: task, count: 5), .settled(name, .committed),
                .settled(name, .refused(reason: "x")), .checkpointGone(name),
                .checkpointChunk(ShardChunk(digest: name, offset: task, bytes: [1, 2, 3])),
                .lease(
                    Lease(
                        lease, to: w1, runs: runs,
                        checkpoints: [Checkpoint(task: task, attempt: 1, digest: name, byteCount: task)])),
                .welcome(
                    Welcome(heartbeatInterval: .seconds(-1), liveness: -4, adopted: [Lease(lease, to: w1, runs: runs)])),
            ]
            let events: [AgentSession.Event] = [
                .slot(slot, [.started(task: task)]), .slot(slot, [.ready]), .slotExited(slot, status: "x"),
                .slot(slot, [.finished(SlotResult(task: task, duration: .seconds(1), byteCount: task))]),
                .slot(slot, [.failed(task: task, .error, message: "x")]),
                .slot(slot, [.progress(task: task, fraction: 0.5)]), .slot(slot, [.interrupted(task: task)]),
                .shardClosed(task, name, byteCount: 5), .shardFailed(task, reason: "x"),
                .shardUnreadable(name, reason: "x"), .tick, .checkpointReady(name),
                .checkpointUnreadable(name, reason: "x"),
                .checkpointUnusable(name, isDamaged: task == 1, reason: "x"),
                .slot(slot, [.checkpoint(task: task, name, byteCount: task)]),
            ]
            if Bool.random(using: &stream) {
                sequence += 1
                let message = messages[Int.random(in: 0..<messages.count, using: &stream)]
                _ = agent.handle(from(message, sequence: sequence, acknowledged: sequence), at: now)
            } else {
                _ = agent.handle(events[Int.random(in: 0..<events.count, using: &stream)], at: now)
            }
            let violations = agent.violations()
            #expect(violations == [])
            guard violations.isEmpty else { return }
        }
    }

    /// Scenario 14: results that the disk of a worker does not take stay in memory and cost nobody an attempt.
    @Test func resultsThatTheDiskDoesNotTakeAreKeptAndTriedAgain() {
        var agent = admitted()
        let lease = Lease(LeaseID(1), to: w1, runs: [TaskRun(3..<5, attempt: 1)])
        _ = agent.handle(from(.lease(lease), sequence: 1, acknowledged: 1), at: .zero)
        let result = SlotResult(task: 3, duration: .seconds(1), byteCount: 8)
        for second in stride(from: 4.0, through: 119, by: 5) {
            let effects = agent.handle(from(.heartbeat, acknowledged: 2), at: .seconds(second))
            #expect(effects.contains(.closeShard(1)) == (second == 119))
            guard second == 59 else { continue }
            _ = agent.handle(.slot(0, [.started(task: 3), .finished(result)]), at: .seconds(59))
        }
        let failed = agent.handle(.shardFailed(1, reason: "No space left on device"), at: .seconds(119))
        #expect(sends(failed).contains(.request(leases: 0)))
        #expect(!sends(failed).contains { if case .resultsLost = $0 { true } else { false } })
        // A lease that was under way goes back at once; what is running goes on.
        let other = Lease(LeaseID(2), to: w1, runs: [TaskRun(7..<8, attempt: 1)])
        #expect(
            sends(agent.handle(from(.lease(other), sequence: 2), at: .seconds(119))).contains(
                .returned(LeaseID(2), tasks: [7..<8])))
        _ = agent.handle(from(.heartbeat, acknowledged: 4), at: .seconds(123))
        #expect(!agent.handle(.tick, at: .seconds(123)).contains(.closeShard(1)))
        #expect(agent.nextDeadline.map { $0 <= .seconds(124) } == true)
        #expect(agent.handle(.tick, at: .seconds(124)).contains(.closeShard(1)))
        let closed = sends(agent.handle(.shardClosed(1, shard(1), byteCount: 99), at: .seconds(124)))
        #expect(closed.contains(.request(leases: 2)))
        #expect(
            closed.contains(.announce(ShardAnnouncement(digest: shard(1), byteCount: 99, tasks: [3..<4]))))
        #expect(agent.violations() == [])
    }

    /// An agent that has to leave does not wait for its disk for ever.
    @Test func anAgentThatLeavesGivesUpWhatItsDiskDoesNotTake() {
        var agent = admitted()
        let lease = Lease(LeaseID(1), to: w1, runs: [TaskRun(3..<4, attempt: 1)])
        _ = agent.handle(from(.lease(lease), sequence: 1, acknowledged: 1), at: .zero)
        let result = SlotResult(task: 3, duration: .seconds(1), byteCount: 8)
        _ = agent.handle(.slot(0, [.started(task: 3), .finished(result)]), at: .seconds(1))
        #expect(agent.handle(.drain(reason: "SIGTERM"), at: .seconds(1)).contains(.closeShard(1)))
        _ = agent.handle(.shardFailed(1, reason: "No space left on device"), at: .seconds(1))
        var messages: [WorkerMessage] = []
        for second in 2...21 {
            messages += sends(agent.handle(from(.heartbeat, acknowledged: 99), at: .seconds(Double(second))))
            messages += sends(
                agent.handle(.shardFailed(1, reason: "No space left on device"), at: .seconds(Double(second))))
        }
        #expect(messages.contains { if case .resultsLost([3..<4], _) = $0 { true } else { false } })
    }

    /// A worker whose disk gives nothing back leaves, so that others compute its tasks.
    @Test func anAgentWhoseDiskLosesOneShardAfterTheOtherLeaves() {
        var policy = Policy()
        policy.shardTasks = 1
        var agent = admitted(policy: policy)
        var messages: [WorkerMessage] = []
        for task in 0..<5 {
            let lease = Lease(LeaseID(UInt32(task + 1)), to: w1, runs: [TaskRun(task..<task + 1, attempt: 1)])
            _ = agent.handle(from(.lease(lease), sequence: UInt64(task + 1), acknowledged: 99), at: .zero)
            let result = SlotResult(task: task, duration: .seconds(1), byteCount: 8)
            _ = agent.handle(.slot(0, [.started(task: task), .finished(result)]), at: .zero)
            let name = shard(UInt8(task))
            _ = agent.handle(.shardClosed(task + 1, name, byteCount: 9), at: .zero)
            messages = sends(agent.handle(.shardUnreadable(name, reason: "Input/output error"), at: .zero))
            #expect(messages.contains(.resultsLost(tasks: [task..<task + 1], reason: "Input/output error")))
        }
        #expect(messages.contains { if case .draining = $0 { true } else { false } })
    }

    /// Scenario 9 and 20: what fails while the coordinator is away is reported with its text as soon as it is back.
    @Test(arguments: [true, false]) func aFailureDuringAnOutageIsReportedAfterIt(isSentBefore: Bool) {
        var agent = admitted(slots: 2)
        let lease = Lease(LeaseID(1), to: w1, runs: [TaskRun(3..<5, attempt: 2)])
        _ = agent.handle(from(.lease(lease), sequence: 1, acknowledged: 1), at: .zero)
        _ = agent.handle(.slot(0, [.started(task: 3)]), at: .seconds(1))
        let evidence = SlotEvidence(lastLines: ["out of luck"])
        let end = AgentSession.Event.slotExited(0, status: "signal SIGSEGV", evidence: evidence)
        // Either it happens before the silence is noticed, and its report is never acknowledged, or after.
        if isSentBefore { _ = agent.handle(end, at: .seconds(2)) }
        #expect(agent.handle(.tick, at: .seconds(8)).contains(.reconnect))
        if !isSentBefore { _ = agent.handle(end, at: .seconds(9)) }
        let registered = sends(agent.handle(from(.describe(run), worker: nil), at: .seconds(10)))
        let brought = registered.compactMap { if case .register(let registration) = $0 { registration } else { nil } }
        #expect(
            Set(brought.flatMap(\.unfinished))
                == [TaskRun(3..<4, attempt: 2), TaskRun(4..<5, attempt: 2)])
        let adopted = Lease(LeaseID(2), to: w2, runs: [TaskRun(3..<5, attempt: 2)])
        let back = Welcome(heartbeatInterval: .seconds(2), liveness: 4, adopted: [adopted])
        let effects = agent.handle(from(.welcome(back), worker: w2), at: .seconds(10))
        let failures = sends(effects).compactMap { if case .failed(let failure) = $0 { failure } else { nil } }
        #expect(failures.map(\.task) == [3])
        #expect(failures.map(\.attempt) == [2])
        #expect(failures.map(\.failureClass) == [.crash])
        #expect(failures.first?.message.contains("out of luck") == true)
        #expect(!effects.contains(.command(1, .compute([TaskRun(3..<4, attempt: 2)]))))
        #expect(agent.violations() == [])
    }
}
