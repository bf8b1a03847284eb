import SweepGrid
import Testing

@testable import Scheduling

/// How an agent delivers checkpoints, and how it fetches those of earlier attempts.
struct AgentCheckpointTests {
    private let run = RunDescription(experiment: "toy", version: 2, run: shard(200), document: [], probe: nil)

    private func from(
        _ message: CoordinatorMessage, sequence: UInt64 = 0, acknowledged: UInt64 = 1
    ) -> AgentSession.Event {
        .received(CoordinatorEnvelope(worker: w1, sequence: sequence, acknowledged: acknowledged, message))
    }

    private func checkpoint(_ number: UInt8, task: Int = 3, bytes: Int = 100) -> Checkpoint {
        Checkpoint(task: task, attempt: 1, digest: shard(number), byteCount: bytes)
    }

    /// An admitted agent with one slot that is up.
    private func admitted(_ change: (inout Policy) -> Void = { _ in }) -> AgentSession {
        var policy = Policy()
        policy.chunkSize = 40
        policy.checkpointWindow = 80
        policy.resendDelay = .seconds(30)
        change(&policy)
        var agent = AgentSession(host: "a", build: shard(202), slots: 1, seed: 1, policy: policy)
        _ = agent.handle(.begin, at: .zero)
        _ = agent.handle(from(.describe(run)), at: .zero)
        _ = agent.handle(.prepared(probe: nil), at: .zero)
        _ = agent.handle(
            from(.welcome(Welcome(heartbeatInterval: .seconds(2), liveness: 4, adopted: []))), at: .zero)
        _ = agent.handle(.slot(0, [.ready]), at: .zero)
        return agent
    }

    /// An agent whose slot computes task 3 of a lease.
    private func busy() -> AgentSession {
        var agent = admitted()
        let lease = Lease(LeaseID(1), to: w1, runs: [TaskRun(3..<4, attempt: 1)])
        _ = agent.handle(from(.lease(lease), sequence: 1), at: .zero)
        _ = agent.handle(.slot(0, [.started(task: 3)]), at: .zero)
        return agent
    }

    private func numbered(_ effects: [AgentSession.Effect]) -> [WorkerMessage] {
        effects.compactMap {
            if case .send(let envelope) = $0, envelope.sequence > 0 { envelope.message } else { nil }
        }
    }

    private func took(_ number: UInt8) -> AgentSession.Event {
        .slot(0, [.checkpoint(task: 3, shard(number), byteCount: 100)])
    }

    private func withoutSends(_ effects: [AgentSession.Effect]) -> [AgentSession.Effect] {
        effects.filter { if case .send = $0 { false } else { true } }
    }

    // MARK: To the coordinator

    @Test func aCheckpointIsAnnouncedServedAndDeletedWhenItIsStored() {
        var agent = busy()
        #expect(numbered(agent.handle(took(1), at: .seconds(1))) == [.announceCheckpoint(checkpoint(1))])
        expect(
            agent.handle(from(.sendChunk(shard(1), offset: 40, count: 40)), at: .seconds(1)),
            is: [.sendCheckpointChunk(w1, shard(1), offset: 40, count: 40, acknowledged: 1)])
        #expect(
            withoutSends(agent.handle(from(.settled(shard(1), .committed), sequence: 2), at: .seconds(1)))
                == [.deleteCheckpoint(shard(1))])
        expect(agent.handle(from(.sendChunk(shard(1), offset: 0, count: 40)), at: .seconds(1)), is: [])
    }

    /// On a slow network the one under way arrives before the newest is begun; those between are never sent.
    @Test func aNewerCheckpointWaitsForTheOneUnderWay() {
        var agent = busy()
        _ = agent.handle(took(1), at: .seconds(1))
        #expect(withoutSends(agent.handle(took(2), at: .seconds(2))) == [])
        #expect(withoutSends(agent.handle(took(3), at: .seconds(3))) == [.deleteCheckpoint(shard(2))])
        let effects = agent.handle(from(.settled(shard(1), .committed), sequence: 2), at: .seconds(4))
        #expect(withoutSends(effects) == [.deleteCheckpoint(shard(1))])
        #expect(numbered(effects) == [.announceCheckpoint(checkpoint(3))])
    }

    @Test func aComputedTaskWithdrawsItsCheckpoints() {
        var agent = busy()
        _ = agent.handle(took(1), at: .seconds(1))
        _ = agent.handle(took(2), at: .seconds(2))
        let result = SlotResult(task: 3, duration: .seconds(3), byteCount: 8)
        let effects = agent.handle(.slot(0, [.finished(result)]), at: .seconds(3))
        #expect(
            withoutSends(effects).prefix(2) == [.deleteCheckpoint(shard(2)), .deleteCheckpoint(shard(1))])
        #expect(numbered(effects).first == .withdrawCheckpoint(shard(1), task: 3, isDamaged: false))
        #expect(agent.violations() == [])
    }

    @Test func aCrashedTaskLeavesItsCheckpointToTheNextAttempt() {
        var agent = busy()
        _ = agent.handle(took(1), at: .seconds(1))
        let effects = agent.handle(.slotExited(0, status: "signal SIGKILL"), at: .seconds(2))
        #expect(!effects.contains(.deleteCheckpoint(shard(1))))
        #expect(
            agent.handle(from(.sendChunk(shard(1), offset: 80, count: 20)), at: .seconds(2)).contains(
                .sendCheckpointChunk(w1, shard(1), offset: 80, count: 20, acknowledged: 1)))
    }

    @Test func anUnreadableCheckpointIsWithdrawn() {
        var agent = busy()
        _ = agent.handle(took(1), at: .seconds(1))
        let effects = agent.handle(.checkpointUnreadable(shard(1), reason: "Input/output error"), at: .seconds(2))
        #expect(numbered(effects) == [.withdrawCheckpoint(shard(1), task: 3, isDamaged: false)])
        #expect(effects.contains(.deleteCheckpoint(shard(1))))
    }

    /// Scenario 19: the task goes back when its last checkpoint is stored, so that the next attempt goes on from it.
    @Test func anInterruptedTaskIsGivenBackAfterItsCheckpoint() {
        var agent = busy()
        _ = agent.handle(.drain(reason: "SIGTERM"), at: .seconds(1))
        let last: [SlotReport] = [
            .checkpoint(task: 3, shard(1), byteCount: 100), .interrupted(task: 3),
        ]
        #expect(numbered(agent.handle(.slot(0, last), at: .seconds(1))) == [.announceCheckpoint(checkpoint(1))])
        #expect(numbered(agent.handle(.slotExited(0, status: "exit code 0"), at: .seconds(1))) == [])
        let stored = agent.handle(from(.settled(shard(1), .committed), sequence: 2), at: .seconds(2))
        #expect(numbered(stored).contains(.returned(LeaseID(1), tasks: [3..<4])))
        // Everything is acknowledged: request, draining, announcement, return.
        let left = agent.handle(from(.heartbeat, acknowledged: 4), at: .seconds(2))
        #expect(left.last == .exit(.drained))
    }

    @Test func aLeavingAgentDoesNotWaitForItsCheckpointsForEver() {
        var agent = busy()
        _ = agent.handle(.drain(reason: "SIGTERM"), at: .seconds(1))
        _ = agent.handle(
            .slot(0, [.checkpoint(task: 3, shard(1), byteCount: 100), .interrupted(task: 3)]), at: .seconds(1))
        // A coordinator that answers but never stores it.
        var effects: [AgentSession.Effect] = []
        var now = Instant.seconds(1)
        while now < .seconds(40), effects.last != .exit(.drained) {
            now = min(agent.nextDeadline ?? .seconds(40), now + .seconds(1))
            _ = agent.handle(from(.heartbeat, acknowledged: 3), at: now)
            effects = agent.handle(from(.heartbeat, acknowledged: 4), at: now)
        }
        #expect(effects.last == .exit(.drained))
        #expect(now == .seconds(21))
    }

    @Test func afterANewRegistrationCheckpointsAreAnnouncedAgain() {
        var agent = busy()
        _ = agent.handle(took(1), at: .seconds(1))
        _ = agent.handle(from(.registerAgain), at: .seconds(2))
        _ = agent.handle(from(.describe(run)), at: .seconds(2))
        let lease = Lease(LeaseID(4), to: w1, runs: [TaskRun(3..<4, attempt: 1)])
        let welcome = Welcome(heartbeatInterval: .seconds(2), liveness: 4, adopted: [lease])
        #expect(
            numbered(agent.handle(from(.welcome(welcome)), at: .seconds(3)))
                == [.request(leases: 2), .announceCheckpoint(checkpoint(1))])
    }

    // MARK: From the coordinator

    private func fetchRequests(_ effects: [AgentSession.Effect]) -> [Int] {
        effects.compactMap {
            if case .send(let envelope) = $0, case .fetchCheckpoint(_, 3, let offset, _) = envelope.message {
                offset
            } else {
                nil
            }
        }
    }

    /// A lease of tasks 3 and 4, of which 3 has a checkpoint of 100 bytes.
    private var lease: Lease {
        Lease(LeaseID(1), to: w1, runs: [TaskRun(3..<5, attempt: 2)], checkpoints: [checkpoint(1)])
    }

    private func chunk(_ offset: Int, _ count: Int) -> AgentSession.Event {
        from(.checkpointChunk(ShardChunk(digest: shard(1), offset: offset, bytes: Array(repeating: 1, count: count))))
    }

    @Test func aTaskWaitsForItsCheckpointWhileOthersAreComputed() {
        var agent = admitted()
        let first = agent.handle(from(.lease(lease), sequence: 1), at: .zero)
        // Task 4 needs none. Two chunks are within the window.
        #expect(withoutSends(first) == [.command(0, .compute([TaskRun(4..<5, attempt: 2)]))])
        #expect(fetchRequests(first) == [0, 40])
        let second = agent.handle(chunk(40, 40), at: .seconds(1))
        #expect(
            withoutSends(second).first
                == .writeCheckpoint(ShardChunk(digest: shard(1), offset: 40, bytes: Array(repeating: 1, count: 40))))
        #expect(fetchRequests(second) == [80])
        // Doubled, of the wrong size, or not asked for: nothing happens.
        for event in [chunk(40, 40), chunk(0, 39), chunk(20, 40), chunk(80, 40)] {
            #expect(withoutSends(agent.handle(event, at: .seconds(1))) == [])
        }
        _ = agent.handle(chunk(80, 20), at: .seconds(1))
        #expect(withoutSends(agent.handle(chunk(0, 40), at: .seconds(1))).last == .verifyCheckpoint(checkpoint(1)))
        _ = agent.handle(.checkpointReady(shard(1)), at: .seconds(1))
        let result = SlotResult(task: 4, duration: .seconds(1), byteCount: 8)
        #expect(
            withoutSends(agent.handle(.slot(0, [.finished(result)]), at: .seconds(1))).suffix(2)
                == [.command(0, .restore(task: 3, shard(1))), .command(0, .compute([TaskRun(3..<4, attempt: 2)]))])
        let end = SlotResult(task: 3, duration: .seconds(1), byteCount: 8)
        #expect(agent.handle(.slot(0, [.finished(end)]), at: .seconds(2)).contains(.deleteFetchedCheckpoint(shard(1))))
        #expect(agent.violations() == [])
    }

    @Test func aLostChunkIsAskedForAgain() {
        var agent = admitted { $0.resendDelay = .seconds(2) }
        _ = agent.handle(from(.lease(lease), sequence: 1), at: .zero)
        #expect(agent.nextDeadline.map { $0 <= .seconds(2) } == true)
        _ = agent.handle(chunk(40, 40), at: .seconds(1))
        #expect(fetchRequests(agent.handle(from(.heartbeat), at: .seconds(2))) == [0])
        #expect(fetchRequests(agent.handle(from(.heartbeat), at: .seconds(3))) == [80])
    }

    /// Damage at any step begins the task anew.
    @Test(arguments: [0, 1, 2])
    func aTaskWhoseCheckpointCannotBeHadBeginsAnew(kind: Int) {
        var agent = admitted()
        var single = lease
        single = Lease(LeaseID(1), to: w1, runs: [TaskRun(3..<4, attempt: 2)], checkpoints: single.checkpoints)
        _ = agent.handle(from(.lease(single), sequence: 1), at: .zero)
        for (offset, count) in [(0, 40), (40, 40), (80, 20)] where kind > 0 {
            _ = agent.handle(chunk(offset, count), at: .seconds(1))
        }
        let events: [AgentSession.Event] = [
            from(.checkpointGone(shard(1))),
            .checkpointUnusable(shard(1), isDamaged: true, reason: "another SHA-256"),
            .checkpointUnusable(shard(1), isDamaged: false, reason: "No space left on device"),
        ]
        let effects = agent.handle(events[kind], at: .seconds(2))
        #expect(effects.contains(.command(0, .compute([TaskRun(3..<4, attempt: 2)]))))
        #expect(!effects.contains(.command(0, .restore(task: 3, shard(1)))))
        #expect(effects.contains(.deleteFetchedCheckpoint(shard(1))))
        #expect(
            numbered(effects) == (kind == 1 ? [.withdrawCheckpoint(shard(1), task: 3, isDamaged: true)] : []))
        #expect(agent.violations() == [])
    }

    @Test func aLeaseThatIsAskedBackTakesItsFetchesAlong() {
        var agent = admitted()
        _ = agent.handle(from(.lease(lease), sequence: 1), at: .zero)
        let effects = agent.handle(from(.retract(LeaseID(1)), sequence: 2), at: .seconds(1))
        #expect(numbered(effects) == [.returned(LeaseID(1), tasks: [3..<4])])
        #expect(effects.contains(.deleteFetchedCheckpoint(shard(1))))
        expect(withoutSends(agent.handle(chunk(0, 40), at: .seconds(1))), is: [])
        #expect(agent.violations() == [])
    }

    /// The next process of a slot that died goes on from the same file.
    @Test func aFetchedCheckpointServesUntilItsTaskIsSettled() {
        var agent = admitted()
        let single = Lease(LeaseID(1), to: w1, runs: [TaskRun(3..<4, attempt: 2)], checkpoints: [checkpoint(1)])
        _ = agent.handle(from(.lease(single), sequence: 1), at: .zero)
        for (offset, count) in [(0, 40), (40, 40), (80, 20)] { _ = agent.handle(chunk(offset, count), at: .zero) }
        let given = agent.handle(.checkpointReady(shard(1)), at: .zero)
        #expect(given.contains(.command(0, .restore(task: 3, shard(1)))))
        // The slot dies before it begins the task.
        _ = agent.handle(.slotExited(0, status: "signal SIGKILL"), at: .zero)
        _ = agent.handle(from(.heartbeat), at: .seconds(1))
        #expect(
            agent.handle(.slot(0, [.ready]), at: .seconds(1)).contains(.command(0, .restore(task: 3, shard(1)))))
        // It dies again, while it computes: the failed task needs the file no more.
        _ = agent.handle(.slot(0, [.started(task: 3)]), at: .seconds(1))
        #expect(
            agent.handle(.slotExited(0, status: "signal SIGKILL"), at: .seconds(2)).contains(
                .deleteFetchedCheckpoint(shard(1))))
        #expect(agent.violations() == [])
    }
}
