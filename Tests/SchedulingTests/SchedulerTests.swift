import Scheduling
import Testing

/// Transcripts: what a scheduler answers, effect by effect.
struct SchedulerTests {
    @Test func aWorkerThatAsksGetsALeaseAndTheFactsComeFirst() {
        var scheduler = Scheduler(tasks: 2)
        expect(
            scheduler.handle(.registered(w1, .init(slots: 1)), at: .zero),
            is: [.journal([.workerRegistered(w1, slots: 1, replacing: nil)]), .send(.adopt([]), to: w1)])
        let lease = Lease(LeaseID(1), to: w1, runs: [TaskRun(0..<1, attempt: 1)])
        expect(
            scheduler.handle(.requested(w1, leases: 1), at: .zero),
            is: [.journal([.leaseGranted(lease)]), .send(.lease(lease), to: w1)])
        expect(scheduler.violations(), is: [])
    }

    @Test func nothingIsLeasedToAWorkerThatDidNotAsk() {
        var scheduler = Scheduler(tasks: 2)
        _ = scheduler.handle(.registered(w1, .init(slots: 4)), at: .zero)
        expect(scheduler.handle(.heard(w1), at: .seconds(1)), is: [])
        expect(scheduler.handle(.requested(w1, leases: 0), at: .seconds(1)), is: [])
        #expect(scheduler.progress.open == 2)
    }

    @Test func aSlotHasAtMostTwoLeases() {
        var scheduler = Scheduler(tasks: 1_000)
        let effects = scheduler.join(w1, slots: 3, wanting: 1_000_000, at: .zero)
        #expect(leases(effects).count == 6)
        #expect(scheduler.violations() == [])
    }

    /// Scenario 31: the dearest tasks first, equal ones in the order of their numbers.
    @Test func tasksAreLeasedLongestFirst() {
        var scheduler = Scheduler(taskCount: 6, tasksPerPoint: 2) { [1e6, 8e6, 1e6][$0] }
        var order: [Int] = []
        for lease in leases(scheduler.join(w1, slots: 8, wanting: 16, at: .zero)) {
            order += lease.runs.flatMap { Array($0.tasks) }
        }
        #expect(order == [2, 3, 0, 1, 4, 5])
    }

    @Test func tinyTasksComeInFewContiguousRunsOfAtMostFourThousand() {
        var scheduler = Scheduler(taskCount: 100_000, tasksPerPoint: 1) { _ in 1 }
        var pending = leases(scheduler.join(w1, slots: 1, wanting: 2, at: .zero))
        #expect(pending.map(\.taskCount) == [64, 64])
        for _ in 0..<4 {
            let lease = pending.removeFirst()
            let report = lease.runs.map { FinishedRun($0, duration: .microseconds(10)) }
            pending += leases(scheduler.handle(.finished(w1, report), at: .seconds(1)))
        }
        #expect(pending.last?.taskCount == 4_096)
        #expect(pending.last?.runs.count == 1)
    }

    /// Guided self-scheduling: towards the end leases shrink, so that both slots end at about the same time.
    @Test func leasesShrinkTowardsTheEnd() {
        var scheduler = Scheduler(taskCount: 4_000, tasksPerPoint: 1) { _ in 1_000 }
        var pending = leases(scheduler.join(w1, wanting: 2, at: .zero))
        pending += leases(scheduler.join(w2, wanting: 2, at: .zero))
        var sizes: [Int] = []
        while !pending.isEmpty {
            let lease = pending.removeFirst()
            sizes.append(lease.taskCount)
            let report = lease.runs.map { FinishedRun($0, duration: .milliseconds($0.tasks.count)) }
            pending += leases(scheduler.handle(.finished(lease.worker, report), at: .seconds(1)))
        }
        #expect(sizes.reduce(0, +) == 4_000)
        #expect(sizes.max() ?? 0 <= 1_500)
        #expect(sizes.suffix(8).allSatisfy { $0 <= 4 })
    }

    /// Scenario 16: a silent worker is lost after four intervals; its tasks go to another one under the next attempt.
    @Test func theTasksOfASilentWorkerGoToAnother() {
        var scheduler = Scheduler(tasks: 1)
        _ = scheduler.join(w1, at: .zero)
        _ = scheduler.join(w2, at: .seconds(7))
        #expect(scheduler.nextDeadline == .seconds(8))
        expect(scheduler.handle(.heard(w2), at: .seconds(7.9)), is: [])
        let lease = Lease(LeaseID(2), to: w2, runs: [TaskRun(0..<1, attempt: 2)])
        expect(
            scheduler.handle(.tick, at: .seconds(8)),
            is: [
                .journal([.workerLost(w1), .leaseGranted(lease)]), .send(.lease(lease), to: w2),
                .send(.flush, to: w2),
            ])
        expect(
            scheduler.handle(.finished(w1, []), at: .seconds(9)),
            is: [.drop(.unknownWorker(w1)), .send(.registerAgain, to: w1)])
    }

    @Test func anyMessageRenewsTheLeases() {
        var scheduler = Scheduler(tasks: 1)
        _ = scheduler.join(w1, at: .zero)
        for second in stride(from: 7.0, to: 70, by: 7) {
            expect(scheduler.handle(.heard(w1), at: .seconds(second)), is: [])
        }
        #expect(scheduler.isMember(w1))
    }

    /// Scenario 16 and 29: a late result is welcome while its task is missing, and otherwise dropped.
    @Test func aLateResultIsWelcomeWhileItsTaskIsMissing() {
        var scheduler = Scheduler(tasks: 2)
        _ = scheduler.join(w1, wanting: 2, at: .zero)
        _ = scheduler.join(w2, wanting: 2, at: .seconds(7))
        _ = scheduler.handle(.tick, at: .seconds(8))
        let late = contents(1, [0..<1])
        expect(
            facts(scheduler.handle(.stored(late, from: w1), at: .seconds(9))), is: [.shardCommitted(late, worker: w1)])
        #expect(scheduler.isCommitted(0))
        expect(
            scheduler.handle(.stored(contents(2, [0..<1]), from: w2), at: .seconds(10)),
            is: [.drop(.duplicateShard(shard(2)))])
        #expect(!scheduler.wants([0..<1]))
        #expect(scheduler.wants([0..<2]))
        expect(scheduler.violations(), is: [])
    }

    @Test func reportsUnderAnOldAttemptAreDropped() {
        var scheduler = Scheduler(tasks: 1)
        _ = scheduler.join(w1, at: .zero)
        let stale = TaskRun(0..<1, attempt: 7)
        expect(
            scheduler.handle(.finished(w1, [FinishedRun(stale, duration: .seconds(1))]), at: .seconds(1)),
            is: [.drop(.staleAttempt(w1, task: 0))])
        let failure = AttemptFailure(task: 0, attempt: 7, .error, message: "late")
        expect(scheduler.handle(.failed(w1, failure), at: .seconds(1)), is: [.drop(.staleAttempt(w1, task: 0))])
        expect(
            scheduler.handle(.returned(w1, LeaseID(9), tasks: [0..<1]), at: .seconds(1)),
            is: [.drop(.staleLease(w1, LeaseID(9)))])
    }

    @Test func whatAWorkerHoldsIsNotLeasedAgainUnlessTheWorkerIsLost() {
        var scheduler = Scheduler(tasks: 1)
        let lease = leases(scheduler.join(w1, at: .zero))[0]
        _ = scheduler.handle(.finished(w1, [FinishedRun(lease.runs[0], duration: .seconds(1))]), at: .seconds(1))
        #expect(leases(scheduler.join(w2, at: .seconds(2))) == [])
        #expect(scheduler.progress.held == 1)
        _ = scheduler.handle(.heard(w2), at: .seconds(8))
        #expect(leases(scheduler.handle(.tick, at: .seconds(10))).map(\.worker) == [w2])
    }

    /// Scenario 32: a task is tried three times with growing pauses, then given up, and the others finish.
    @Test func aFailingTaskIsGivenUpAfterThreeAttempts() {
        var scheduler = Scheduler(tasks: 2)
        let pauses = scheduler.policy.retries
        _ = scheduler.join(w1, wanting: 2, at: .zero)
        var now = Instant.zero
        for (attempt, pause) in [(1, 1.0), (2, 2.0)] {
            let failure = AttemptFailure(task: 0, attempt: attempt, .error, message: "singular")
            let retryAt = now + pauses.pause(after: .error, count: attempt, task: 0, attempt: attempt)
            #expect(retryAt - now >= .seconds(pause) && retryAt - now <= .seconds(pause * 1.25))
            expect(
                scheduler.handle(.failed(w1, failure), at: now).first,
                is: .journal([.attemptFailed(failure, worker: w1, retryAt: retryAt)]))
            #expect(scheduler.nextDeadline == retryAt)
            now = retryAt
            #expect(
                leases(scheduler.handle(.heard(w1), at: now)).map(\.runs) == [[TaskRun(0..<1, attempt: attempt + 1)]])
        }
        let last = AttemptFailure(task: 0, attempt: 3, .error, message: "singular")
        expect(
            scheduler.handle(.failed(w1, last), at: now),
            is: [.journal([.attemptFailed(last, worker: w1, retryAt: .never)])])
        #expect(scheduler.givenUp == [last])
        let done = contents(1, [1..<2])
        expect(
            scheduler.handle(.stored(done, from: w1), at: now),
            is: [.journal([.shardCommitted(done, worker: w1)]), .send(.finish, to: w1), .complete])
    }

    /// Scenario 18 and 22: workers that vanish while they compute a task count against it, others do not.
    @Test func aTaskThatTakesFiveWorkersDownIsGivenUp() {
        var scheduler = Scheduler(tasks: 2)
        var now = Instant.zero
        for number in 1...5 {
            let worker = WorkerID(UInt32(number))
            _ = scheduler.join(worker, slots: 2, wanting: 4, at: now)
            for heartbeat in [7, 14, 21] {
                _ = scheduler.handle(.running(worker, tasks: [0]), at: now + .seconds(heartbeat))
            }
            now = now + .seconds(30)
            _ = scheduler.pass(until: now)
        }
        #expect(scheduler.givenUp.map(\.failureClass) == [.workerLost])
        #expect(scheduler.progress.failed == 1)
        #expect(scheduler.progress.open == 1)
        #expect(scheduler.violations() == [])
    }

    /// Scenario 19: the announced end of a worker blames no task.
    @Test func aDrainedWorkerThatVanishesBlamesNobody() {
        var scheduler = Scheduler(tasks: 1)
        _ = scheduler.join(w1, at: .zero)
        _ = scheduler.handle(.running(w1, tasks: [0]), at: .seconds(1))
        expect(facts(scheduler.handle(.drained(w1), at: .seconds(1))), is: [.workerDrained(w1)])
        expect(facts(scheduler.handle(.tick, at: .seconds(9))), is: [.workerLost(w1)])
        #expect(scheduler.progress.open == 1)
    }

    /// Scenario 28: what a busy worker has not started is asked back for an idle slot, once, and leased anew.
    @Test func unstartedTasksAreRetractedForAnIdleSlot() {
        var policy = Policy()
        policy.tailFactor = 0.1
        var scheduler = Scheduler(taskCount: 8, tasksPerPoint: 1, policy: policy) { _ in 100_000 }
        let first = leases(scheduler.join(w1, at: .zero))
        #expect(first.map(\.taskCount) == [8])
        let joined = scheduler.join(w2, at: .seconds(1))
        #expect(joined.contains(.send(.retract(LeaseID(1)), to: w1)))
        let effects = scheduler.handle(.returned(w1, LeaseID(1), tasks: [2..<8]), at: .seconds(1))
        #expect(facts(effects).first == .leaseReturned(LeaseID(1), tasks: [2..<8]))
        #expect(leases(effects).map(\.worker) == [w2])
        #expect(leases(effects).flatMap(\.runs) == [TaskRun(2..<8, attempt: 2)])
        expect(scheduler.handle(.returned(w1, LeaseID(1), tasks: []), at: .seconds(2)), is: [])
        #expect(scheduler.violations() == [])
    }

    @Test func aRegistrationReplacesTheFormerOneAndKeepsWhatIsCurrent() {
        var scheduler = Scheduler(tasks: 3)
        let first = leases(scheduler.join(w1, slots: 3, wanting: 3, at: .zero))
        #expect(first.count == 3)
        let membership = Scheduler.Membership(
            slots: 3, replacing: w1, unfinished: [TaskRun(1..<2, attempt: 1), TaskRun(2..<3, attempt: 9)],
            held: [TaskRun(0..<1, attempt: 1)])
        let held = Lease(LeaseID(4), to: w2, runs: [TaskRun(0..<1, attempt: 1)])
        let kept = Lease(LeaseID(5), to: w2, runs: [TaskRun(1..<2, attempt: 1)])
        expect(
            scheduler.handle(.registered(w2, membership), at: .seconds(1)),
            is: [
                .journal([.workerRegistered(w2, slots: 3, replacing: w1), .leaseGranted(held), .leaseGranted(kept)]),
                .send(.adopt([kept]), to: w2),
            ])
        #expect(scheduler.progress.held == 1)
        #expect(scheduler.progress.open == 1)
        #expect(!scheduler.isMember(w1))
        #expect(scheduler.violations() == [])
    }

    @Test func aDifferentResultStopsItsPointAndKeepsBoth() {
        var scheduler = Scheduler(tasks: 4, perPoint: 2)
        _ = scheduler.handle(.stored(contents(1, [0..<1]), from: w1), at: .zero)
        let other = ShardContents(digest: shard(2), tasks: [0..<1], fingerprints: [7])
        expect(
            scheduler.handle(.stored(other, from: w2), at: .zero),
            is: [
                .journal([
                    .shardCommitted(other, worker: w2),
                    .resultConflict(task: 0, committed: 100, other: 7, shard: shard(2), worker: w2),
                ])
            ])
        #expect(scheduler.stoppedPoints == [0])
        #expect(scheduler.progress.stopped == 1)
        let rest = leases(scheduler.join(w1, slots: 4, wanting: 8, at: .zero)).flatMap(\.runs).flatMap { $0.tasks }
        #expect(rest == [2, 3])
        #expect(scheduler.violations() == [])
    }

    /// After a restart only those conflicts count of which two results are still there.
    @Test func aPointGoesOnWhenOneOfTwoResultsIsGone() {
        let one = contents(1, [0..<1, 4..<5])
        let other = contents(2, [0..<1, 4..<5], offset: 7)
        let conflicts: [Fact] = [0, 4].map {
            .resultConflict(task: $0, committed: UInt64($0) + 100, other: UInt64($0) + 7, shard: shard(2), worker: w2)
        }
        func restored(_ shards: [ShardContents]) -> Scheduler {
            var scheduler = Scheduler(tasks: 8, perPoint: 2)
            for contents in shards { scheduler.apply(.shardCommitted(contents, worker: w1)) }
            for conflict in conflicts { scheduler.apply(conflict) }
            return scheduler
        }
        var whole = restored([one, other])
        #expect(whole.settleConflicts(among: [one, other]) == [])
        #expect(whole.stoppedPoints == [0, 2])
        for left in [one, other] {
            var scheduler = restored([left])
            #expect(scheduler.settleConflicts(among: [left]) == [.conflictsVoid(tasks: [0..<1, 4..<5])])
            #expect(scheduler.stoppedPoints == [] && scheduler.progress.stopped == 0)
            scheduler.resume(at: .zero)
            let runs = leases(scheduler.join(w1, slots: 4, wanting: 8, at: .zero)).flatMap(\.runs).flatMap { $0.tasks }
            #expect(runs.sorted() == [1, 2, 3, 5, 6, 7])
            #expect(scheduler.violations() == [])
        }
        // Of one point both are there, of the other only one; then that comes back.
        let half = contents(3, [0..<1], offset: 7)
        var scheduler = restored([one, half])
        #expect(scheduler.settleConflicts(among: [one, half]) == [.conflictsVoid(tasks: [4..<5])])
        #expect(scheduler.stoppedPoints == [0] && scheduler.violations() == [])
        let found = Fact.resultConflict(task: 4, committed: 104, other: 11, shard: shard(2), worker: WorkerID(0))
        #expect(scheduler.settleConflicts(among: [one, half, other]) == [found])
        #expect(scheduler.stoppedPoints == [0, 2] && scheduler.violations() == [])
    }

    @Test func aRefusedShardSendsItsTasksBack() {
        var scheduler = Scheduler(tasks: 1)
        let lease = leases(scheduler.join(w1, at: .zero))[0]
        _ = scheduler.handle(.finished(w1, [FinishedRun(lease.runs[0], duration: .seconds(1))]), at: .seconds(1))
        let failure = AttemptFailure(task: 0, attempt: 1, .refusedResult, message: "damaged")
        let pause = scheduler.policy.retries.pause(after: .refusedResult, count: 1, task: 0, attempt: 1)
        expect(
            facts(scheduler.handle(.refused(tasks: [0..<1], from: w1, reason: "damaged"), at: .seconds(1))),
            is: [.attemptFailed(failure, worker: w1, retryAt: .seconds(1) + pause)])
    }

    /// Scenario 1: a complete run says so at once and leases nothing.
    @Test func aRestoredCompleteRunIsComplete() {
        var scheduler = Scheduler(tasks: 1)
        scheduler.apply(.shardCommitted(contents(1, [0..<1]), worker: w1))
        scheduler.resume(at: .seconds(5))
        expect(scheduler.handle(.tick, at: .seconds(5)), is: [.complete])
        expect(scheduler.handle(.tick, at: .seconds(6)), is: [])
    }

    @Test func aRunWithoutTasksIsCompleteAtOnce() {
        var scheduler = Scheduler(tasks: 0)
        expect(scheduler.handle(.tick, at: .zero), is: [.complete])
    }

    /// Scenario 3: after a restart exactly the unfinished tasks run, under higher attempt numbers.
    @Test func afterARestartTheUnfinishedTasksRunAgain() {
        var first = Scheduler(tasks: 3)
        var journal = facts(first.join(w1, slots: 3, wanting: 3, at: .zero))
        journal += facts(first.handle(.stored(contents(1, [1..<2]), from: w1), at: .seconds(1)))
        var second = Scheduler(tasks: 3)
        for fact in journal { second.apply(fact) }
        #expect(second.ledger == first.ledger)
        second.resume(at: .seconds(1))
        #expect(leases(second.join(w2, slots: 3, wanting: 3, at: .seconds(2))) == [])
        let runs = leases(second.handle(.tick, at: .seconds(9))).flatMap(\.runs)
        #expect(runs == [TaskRun(0..<1, attempt: 2), TaskRun(2..<3, attempt: 2)])
    }

    /// Scenario 14: the disk of a worker that loses results is no fault of their tasks, however often it does.
    @Test func resultsThatAWorkerLostGoBackWithoutAFailure() {
        var scheduler = Scheduler(tasks: 3)
        var pending = leases(scheduler.join(w1, slots: 3, wanting: 3, at: .zero))
        for round in 1...9 {
            #expect(pending.flatMap(\.runs).allSatisfy { $0.attempt == round })
            let report = pending.flatMap(\.runs).map { FinishedRun($0, duration: .seconds(1)) }
            _ = scheduler.handle(.finished(w1, report), at: .seconds(1))
            #expect(scheduler.progress.held == 3)
            let lost = scheduler.handle(.lost(tasks: [0..<3, 7..<9], from: w1), at: .seconds(1))
            #expect(facts(lost).contains(.leaseReturned(pending[0].id, tasks: [0..<1])))
            #expect(!facts(lost).contains { if case .attemptFailed = $0 { true } else { false } })
            pending = leases(lost)
            #expect(scheduler.violations() == [])
        }
        #expect(scheduler.givenUp == [])
        // Only of the worker that holds them.
        _ = scheduler.join(w2, at: .seconds(2))
        expect(facts(scheduler.handle(.lost(tasks: [0..<3], from: w2), at: .seconds(2))), is: [])
    }
}
