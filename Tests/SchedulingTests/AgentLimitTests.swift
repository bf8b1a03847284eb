import Scheduling
import SweepGrid
import Testing

/// How an agent ends tasks that go beyond their limits, and how it goes itself: no failure has the wrong name, and an
/// announced end is none.
struct AgentLimitTests {
    private let run = RunDescription(experiment: "toy", version: 2, run: shard(200), document: [], probe: nil)

    private func from(_ message: CoordinatorMessage, _ sequence: UInt64 = 0) -> AgentSession.Event {
        .received(CoordinatorEnvelope(worker: w1, sequence: sequence, acknowledged: 99, message))
    }

    private func sends(_ effects: [AgentSession.Effect]) -> [WorkerMessage] {
        effects.compactMap { if case .send(let envelope) = $0, envelope.sequence > 0 { envelope.message } else { nil } }
    }

    /// An agent at work: tasks 0..<3 are leased, slot 0 computes task 0.
    private func working(
        _ limits: TaskLimits = TaskLimits(), slots: Int = 1, terms: WorkerTerms = WorkerTerms(),
        isolation: Isolation? = nil, tasks: Range<Int> = 0..<3
    ) -> AgentSession {
        var policy = Policy()
        policy.taskGrace = .seconds(5)
        policy.progressPatience = .seconds(100)
        policy.batchLimit = 1
        policy.resendDelay = .seconds(1_000_000)
        policy.acknowledgementDelay = .zero
        var agent = AgentSession(
            host: "a", build: shard(202), slots: slots, seed: 1, policy: policy, terms: terms)
        _ = agent.handle(.begin, at: .zero)
        _ = agent.handle(
            .received(CoordinatorEnvelope(worker: nil, sequence: 0, acknowledged: 0, .describe(run))), at: .zero)
        _ = agent.handle(.prepared(probe: nil, limits: limits), at: .zero)
        let welcome = Welcome(heartbeatInterval: .seconds(3_600), liveness: 100, adopted: [])
        _ = agent.handle(from(.welcome(welcome)), at: .zero)
        for slot in 0..<slots { _ = agent.handle(.slot(slot, [.ready]), at: .zero) }
        let lease = Lease(LeaseID(1), to: w1, runs: [TaskRun(tasks, attempt: 1)], isolation: isolation)
        _ = agent.handle(from(.lease(lease), 1), at: .zero)
        _ = agent.handle(.slot(0, [.started(task: 0)]), at: .zero)
        return agent
    }

    private func failure(_ failureClass: FailureClass, _ message: String) -> WorkerMessage {
        .failed(AttemptFailure(task: 0, attempt: 1, failureClass, message: message))
    }

    /// Scenarios 17 and 22: over its time a task is told, has its grace, and is killed; then it is a time limit, no crash.
    @Test func aTaskOverItsTimeIsToldAndThenKilled() {
        var agent = working(TaskLimits(seconds: 30))
        #expect(agent.nextDeadline == .seconds(30))
        #expect(!agent.handle(.tick, at: .seconds(29.9)).contains(.command(0, .interrupt(task: 0))))
        let told = agent.handle(.tick, at: .seconds(30))
        #expect(told.contains(.command(0, .interrupt(task: 0))))
        #expect(!told.contains(.killSlot(0)))
        #expect(agent.nextDeadline == .seconds(35))
        #expect(agent.handle(.tick, at: .seconds(35)).contains(.killSlot(0)))
        let ended = agent.handle(.slotExited(0, status: "signal SIGKILL"), at: .seconds(35.1))
        #expect(sends(ended) == [failure(.timeout, "took longer than its limit of 30.0 s")])
        #expect(agent.violations() == [])
    }

    /// Scenario 16: a worker that stood still, alone or with its slots, could not hear its tasks: none is killed for that.
    @Test func aWorkerThatStoodStillBlamesNoTask() {
        var agent = working(TaskLimits(seconds: 3_000))
        _ = agent.handle(.slot(0, [.progress(task: 0, fraction: 0.5)]), at: .seconds(10))
        let woken = agent.handle(.tick, at: .seconds(7_200))
        #expect(!woken.contains(.killSlot(0)) && !woken.contains(.command(0, .interrupt(task: 0))))
        #expect(agent.violations() == [])
        // Whoever goes on saying nothing is found out in the time that this takes.
        var killed = false
        while let deadline = agent.nextDeadline, deadline < .seconds(7_320), !killed {
            killed = agent.handle(.tick, at: deadline).contains(.killSlot(0))
        }
        #expect(killed)
    }

    /// A checkpoint may be the first that is heard of a task, when the agent stood still: its time begins then.
    @Test func aTaskWhoseCheckpointComesFirstHasItsTimeLimitToo() {
        var agent = working(TaskLimits(seconds: 30), tasks: 0..<2)
        let result = SlotResult(task: 0, duration: .seconds(1), byteCount: 8)
        _ = agent.handle(.slot(0, [.finished(result)]), at: .seconds(1))
        _ = agent.handle(.slot(0, [.checkpoint(task: 1, shard(9), byteCount: 5), .started(task: 1)]), at: .seconds(2))
        #expect(agent.handle(.tick, at: .seconds(32)).contains(.command(0, .interrupt(task: 1))))
    }

    @Test func aTaskThatListensEndsByItselfWithinItsGrace() {
        for report in [
            SlotReport.interrupted(task: 0), .failed(task: 0, .error, message: "stopped early"),
        ] {
            var agent = working(TaskLimits(seconds: 30))
            _ = agent.handle(.tick, at: .seconds(30))
            let effects = agent.handle(.slot(0, [report]), at: .seconds(31))
            let more = if case .failed = report { "; told to end, it said: stopped early" } else { "" }
            #expect(sends(effects) == [failure(.timeout, "took longer than its limit of 30.0 s" + more)])
            #expect(!effects.contains(.killSlot(0)))
            // The next task has all of its time.
            _ = agent.handle(.slot(0, [.started(task: 1)]), at: .seconds(32))
            #expect(agent.nextDeadline == .seconds(62))
        }
    }

    /// Scenario 17: only a task that reports progress can hang, and only when its words do not change.
    @Test func aTaskThatMakesNoProgressIsKilled() {
        var agent = working(TaskLimits(progressSeconds: 60))
        #expect(!agent.handle(.tick, at: .seconds(1_000)).contains(.killSlot(0)))
        _ = agent.handle(.slot(0, [.progress(task: 0, fraction: 0.25)]), at: .seconds(1_000))
        _ = agent.handle(.slot(0, [.progress(task: 0, fraction: 0.5)]), at: .seconds(1_050))
        _ = agent.handle(.slot(0, [.progress(task: 0, fraction: 0.5)]), at: .seconds(1_100))
        #expect(!agent.handle(.tick, at: .seconds(1_109)).contains(.killSlot(0)))
        #expect(agent.handle(.tick, at: .seconds(1_110)).contains(.killSlot(0)))
        let ended = agent.handle(.slotExited(0, status: "signal SIGKILL"), at: .seconds(1_111))
        #expect(sends(ended) == [failure(.hung, "made no progress for 60 s, 50 % were done")])
    }

    @Test func aTaskWithTooMuchMemoryIsKilledAndNamedSo() {
        var agent = working(TaskLimits(mebibytes: 100))
        #expect(!agent.handle(.slotMemory(0, bytes: 100 << 20), at: .seconds(1)).contains(.killSlot(0)))
        #expect(agent.handle(.slotMemory(0, bytes: 102 << 20), at: .seconds(2)).contains(.killSlot(0)))
        let ended = agent.handle(.slotExited(0, status: "signal SIGKILL"), at: .seconds(2))
        #expect(sends(ended) == [failure(.outOfMemory, "used 102 MiB, more than its limit of 100 MiB")])
    }

    /// Scenario 20: the signal is named, the log is kept, and a kill for want of memory is no crash.
    @Test func aDeathIsReportedWithItsSignalAndItsLastWords() {
        var agent = working()
        let crash = agent.handle(
            .slotExited(0, status: "signal SIGSEGV", evidence: SlotEvidence(lastLines: ["one", "two"])), at: .seconds(1)
        )
        let death = "the slot process ended (signal SIGSEGV) while it computed task 0"
        #expect(sends(crash) == [failure(.crash, death + "\none\ntwo")])
        var other = working()
        let kill = other.handle(
            .slotExited(0, status: "signal SIGKILL", evidence: SlotEvidence(outOfMemory: "no memory was left")),
            at: .seconds(1))
        let words = "the slot process ended (signal SIGKILL) while it computed task 0: no memory was left"
        #expect(sends(kill) == [failure(.outOfMemory, words)])
    }

    /// Fifty long lines are told and journaled, all of them; longer ones lose their beginning, not their end.
    @Test(arguments: [397, 1_000]) func ofLongLastWordsTheNewestAreKept(length: Int) throws {
        var agent = working()
        let lines = (10..<60).map { "\($0) " + String(repeating: "x", count: length) }
        let effects = agent.handle(
            .slotExited(0, status: "signal SIGSEGV", evidence: SlotEvidence(lastLines: lines)), at: .seconds(1))
        guard case .failed(let failure)? = sends(effects).first else {
            Issue.record("no failure is reported")
            return
        }
        #expect(failure.message.utf8.count <= AttemptFailure.messageLimit)
        let kept = failure.message.split(separator: "\n").dropFirst().map(String.init)
        #expect(kept == lines.suffix(length == 397 ? 50 : 19))

        var scheduler = Scheduler(tasks: 1)
        _ = scheduler.join(w1, at: .zero)
        let told = AttemptFailure(task: 0, attempt: 1, .crash, message: failure.message)
        let journaled = facts(scheduler.handle(.failed(w1, told), at: .seconds(1)))
        #expect(journaled.contains { if case .attemptFailed(told, _, _) = $0 { true } else { false } })
        scheduler.apply(.attemptFailed(told, worker: w1, retryAt: .never))
        // Ten thousand such failures are to fit into the memory.
        let remembered = try #require(scheduler.failure(of: 0))
        #expect(remembered.summary == failure.summary && remembered.message.utf8.count <= 4_096)
        let words = remembered.message.split(separator: "\n").dropFirst().map(String.init)
        #expect(words.count > 2 && words == lines.suffix(words.count))
    }

    /// Scenario 19: what runs when the host goes is given back, not failed; half of the grace is left for delivering.
    @Test func anAnnouncedEndGivesRunningTasksBack() {
        for ending in [
            AgentSession.Event.slotExited(0, status: "signal SIGKILL"), .slot(0, [.interrupted(task: 0)]),
            .slot(0, [.failed(task: 0, .error, message: "interrupted")]),
        ] {
            var agent = working()
            let drained = agent.handle(.drain(reason: "SIGTERM", within: .seconds(20)), at: .seconds(1))
            #expect(sends(drained) == [.draining(reason: "SIGTERM"), .returned(LeaseID(1), tasks: [1..<3])])
            #expect(drained.contains(.command(0, .stop)))
            #expect(!agent.handle(.tick, at: .seconds(10.9)).contains(.killSlot(0)))
            #expect(agent.handle(.tick, at: .seconds(11)).contains(.killSlot(0)))
            let ended = agent.handle(ending, at: .seconds(11.1))
            #expect(sends(ended).first == .returned(LeaseID(1), tasks: [0..<1]))
            #expect(agent.violations() == [])
        }
    }

    @Test func aDrainByAnOperatorWaitsForRunningTasks() {
        var agent = working()
        _ = agent.handle(from(.drain, 2), at: .seconds(1))
        #expect(!agent.handle(.tick, at: .seconds(3_000)).contains(.killSlot(0)))
        // Then the host is taken away after all.
        _ = agent.handle(.drain(reason: "SIGTERM", within: .seconds(20)), at: .seconds(3_000))
        #expect(agent.handle(.tick, at: .seconds(3_010)).contains(.killSlot(0)))
    }

    /// Scenario 25: a worker with a time limit announces its end before, and is gone in time.
    @Test func aWorkerLeavesBeforeItsTimeIsUp() {
        var terms = WorkerTerms()
        terms.timeLimit = .seconds(3_600)
        terms.grace = .seconds(60)
        var agent = working(terms: terms)
        #expect(agent.nextDeadline == .seconds(3_540))
        #expect(sends(agent.handle(.tick, at: .seconds(3_539))) == [])
        let drained = agent.handle(.tick, at: .seconds(3_540))
        #expect(sends(drained).first == .draining(reason: "its time limit of 3600 s is near"))
        #expect(agent.handle(.tick, at: .seconds(3_570)).contains(.killSlot(0)))
    }

    /// Scenario 25: a worker that has nothing to compute for a while leaves; one at work does not.
    @Test func anIdleWorkerLeaves() {
        var terms = WorkerTerms()
        terms.idleTimeout = .seconds(300)
        var agent = working(terms: terms, tasks: 0..<1)
        #expect(sends(agent.handle(.tick, at: .seconds(1_000))) == [])
        let result = SlotResult(task: 0, duration: .seconds(1), byteCount: 8)
        _ = agent.handle(.slot(0, [.finished(result)]), at: .seconds(1_000))
        #expect(
            !sends(agent.handle(.tick, at: .seconds(1_299))).contains { if case .draining = $0 { true } else { false } }
        )
        #expect(
            sends(agent.handle(.tick, at: .seconds(1_300)))
                .contains(.draining(reason: "it had nothing to compute for 300 s")))
    }

    /// A task that runs alone shares its slot, or its worker, with no other.
    @Test(arguments: Isolation.allCases) func aTaskAloneHasNoCompany(_ isolation: Isolation) {
        var agent = working(slots: 2, tasks: 0..<2)
        let alone = Lease(LeaseID(2), to: w1, runs: [TaskRun(7..<8, attempt: 3)], isolation: isolation)
        let more = Lease(LeaseID(3), to: w1, runs: [TaskRun(8..<10, attempt: 1)])
        var effects = agent.handle(from(.lease(alone), 2), at: .zero)
        effects += agent.handle(from(.lease(more), 3), at: .zero)
        effects += agent.handle(.slot(1, [.started(task: 1)]), at: .zero)
        #expect(!effects.contains { if case .command(_, .compute) = $0 { true } else { false } })
        let result = SlotResult(task: 1, duration: .seconds(1), byteCount: 8)
        effects = agent.handle(.slot(1, [.finished(result)]), at: .seconds(1))
        let compute = AgentSession.Effect.command(1, .compute([TaskRun(7..<8, attempt: 3)]))
        #expect(effects.contains(compute) == (isolation == .slot))
        let first = SlotResult(task: 0, duration: .seconds(1), byteCount: 8)
        effects = agent.handle(.slot(0, [.finished(first)]), at: .seconds(2))
        let runsAlone = AgentSession.Effect.command(0, .compute([TaskRun(7..<8, attempt: 3)]))
        #expect(effects.contains(runsAlone) == (isolation == .worker))
        #expect(agent.violations() == [])
        // When it is done the others go on.
        let slot = isolation == .worker ? 0 : 1
        let last = SlotResult(task: 7, duration: .seconds(1), byteCount: 8)
        effects = agent.handle(.slot(slot, [.started(task: 7), .finished(last)]), at: .seconds(3))
        #expect(effects.contains { if case .command(_, .compute) = $0 { true } else { false } })
        #expect(agent.violations() == [])
    }
}
