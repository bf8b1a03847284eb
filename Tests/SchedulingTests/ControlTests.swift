import Scheduling
import Testing

/// What operators want of a run, against the pure scheduler.
struct ControlTests {
    private func origin(_ number: UInt64, _ reason: String = "") -> ControlOrigin {
        ControlOrigin(RequestID(client: 7, number: number), who: "anna", reason: reason)
    }

    private func cancel(_ tasks: [Range<Int>], _ number: UInt64 = 1) -> Scheduler.Event {
        .controlled(ControlRequest(.cancel(tasks), origin(number)))
    }

    private func retry(_ tasks: [Range<Int>], _ number: UInt64 = 2) -> Scheduler.Event {
        .controlled(ControlRequest(.retry(tasks), origin(number)))
    }

    private func done(_ changed: Int, _ number: UInt64 = 1) -> Scheduler.Effect {
        .answer(ControlReply(origin(number).request, .done(changed: changed)))
    }

    /// Scenario 5: the fact comes first, then the worker is told, and the answer is last.
    @Test func cancelledTasksLeaveTheRunAndTheirWorkerIsTold() {
        var scheduler = Scheduler(tasks: 4)
        _ = scheduler.join(w1, at: .zero)
        expect(
            scheduler.handle(cancel([0..<3]), at: .seconds(1)),
            is: [
                .journal([
                    .tasksCancelled(tasks: [0..<3], origin(1)),
                    .leaseGranted(Lease(LeaseID(2), to: w1, runs: [TaskRun(3..<4, attempt: 1)])),
                ]),
                .send(.cancel([0..<1]), to: w1), done(3),
                .send(.lease(Lease(LeaseID(2), to: w1, runs: [TaskRun(3..<4, attempt: 1)])), to: w1),
                .send(.flush, to: w1),
            ])
        #expect(scheduler.progress.cancelled == 3)
        #expect(scheduler.state(of: 0) == .cancelled)
        expect(scheduler.violations(), is: [])
    }

    /// Scenario 11: a request that comes again, as after a lost answer, is answered alike and done once.
    @Test func aRepeatedRequestGetsTheStoredAnswer() {
        var scheduler = Scheduler(tasks: 4)
        _ = scheduler.handle(cancel([0..<2]), at: .zero)
        expect(scheduler.handle(cancel([0..<4]), at: .seconds(1)), is: [done(2)])
        #expect(scheduler.progress.open == 2)
        var restored = Scheduler(tasks: 4)
        restored.apply(.tasksCancelled(tasks: [0..<2], origin(1)))
        restored.resume(at: .seconds(1))
        expect(restored.handle(cancel([0..<4]), at: .seconds(2)), is: [done(2)])
        expect(restored.handle(cancel([0..<1], 9), at: .seconds(2)), is: [done(0, 9)])
    }

    @Test func onlyWhatWaitsOrIsComputedCanBeCancelled() {
        var scheduler = Scheduler(tasks: 3)
        _ = scheduler.handle(.stored(contents(1, [1..<2]), from: w1), at: .zero)
        expect(
            facts(scheduler.handle(cancel([0..<2, 1..<2, -3 ..< -1, 2..<Int.max]), at: .zero)),
            is: [.tasksCancelled(tasks: [0..<1, 2..<3], origin(1))])
        #expect(scheduler.isComplete)
        #expect(scheduler.state(of: 1) == .committed)
    }

    /// Scenario 30: the commit is first in the journal, so that the cancellation changes nothing.
    @Test func aCancellationAfterTheCommitChangesNothing() {
        var scheduler = Scheduler(tasks: 1)
        _ = scheduler.join(w1, at: .zero)
        _ = scheduler.handle(.stored(contents(1, [0..<1]), from: w1), at: .seconds(1))
        expect(scheduler.handle(cancel([0..<1]), at: .seconds(1)), is: [done(0)])
        #expect(scheduler.state(of: 0) == .committed)
    }

    /// Scenario 26: a worker that was away when an operator dismissed it gets no work when it is back, also after a restart.
    @Test func aDismissedWorkerThatWasLostIsDismissedWhenItComesBack() {
        var first = Scheduler(tasks: 9)
        var journal = facts(first.join(w1, at: .zero))
        let origin = ControlOrigin(RequestID(client: 1, number: 9), who: "operator")
        journal += facts(first.handle(.controlled(ControlRequest(.drain(w1), origin)), at: .seconds(1)))
        journal += facts(first.pass(until: .seconds(20)))
        #expect(journal.last == .workerLost(w1))
        var second = Scheduler(tasks: 9)
        for fact in journal { second.apply(fact) }
        second.resume(at: .seconds(20))
        #expect(second.ledger == first.ledger)
        let back = second.handle(.registered(w2, .init(slots: 1, replacing: w1)), at: .seconds(21))
        #expect(back.contains(.send(.drain, to: w2)))
        #expect(facts(back).last == .workerDrained(w2))
        expect(leases(second.handle(.requested(w2, leases: 2), at: .seconds(21))), is: [])
    }

    /// Scenario 30: cancelling everything ends a run only after the results are delivered that workers hold.
    @Test func cancellingAllKeepsWhatIsHeld() {
        var scheduler = Scheduler(tasks: 3)
        let pending = leases(scheduler.join(w1, slots: 2, wanting: 2, at: .zero))
        _ = scheduler.handle(.finished(w1, [FinishedRun(pending[0].runs[0], duration: .seconds(1))]), at: .seconds(1))
        let effects = scheduler.handle(cancel([0..<3]), at: .seconds(1))
        #expect(effects.dropFirst() == [.send(.cancel([1..<3]), to: w1), done(3)])
        #expect(scheduler.progress.cancelled == 3)
        #expect(!scheduler.isComplete)
        let end = scheduler.handle(.stored(contents(1, [0..<1]), from: w1), at: .seconds(2))
        #expect(end.contains(.complete))
        #expect(scheduler.progress.committed == 1)
        expect(scheduler.violations(), is: [])
    }

    /// Nothing more comes for its shard, so that the worker closes it at once.
    @Test func whoeverHoldsACancelledResultIsToldToDeliverIt() {
        var scheduler = Scheduler(tasks: 100)
        let run = leases(scheduler.join(w1, at: .zero))[0].runs[0]
        #expect(run.tasks.count < 100)
        _ = scheduler.handle(.requested(w1, leases: 0), at: .seconds(1))
        _ = scheduler.handle(.finished(w1, [FinishedRun(run, duration: .seconds(1))]), at: .seconds(1))
        let effects = scheduler.handle(cancel([0..<100]), at: .seconds(1))
        #expect(effects.dropFirst() == [done(100), .send(.flush, to: w1)])
    }

    /// Scenario 30: the cancellation is first; a result that comes all the same costs nothing more and is kept.
    @Test func aResultAfterTheCancellationIsWelcome() {
        var scheduler = Scheduler(tasks: 2)
        let run = leases(scheduler.join(w1, at: .zero))[0].runs[0]
        _ = scheduler.handle(.finished(w1, [FinishedRun(run, duration: .seconds(1))]), at: .seconds(1))
        let effects = scheduler.handle(cancel([0..<1]), at: .seconds(1))
        // It is computed already, so that the worker has nothing to stop.
        #expect(facts(effects).first == .tasksCancelled(tasks: [0..<1], origin(1)))
        #expect(!effects.contains { if case .send(.cancel, _) = $0 { true } else { false } })
        #expect(effects.contains(done(1)))
        #expect(scheduler.wants([0..<1]))
        let late = contents(1, [0..<1])
        expect(
            facts(scheduler.handle(.stored(late, from: w1), at: .seconds(2))), is: [.shardCommitted(late, worker: w1)])
        #expect(scheduler.state(of: 0) == .committed)
        #expect(scheduler.progress.cancelled == 0)
        expect(scheduler.violations(), is: [])
    }

    /// A run of two tasks whose results a worker holds when all is cancelled, and a second worker without work.
    private func cancelledWhileHeld() -> (Scheduler, journal: [Fact]) {
        var scheduler = Scheduler(tasks: 2)
        var journal = facts(scheduler.join(w1, slots: 2, wanting: 2, at: .zero))
        journal += facts(scheduler.join(w2, at: .zero))
        let runs = (0..<2).map { FinishedRun(TaskRun($0..<$0 + 1, attempt: 1), duration: .seconds(1)) }
        journal += facts(scheduler.handle(.finished(w1, runs), at: .seconds(1)))
        let effects = scheduler.handle(cancel([0..<2]), at: .seconds(2))
        journal += facts(effects)
        #expect(facts(effects) == [.tasksCancelled(tasks: [0..<2], origin(1))])
        #expect(!effects.contains(.complete))
        return (scheduler, journal)
    }

    /// Scenario 30: a cancellation holds also for results that are lost before they are committed: nobody computes them again.
    @Test(
        arguments: [
            .refused(tasks: [0..<2], from: w1, reason: "damaged"), .lost(tasks: [0..<2], from: w1), .left(w1),
            .registered(WorkerID(3), .init(slots: 2, replacing: w1)),
        ] as [Scheduler.Event])
    func cancelledResultsThatAreLostAreNotComputedAgain(loss: Scheduler.Event) {
        var (scheduler, journal) = cancelledWhileHeld()
        let effects = scheduler.handle(loss, at: .seconds(3))
        journal += facts(effects)
        #expect(leases(effects) == [])
        #expect(effects.last == .complete)
        #expect(scheduler.progress.cancelled == 2)
        #expect(scheduler.violations() == [])
        var restored = Scheduler(tasks: 2)
        for fact in journal { restored.apply(fact) }
        #expect(restored.ledger == scheduler.ledger)
    }

    /// Scenario 30: the same when the worker that holds them vanishes.
    @Test func cancelledResultsAreLostWithTheirWorker() {
        var (scheduler, _) = cancelledWhileHeld()
        _ = scheduler.handle(.heard(w2), at: .seconds(6))
        let effects = scheduler.pass(until: .seconds(12))
        #expect(facts(effects) == [.workerLost(w1)])
        #expect(effects.last == .complete)
        #expect(scheduler.suspectedTasks == [])
    }

    /// Scenario 23 and 30: a worker that was away delivers the cancelled results that it holds before the run ends.
    @Test func cancelledResultsAreWelcomeFromAWorkerThatComesBack() {
        var scheduler = Scheduler(tasks: 3)
        let first = leases(scheduler.join(w1, slots: 2, wanting: 2, at: .zero))
        #expect(first.flatMap(\.runs).map(\.tasks) == [0..<1, 1..<2])
        _ = scheduler.join(w2, at: .zero)
        let runs = first.flatMap(\.runs).map { FinishedRun($0, duration: .seconds(1)) }
        _ = scheduler.handle(.finished(w1, runs), at: .seconds(1))
        _ = scheduler.handle(cancel([0..<2]), at: .seconds(2))
        for moment in [4.0, 8] { _ = scheduler.handle(.heard(w2), at: .seconds(moment)) }
        _ = scheduler.pass(until: .seconds(11))
        #expect(!scheduler.isMember(w1))
        let back = Scheduler.Membership(slots: 2, replacing: w1, held: first.flatMap(\.runs))
        _ = scheduler.handle(.registered(WorkerID(3), back), at: .seconds(11))
        #expect(scheduler.violations() == [])
        let last = scheduler.handle(.stored(contents(1, [2..<3]), from: w2), at: .seconds(12))
        #expect(!last.contains(.complete))
        let late = scheduler.handle(.stored(contents(2, [0..<2]), from: WorkerID(3)), at: .seconds(13))
        #expect(late.contains(.complete))
        #expect(scheduler.progress.committed == 3)
    }

    /// Of a task that is wanted again nobody waits for the result of before; it is welcome all the same.
    @Test func aRetriedTaskIsOpenAlthoughItsResultIsHeld() {
        var (scheduler, _) = cancelledWhileHeld()
        let effects = scheduler.handle(retry([0..<2]), at: .seconds(3))
        #expect(leases(effects).flatMap(\.runs).allSatisfy { $0.attempt == 2 })
        #expect(scheduler.violations() == [])
        let end = scheduler.handle(.stored(contents(1, [0..<2]), from: w1), at: .seconds(4))
        #expect(end.contains(.complete))
        #expect(scheduler.violations() == [])
    }

    /// Scenario 30: what a worker reports of a cancelled task is too late, and blames nobody.
    @Test func reportsAboutACancelledTaskAreDropped() {
        var scheduler = Scheduler(tasks: 2)
        _ = scheduler.join(w1, at: .zero)
        _ = scheduler.handle(cancel([0..<1]), at: .seconds(1))
        let failure = AttemptFailure(task: 0, attempt: 1, .crash, message: "signal SIGKILL")
        expect(scheduler.handle(.failed(w1, failure), at: .seconds(2)), is: [.drop(.staleAttempt(w1, task: 0))])
        let report = [FinishedRun(TaskRun(0..<1, attempt: 1), duration: .seconds(1))]
        expect(scheduler.handle(.finished(w1, report), at: .seconds(2)), is: [.drop(.staleAttempt(w1, task: 0))])
        expect(
            scheduler.handle(.returned(w1, LeaseID(1), tasks: [0..<1]), at: .seconds(2)),
            is: [.drop(.staleLease(w1, LeaseID(1)))])
        // Nor does the loss of its worker count against it.
        _ = scheduler.handle(.running(w1, tasks: [0]), at: .seconds(3))
        let lost = facts(scheduler.pass(until: .seconds(60)))
        #expect(lost == [.workerLost(w1)])
        #expect(scheduler.state(of: 0) == .cancelled)
    }

    @Test func aRunWhoseRestIsCancelledIsComplete() {
        var scheduler = Scheduler(tasks: 2)
        _ = scheduler.join(w1, at: .zero)
        let effects = scheduler.handle(cancel([0..<2]), at: .seconds(1))
        #expect(effects.suffix(2) == [.send(.finish, to: w1), .complete])
        expect(
            scheduler.handle(retry([0..<2]), at: .seconds(1)),
            is: [.answer(ControlReply(origin(2).request, .ending))])
    }

    /// A task that was given up runs again under the next attempt number, with all its tries.
    @Test func aRetriedTaskHasAllItsTriesAgain() {
        var scheduler = Scheduler(tasks: 2)
        _ = scheduler.join(w1, slots: 2, wanting: 2, at: .zero)
        var now = Instant.zero
        for attempt in 1...3 {
            let failure = AttemptFailure(task: 0, attempt: attempt, .error, message: "singular")
            _ = scheduler.handle(.failed(w1, failure), at: now)
            now = now + .seconds(5)
            _ = scheduler.handle(.heard(w1), at: now)
        }
        #expect(scheduler.givenUp.map(\.attempt) == [3])
        let effects = scheduler.handle(retry([0..<2]), at: now)
        // Task 1 never failed, so there is nothing to forget.
        #expect(facts(effects).first == .tasksRetried(tasks: [0..<1], origin(2)))
        #expect(leases(effects).flatMap(\.runs) == [TaskRun(0..<1, attempt: 4)])
        #expect(scheduler.givenUp == [])
        let failure = AttemptFailure(task: 0, attempt: 4, .error, message: "singular")
        let pause = scheduler.policy.retries.pause(after: .error, count: 1, task: 0, attempt: 4)
        #expect(
            facts(scheduler.handle(.failed(w1, failure), at: now))
                == [.attemptFailed(failure, worker: w1, retryAt: now + pause)])
        #expect(scheduler.progress.retrying == 1)
        expect(scheduler.violations(), is: [])
    }

    @Test func aRetryEndsThePauseOfATask() {
        var scheduler = Scheduler(tasks: 1)
        _ = scheduler.join(w1, at: .zero)
        let failure = AttemptFailure(task: 0, attempt: 1, .error, message: "singular")
        _ = scheduler.handle(.failed(w1, failure), at: .zero)
        let pause = scheduler.policy.retries.pause(after: .error, count: 1, task: 0, attempt: 1)
        #expect(scheduler.state(of: 0) == .retrying(at: .zero + pause))
        let effects = scheduler.handle(retry([0..<1]), at: .seconds(0.1))
        #expect(leases(effects).flatMap(\.runs) == [TaskRun(0..<1, attempt: 2)])
        expect(scheduler.violations(), is: [])
    }

    /// Scenario 5: a cancelled task and its reason survive a restart; retried, it runs.
    @Test func aCancelledTaskStaysCancelledAfterARestartUntilItIsRetried() {
        var first = Scheduler(tasks: 2)
        var journal = facts(first.join(w1, at: .zero)) + facts(first.handle(cancel([0..<1]), at: .seconds(1)))
        var second = Scheduler(tasks: 2)
        for fact in journal { second.apply(fact) }
        #expect(second.ledger == first.ledger)
        second.resume(at: .seconds(2))
        _ = second.pass(until: .seconds(60))
        #expect(leases(second.join(w2, slots: 2, wanting: 2, at: .seconds(60))).flatMap(\.runs).map(\.tasks) == [1..<2])
        let effects = second.handle(retry([0..<1]), at: .seconds(61))
        journal = facts(effects)
        #expect(leases(effects).flatMap(\.runs) == [TaskRun(0..<1, attempt: 2)])
        expect(second.violations(), is: [])
    }

    /// A worker that was away while its task was cancelled hears of it when it is back.
    @Test func aWorkerThatComesBackIsToldWhatWasCancelledMeanwhile() {
        var scheduler = Scheduler(tasks: 2)
        _ = scheduler.join(w1, at: .zero)
        _ = scheduler.pass(until: .seconds(60))
        _ = scheduler.handle(cancel([0..<1]), at: .seconds(60))
        let effects = scheduler.handle(
            .registered(w2, .init(slots: 1, replacing: w1, unfinished: [TaskRun(0..<1, attempt: 1)])), at: .seconds(61))
        #expect(effects.suffix(2) == [.send(.adopt([]), to: w2), .send(.cancel([0..<1]), to: w2)])
    }

    /// Scenario 26: the worker finishes what it computes, gets nothing more, and is told so again when it comes back.
    @Test func aDismissedWorkerGetsNoMoreWork() {
        var scheduler = Scheduler(tasks: 3)
        _ = scheduler.join(w1, at: .zero)
        let request = ControlRequest(.drain(w1), origin(1))
        expect(
            scheduler.handle(.controlled(request), at: .seconds(1)),
            is: [.journal([.workerDrained(w1)]), .send(.drain, to: w1), done(1)])
        expect(
            scheduler.handle(.controlled(ControlRequest(.drain(w1), origin(2))), at: .seconds(1)),
            is: [.send(.drain, to: w1), done(0, 2)])
        let report = [FinishedRun(TaskRun(0..<1, attempt: 1), duration: .seconds(1))]
        #expect(leases(scheduler.handle(.finished(w1, report), at: .seconds(2))) == [])
        // A drain outlives a new registration, also one with a coordinator that was restarted meanwhile.
        let back = Scheduler.Membership(slots: 1, replacing: w1, held: [TaskRun(0..<1, attempt: 1)])
        let effects = scheduler.handle(.registered(w2, back), at: .seconds(3))
        #expect(facts(effects).contains(.workerDrained(w2)))
        #expect(effects.last == .send(.drain, to: w2))
        #expect(leases(scheduler.handle(.requested(w2, leases: 2), at: .seconds(3))) == [])
        expect(scheduler.violations(), is: [])
    }

    @Test func aWorkerThatIsGoneCannotBeDrained() {
        var scheduler = Scheduler(tasks: 1)
        expect(
            scheduler.handle(.controlled(ControlRequest(.drain(w2), origin(1))), at: .zero),
            is: [.answer(ControlReply(origin(1).request, .refused(reason: "there is no worker 2 any more")))])
    }

    /// Without a coordinator the same facts come about; a complete run is opened again.
    @Test func anUnservedRunIsSteeredByTheSameFacts() {
        var scheduler = Scheduler(tasks: 3)
        let cancellation = ControlRequest(.cancel([0..<2]), origin(1))
        let (facts, reply) = scheduler.steer(cancellation)
        #expect(facts == [.tasksCancelled(tasks: [0..<2], origin(1))])
        #expect(reply.outcome == .done(changed: 2))
        #expect(scheduler.steer(cancellation).facts == [])
        #expect(scheduler.steer(cancellation).reply == reply)
        _ = scheduler.handle(.stored(contents(1, [2..<3]), from: w1), at: .zero)
        #expect(scheduler.isComplete)
        let again = scheduler.steer(ControlRequest(.retry([0..<3]), origin(2)))
        #expect(again.facts == [.tasksRetried(tasks: [0..<2], origin(2))])
        #expect(!scheduler.isComplete)
        #expect(scheduler.violations() == [])
    }
}
