import Scheduling
import SweepGrid
import Testing

/// What an agent does with the words of its running tasks.
struct AgentProgressTests {
    private let run = RunDescription(experiment: "toy", version: 2, run: shard(200), document: [], probe: nil)

    private func from(_ message: CoordinatorMessage, sequence: UInt64 = 0) -> AgentSession.Event {
        .received(CoordinatorEnvelope(worker: w1, sequence: sequence, acknowledged: 1, message))
    }

    /// An agent with slots that compute tasks 0, 1, ... of a lease each.
    private func busy(slots: Int) -> AgentSession {
        var policy = Policy()
        policy.acknowledgementDelay = .seconds(1_000)
        var agent = AgentSession(host: "a", build: shard(202), slots: slots, seed: 1, policy: policy)
        _ = agent.handle(.begin, at: .zero)
        _ = agent.handle(from(.describe(run)), at: .zero)
        _ = agent.handle(.prepared(probe: nil), at: .zero)
        _ = agent.handle(
            from(.welcome(Welcome(heartbeatInterval: .seconds(2), liveness: 4, adopted: []))), at: .zero)
        for slot in 0..<slots {
            _ = agent.handle(.slot(slot, [.ready]), at: .zero)
            let lease = Lease(LeaseID(UInt32(slot + 1)), to: w1, runs: [TaskRun(slot..<slot + 1, attempt: 1)])
            _ = agent.handle(from(.lease(lease), sequence: UInt64(slot + 1)), at: .zero)
            _ = agent.handle(.slot(slot, [.started(task: slot)]), at: .zero)
        }
        return agent
    }

    private func sends(_ effects: [AgentSession.Effect]) -> [WorkerMessage] {
        effects.compactMap { if case .send(let envelope) = $0 { envelope.message } else { nil } }
    }

    @Test func aHeartbeatCarriesTheNewestProgressOfEachRunningTask() {
        var agent = busy(slots: 3)
        _ = agent.handle(.slot(0, [.progress(task: 0, fraction: 0.25)]), at: .seconds(1))
        _ = agent.handle(.slot(0, [.progress(task: 0, fraction: 0.5)]), at: .seconds(1))
        _ = agent.handle(.slot(2, [.progress(task: 2, fraction: 1)]), at: .seconds(1))
        #expect(
            sends(agent.handle(.tick, at: .seconds(2))) == [
                .heartbeat(
                    running: [0, 1, 2],
                    progress: [TaskProgress(task: 0, fraction: 0.5), TaskProgress(task: 2, fraction: 1)])
            ])
    }

    @Test func progressOfATaskThatDoesNotRunIsNotKept() {
        var agent = busy(slots: 1)
        for fraction in [Double.nan, -0.1, 1.1, .infinity] {
            _ = agent.handle(.slot(0, [.progress(task: 0, fraction: fraction)]), at: .seconds(1))
        }
        _ = agent.handle(.slot(0, [.progress(task: 7, fraction: 0.5)]), at: .seconds(1))
        #expect(sends(agent.handle(.tick, at: .seconds(2))) == [.heartbeat(running: [0])])
        let result = SlotResult(task: 0, duration: .seconds(1), byteCount: 8)
        let late: [SlotReport] = [
            .progress(task: 0, fraction: 0.5), .finished(result), .progress(task: 0, fraction: 0.75),
        ]
        _ = agent.handle(.slot(0, late), at: .seconds(3))
        #expect(sends(agent.handle(.tick, at: .seconds(4))).contains(.heartbeat(running: [])))
    }

    /// Scenario 19: a task that was interrupted is given back, and nobody is blamed.
    @Test func anInterruptedTaskIsGivenBackAndBlamedForNothing() {
        var agent = busy(slots: 2)
        let effects = agent.handle(.drain(reason: "SIGTERM"), at: .seconds(1))
        #expect(effects.contains(.command(0, .stop)) && effects.contains(.command(1, .stop)))
        #expect(
            sends(agent.handle(.slot(0, [.interrupted(task: 0)]), at: .seconds(1)))
                == [.returned(LeaseID(1), tasks: [0..<1])])
        #expect(sends(agent.handle(.slotExited(0, status: "exit code 0"), at: .seconds(1))) == [])
        // The other task came to its end before it looked.
        let result = SlotResult(task: 1, duration: .seconds(1), byteCount: 8)
        let last = agent.handle(.slot(1, [.finished(result)]), at: .seconds(1))
        #expect(last.contains(.closeShard(1)))
        #expect(agent.violations() == [])
    }
}
