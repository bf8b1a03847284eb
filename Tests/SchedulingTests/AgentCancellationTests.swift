import Scheduling
import SweepGrid
import Testing

/// What an agent does when an operator gives its tasks up.
struct AgentCancellationTests {
    private let run = RunDescription(experiment: "toy", version: 2, run: shard(200), document: [], probe: nil)

    private func from(_ message: CoordinatorMessage, sequence: UInt64 = 0) -> AgentSession.Event {
        .received(CoordinatorEnvelope(worker: w1, sequence: sequence, acknowledged: 0, message))
    }

    private func sends(_ effects: [AgentSession.Effect]) -> [WorkerMessage] {
        effects.compactMap { if case .send(let envelope) = $0 { envelope.message } else { nil } }
    }

    private func lease(_ id: UInt32, _ tasks: Range<Int>, attempt: Int = 1) -> CoordinatorMessage {
        .lease(Lease(LeaseID(id), to: w1, runs: [TaskRun(tasks, attempt: attempt)]))
    }

    /// An agent with one slot that computes task 0, was given task 1, and has tasks 2 to 4 of the same lease.
    private func busy() -> AgentSession {
        var policy = Policy()
        policy.batchLimit = 2
        var agent = AgentSession(host: "a", build: shard(202), slots: 1, seed: 1, policy: policy)
        _ = agent.handle(.begin, at: .zero)
        _ = agent.handle(
            .received(CoordinatorEnvelope(worker: nil, sequence: 0, acknowledged: 0, .describe(run))), at: .zero)
        _ = agent.handle(.prepared(probe: nil), at: .zero)
        let welcome = Welcome(heartbeatInterval: .seconds(2), liveness: 4, adopted: [])
        _ = agent.handle(from(.welcome(welcome)), at: .zero)
        _ = agent.handle(.slot(0, [.ready]), at: .zero)
        _ = agent.handle(from(lease(1, 9..<10), sequence: 1), at: .zero)
        let first = SlotResult(task: 9, duration: .milliseconds(1), byteCount: 8)
        _ = agent.handle(.slot(0, [.started(task: 9), .finished(first)]), at: .zero)
        _ = agent.handle(from(lease(2, 0..<5), sequence: 2), at: .zero)
        _ = agent.handle(.slot(0, [.started(task: 0)]), at: .zero)
        #expect(agent.violations() == [])
        return agent
    }

    /// Scenario 22: the slot hears of it and has some seconds; then it is killed, and nothing is reported.
    @Test func aCancelledTaskIsStoppedThenKilledAndNobodyIsBlamed() {
        var agent = busy()
        let effects = agent.handle(from(.cancel([0..<3]), sequence: 3), at: .seconds(1))
        #expect(
            effects.first == .command(0, .cancel([TaskRun(0..<1, attempt: 1), TaskRun(1..<2, attempt: 1)])))
        #expect(agent.violations() == [])
        #expect(agent.nextDeadline ?? .never <= .seconds(6))
        for second in [2.5, 4.5, 5.9] {
            #expect(!agent.handle(from(.heartbeat), at: .seconds(second)).contains(.killSlot(0)))
        }
        #expect(agent.handle(from(.heartbeat), at: .seconds(6)).contains(.killSlot(0)))
        let after = agent.handle(.slotExited(0, status: "signal SIGKILL"), at: .seconds(6.1))
        #expect(!sends(after).contains { if case .failed = $0 { true } else { false } })
        #expect(after.contains(.startSlot(0)))
        // The new process goes on with what was not cancelled.
        #expect(
            agent.handle(.slot(0, [.ready]), at: .seconds(6.2)).first
                == .command(0, .compute([TaskRun(3..<4, attempt: 1)])))
        #expect(agent.violations() == [])
    }

    @Test func aSlotThatStopsByItselfIsNotKilled() {
        var agent = busy()
        _ = agent.handle(from(.cancel([0..<2]), sequence: 3), at: .seconds(1))
        let effects = agent.handle(
            .slot(0, [.failed(task: 0, .error, message: "stopped"), .skipped(task: 1)]), at: .seconds(2))
        #expect(!sends(effects).contains { if case .failed = $0 { true } else { false } })
        #expect(effects.first == .command(0, .compute([TaskRun(2..<3, attempt: 1)])))
        #expect(!agent.handle(from(.heartbeat), at: .seconds(6)).contains(.killSlot(0)))
        #expect(agent.violations() == [])
    }

    /// A task that was told to stop may have measured less than it would have, so that its result counts for nothing.
    @Test func theResultOfATaskThatWasToldToStopIsNotKept() {
        var agent = busy()
        _ = agent.handle(from(.cancel([0..<1]), sequence: 3), at: .seconds(1))
        let result = SlotResult(task: 0, duration: .seconds(1), byteCount: 8)
        let effects = agent.handle(.slot(0, [.finished(result)]), at: .seconds(2))
        #expect(!effects.contains { if case .keepResult(0, _, _) = $0 { true } else { false } })
        for case .finished(let runs) in sends(effects) { #expect(runs.map(\.run.tasks) == [9..<10]) }
        #expect(agent.violations() == [])
    }

    /// Retried at once, a task is computed again by the very slot that is still busy with the cancelled attempt.
    @Test func aTaskThatIsRetriedWhileItStopsIsComputedAgain() {
        var agent = busy()
        _ = agent.handle(from(.cancel([0..<5]), sequence: 3), at: .seconds(1))
        _ = agent.handle(from(lease(3, 0..<1, attempt: 2), sequence: 4), at: .seconds(1.1))
        let effects = agent.handle(
            .slot(0, [.failed(task: 0, .error, message: "stopped"), .skipped(task: 1)]), at: .seconds(2))
        #expect(effects.first == .command(0, .compute([TaskRun(0..<1, attempt: 2)])))
        let result = SlotResult(task: 0, duration: .seconds(1), byteCount: 8)
        let end = agent.handle(.slot(0, [.started(task: 0), .finished(result)]), at: .seconds(3))
        #expect(end.first == .keepResult(task: 0, slot: 0, shard: 1))
        #expect(agent.violations() == [])
    }

    /// Scenario 26: the running task ends, no other begins, results are delivered, and the worker leaves.
    @Test func aDrainedAgentFinishesWhatRunsAndLeaves() {
        var agent = busy()
        let effects = agent.handle(from(.drain, sequence: 3), at: .seconds(1))
        #expect(
            sends(effects).contains(.draining(reason: "the coordinator asked for it"))
                && sends(effects).contains(.returned(LeaseID(2), tasks: [2..<5])))
        for task in 0..<2 {
            let result = SlotResult(task: task, duration: .seconds(1), byteCount: 8)
            let reports: [SlotReport] = [.started(task: task), .finished(result)]
            let after = agent.handle(.slot(0, reports), at: .seconds(2 + Double(task)))
            #expect(!after.contains { if case .command = $0 { true } else { false } })
        }
        _ = agent.handle(.shardClosed(1, shard(1), byteCount: 99), at: .seconds(4))
        _ = agent.handle(from(.settled(shard(1), .committed), sequence: 4), at: .seconds(4))
        let acknowledgement = CoordinatorEnvelope(worker: w1, sequence: 0, acknowledged: 100, .heartbeat)
        _ = agent.handle(.received(acknowledgement), at: .seconds(4))
        let link = (1...10).flatMap { number in
            agent.handle(
                .received(CoordinatorEnvelope(worker: w1, sequence: 0, acknowledged: UInt64(number), .heartbeat)),
                at: .seconds(4))
        }
        #expect(link.last == .exit(.drained))
        #expect(sends(link).last == .goodbye)
    }
}
