import Scheduling
import SweepGrid
import Testing

/// The session's part: hosts are refused, runs stop.
struct RunLimitTests {
    private func session(_ policy: Policy, tasks: Int = 4) -> CoordinatorSession {
        let run = RunDescription(experiment: "toy", version: 1, run: shard(200), document: [], probe: nil)
        return CoordinatorSession(run: run, scheduler: Scheduler(tasks: tasks, policy: policy), at: .zero)
    }

    private func registration(_ host: String) -> WorkerMessage {
        .register(
            Registration(
                protocolVersion: protocolVersion, experiment: "toy", version: 1, run: shard(200), probe: nil, slots: 4,
                host: host, build: shard(202)))
    }

    private func from(_ message: WorkerMessage, _ sequence: UInt64 = 0) -> CoordinatorSession.Event {
        .received(
            WorkerEnvelope(worker: sequence == 0 ? nil : w1, sequence: sequence, acknowledged: 0, message),
            from: Route([1]))
    }

    /// Scenario 32: a run may stop at the first failed task, after some, or never.
    @Test(arguments: [0, 1, nil]) func aRunStopsWhenMoreTasksFailThanMay(limit: Int?) {
        var policy = Policy()
        policy.failedTaskLimit = limit
        policy.retries.error.limit = 1
        var session = session(policy)
        _ = session.handle(from(registration("a")), at: .zero)
        _ = session.handle(.journaled(count: 2), at: .zero)
        _ = session.handle(from(.request(leases: 8), 1), at: .zero)
        var notes: [CoordinatorSession.Note] = []
        for task in 0..<3 {
            let failure = AttemptFailure(task: task, attempt: 1, .error, message: "x")
            for case .note(let note) in session.handle(from(.failed(failure), UInt64(task + 2)), at: .seconds(1)) {
                if case .stopped = note { notes.append(note) }
            }
        }
        switch limit {
        case 0: #expect(notes == [.stopped(reason: "1 task has failed, 0 may")])
        case 1: #expect(notes == [.stopped(reason: "2 tasks have failed, 1 may")])
        default: #expect(notes == [])
        }
        #expect((session.stopReason == nil) == (limit == nil))
    }

    /// A host that was drained is used again when there is no other, as after `resume` on a host that was repaired.
    @Test func theOnlyHostIsUsedAlthoughItWasDrained() {
        var scheduler = Scheduler(tasks: 1)
        scheduler.apply(.hostDrained(host: "a", until: .seconds(3_600), reason: "4 tasks failed on a", pardoned: []))
        let run = RunDescription(experiment: "toy", version: 1, run: shard(200), document: [], probe: nil)
        var session = CoordinatorSession(run: run, scheduler: scheduler, at: .seconds(1))
        let effects = session.handle(from(registration("a")), at: .seconds(2))
        #expect(effects.contains(.note(.hostUsedAgain(host: "a"))))
        #expect(session.scheduler.drainReason(ofHost: "a", at: .seconds(2)) == nil)
        _ = session.handle(.journaled(count: 2), at: .seconds(2))
        #expect(
            session.handle(from(.request(leases: 1), 1), at: .seconds(2)).contains {
                if case .journal(let facts) = $0 { facts.contains { $0.code == 2 } } else { false }
            })
        #expect(session.scheduler.violations() == [])
    }

    /// A worker on a drained host may deliver what it has; it gets nothing more.
    @Test func aWorkerOnADrainedHostDeliversWhatItHas() {
        var scheduler = Scheduler(tasks: 9)
        scheduler.apply(.hostDrained(host: "bad", until: .seconds(3_600), reason: "x", pardoned: []))
        scheduler.resume(at: .zero)
        _ = scheduler.handle(.registered(w1, .init(slots: 1, host: "good")), at: .zero)
        let effects = scheduler.handle(
            .registered(w2, .init(slots: 1, host: "bad", held: [TaskRun(0..<1, attempt: 1)])), at: .zero)
        #expect(effects.contains(.send(.drain, to: w2)))
        #expect(facts(effects).contains(.workerDrained(w2)))
        #expect(scheduler.violations() == [])
    }

    @Test func aWorkerOnADrainedHostIsRefusedWithTheReason() {
        var scheduler = Scheduler(tasks: 1)
        scheduler.apply(.hostDrained(host: "bad", until: .seconds(10), reason: "4 tasks failed on bad", pardoned: []))
        let run = RunDescription(experiment: "toy", version: 1, run: shard(200), document: [], probe: nil)
        var session = CoordinatorSession(run: run, scheduler: scheduler, at: .seconds(1))
        func refusals(_ host: String, at seconds: Double) -> [Refusal] {
            session.handle(from(registration(host)), at: .seconds(seconds)).compactMap {
                if case .note(.refused(_, let refusal)) = $0 { refusal } else { nil }
            }
        }
        // While there is another host.
        #expect(refusals("other", at: 1) == [])
        let refused = refusals("bad", at: 2)
        #expect(refused.map(\.reason) == [.host])
        #expect(refused.first?.message.contains("4 tasks failed on bad") == true)
        #expect(refusals("good", at: 3) == [])
        #expect(refusals("bad", at: 11) == [])
    }
}
