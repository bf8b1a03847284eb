import Scheduling
import Testing

/// Tasks that are taken from a busy worker for an idle one, whatever happens meanwhile; and who gets what in which order.
struct StealingTests {
    /// What may happen to a task between the question to give it back and the answer.
    enum Turn: CaseIterable {
        case finished, running, failed, cancelled, sourceLost, targetLost
    }

    /// Worker 1 has eight equal tasks in one lease; worker 2 is idle, so that they are asked back.
    private func asked() -> Scheduler {
        var policy = Policy()
        policy.tailFactor = 0.1
        policy.retries.setPauses(.milliseconds(1))
        var scheduler = Scheduler(taskCount: 8, tasksPerPoint: 1, policy: policy) { _ in 100_000 }
        #expect(leases(scheduler.join(w1, at: .zero)).map(\.taskCount) == [8])
        _ = scheduler.handle(.running(w1, tasks: [0]), at: .zero)
        #expect(scheduler.join(w2, at: .seconds(1)).contains(.send(.retract(LeaseID(1)), to: w1)))
        return scheduler
    }

    /// A journal that names tasks beyond the sweep, or none, costs nothing but what it says of tasks that exist.
    @Test(arguments: [100..<200, 8..<9, 3..<3])
    func aLeaseOfTasksThatDoNotExistIsAskedBackLikeAnyOther(stray: Range<Int>) {
        var policy = Policy()
        policy.tailFactor = 0.1
        var scheduler = Scheduler(taskCount: 8, tasksPerPoint: 1, policy: policy) { _ in 100_000 }
        scheduler.apply(.workerRegistered(w1, slots: 1, replacing: nil))
        let runs = [TaskRun(stray, attempt: 1), TaskRun(0..<8, attempt: 1)]
        scheduler.apply(.leaseGranted(Lease(LeaseID(1), to: w1, runs: runs)))
        scheduler.resume(at: .zero)
        #expect(scheduler.ledger.leases.tasks(of: LeaseID(1)) == [0..<8])
        _ = scheduler.handle(.running(w1, tasks: [0]), at: .zero)
        #expect(scheduler.join(w2, at: .seconds(1)).contains(.send(.retract(LeaseID(1)), to: w1)))
        expect(scheduler.violations(), is: [])
    }

    private func finish(_ tasks: Range<Int>) -> [FinishedRun] {
        [FinishedRun(TaskRun(tasks, attempt: 1), duration: .milliseconds(10))]
    }

    /// Scenario 28: whatever happens to tasks that were asked back, each ends up with one result or one fate.
    @Test(arguments: Turn.allCases) func tasksThatAreAskedBackAreComputedOnce(turn: Turn) {
        var scheduler = asked()
        var now = Instant.seconds(1)
        // Task 1 is the one of which the answer will, or will not, speak.
        var returned = [1..<8]
        switch turn {
        case .finished:
            _ = scheduler.handle(.finished(w1, finish(1..<2)), at: now)
            // The answer crosses the report: task 1 is held, so that giving it back is too late.
            #expect(scheduler.progress.held == 1)
        case .running:
            _ = scheduler.handle(.running(w1, tasks: [1]), at: now)
            returned = [2..<8]
        case .failed:
            let failure = AttemptFailure(task: 1, attempt: 1, .error, message: "singular")
            _ = scheduler.handle(.failed(w1, failure), at: now)
            returned = [2..<8]
        case .cancelled:
            let origin = ControlOrigin(RequestID(client: 1, number: 1), who: "anna")
            _ = scheduler.handle(.controlled(ControlRequest(.cancel([1..<2]), origin)), at: now)
        case .sourceLost:
            now = .seconds(8.5)
            let effects = scheduler.handle(.heard(w2), at: now)
            #expect(facts(effects).first == .workerLost(w1) || facts(effects).contains(.workerLost(w1)))
        case .targetLost:
            _ = scheduler.handle(.heard(w1), at: .seconds(7))
            now = .seconds(9.5)
            #expect(facts(scheduler.handle(.heard(w1), at: now)).contains(.workerLost(w2)))
        }
        let answer = scheduler.handle(.returned(w1, LeaseID(1), tasks: returned), at: now)
        expect(scheduler.violations(), is: [])
        switch turn {
        case .finished: #expect(facts(answer).first == .leaseReturned(LeaseID(1), tasks: [2..<8]))
        case .running, .failed: #expect(facts(answer).first == .leaseReturned(LeaseID(1), tasks: [2..<8]))
        case .cancelled: #expect(facts(answer).first == .leaseReturned(LeaseID(1), tasks: [2..<8]))
        case .targetLost: #expect(facts(answer).first == .leaseReturned(LeaseID(1), tasks: [1..<8]))
        case .sourceLost: #expect(answer == [.drop(.unknownWorker(w1)), .send(.registerAgain, to: w1)])
        }
        complete(&scheduler, from: now)
        let isCancelled = turn == .cancelled
        #expect(scheduler.progress.committed == (isCancelled ? 7 : 8))
        #expect(scheduler.progress.cancelled == (isCancelled ? 1 : 0))
        expect(scheduler.violations(), is: [])
    }

    /// Lets an honest worker compute what it is leased until the run is complete.
    private func complete(_ scheduler: inout Scheduler, from start: Instant) {
        var now = start + .seconds(20)
        let worker = scheduler.nextWorker
        var pending = leases(scheduler.join(worker, slots: 2, wanting: 4, at: now))
        var rounds = 0
        while !scheduler.isComplete, rounds < 100 {
            rounds += 1
            now = now + .seconds(1)
            let runs = pending.filter { $0.worker == worker }.flatMap(\.runs)
            pending = leases(scheduler.handle(.heard(worker), at: now))
            for run in runs {
                pending += leases(scheduler.handle(.stored(contents(0, [run.tasks]), from: worker), at: now))
            }
        }
        #expect(scheduler.isComplete)
    }

    /// Scenario 29: completions that come twice, late, or about nothing known change nothing and are counted.
    @Test func reportsAboutUnknownTasksAndWorkersAreCountedOnly() {
        var scheduler = Scheduler(tasks: 2)
        _ = scheduler.join(w1, at: .zero)
        let before = scheduler.ledger
        let stranger = WorkerID(77)
        expect(
            scheduler.handle(
                .finished(stranger, [FinishedRun(TaskRun(0..<1, attempt: 1), duration: .zero)]), at: .zero),
            is: [.drop(.unknownWorker(stranger)), .send(.registerAgain, to: stranger)])
        expect(
            scheduler.handle(.finished(w1, [FinishedRun(TaskRun(5..<9, attempt: 1), duration: .zero)]), at: .zero),
            is: [.drop(.malformed(w1))])
        expect(
            scheduler.handle(.failed(w1, AttemptFailure(task: -1, attempt: 1, .error, message: "")), at: .zero),
            is: [.drop(.malformed(w1))])
        expect(
            scheduler.handle(.stored(contents(1, [5..<6]), from: w1), at: .zero), is: [.drop(.malformed(w1))])
        expect(
            scheduler.handle(.returned(w1, LeaseID(99), tasks: [0..<1]), at: .zero),
            is: [.drop(.staleLease(w1, LeaseID(99)))])
        expect(scheduler.handle(.left(stranger), at: .zero), is: [.drop(.unknownWorker(stranger))])
        #expect(scheduler.ledger == before)
        // The same completion twice: the second one finds the task held already.
        let report = [FinishedRun(TaskRun(0..<1, attempt: 1), duration: .zero)]
        _ = scheduler.handle(.finished(w1, report), at: .zero)
        #expect(facts(scheduler.handle(.finished(w1, report), at: .zero)) == [])
        #expect(scheduler.progress.held == 1)
        expect(scheduler.violations(), is: [])
    }

    /// Scenario 31: a dearer task that comes back goes before cheaper ones, and among equal ones the lowest number.
    @Test func aDearTaskThatComesBackGoesFirst() {
        var policy = Policy()
        policy.retries.setPauses(.seconds(1))
        policy.tailFactor = 8
        var scheduler = Scheduler(taskCount: 8, tasksPerPoint: 2, policy: policy) { [1e6, 8e6, 1e6, 8e6][$0] }
        #expect(leases(scheduler.join(w1, at: .zero)).flatMap(\.runs).map(\.tasks) == [2..<3])
        let failure = AttemptFailure(task: 2, attempt: 1, .error, message: "x")
        let next = leases(scheduler.handle(.failed(w1, failure), at: .zero))
        #expect(next.flatMap(\.runs).map(\.tasks) == [3..<4])
        let report = [FinishedRun(TaskRun(3..<4, attempt: 1), duration: .seconds(1))]
        let later = leases(scheduler.handle(.finished(w1, report), at: .seconds(5)))
        // Tasks 2, 6 and 7 are of the dear class.
        #expect(later.flatMap(\.runs).map(\.tasks).first.map { [2..<3, 6..<7].contains($0) } == true)
        expect(scheduler.violations(), is: [])
    }

    /// Scenario 33: a task that nobody can have now (it waits for the end of a pause) keeps no cheaper one waiting.
    @Test func aTaskThatCannotBeScheduledBlocksNobody() {
        var policy = Policy()
        policy.retries.setPauses(.seconds(1_000))
        var scheduler = Scheduler(taskCount: 3, tasksPerPoint: 1, policy: policy) { [9e9, 1, 1][$0] }
        #expect(leases(scheduler.join(w1, at: .zero)).flatMap(\.runs).map(\.tasks) == [0..<1])
        let failure = AttemptFailure(task: 0, attempt: 1, .error, message: "x")
        var pending = leases(scheduler.handle(.failed(w1, failure), at: .zero))
        for _ in 0..<2 {
            let runs = pending.flatMap(\.runs)
            #expect(!runs.isEmpty)
            pending = []
            for run in runs {
                pending += leases(scheduler.handle(.stored(contents(1, [run.tasks]), from: w1), at: .seconds(1)))
            }
            if scheduler.progress.committed == 2 { break }
        }
        #expect(scheduler.progress.committed == 2)
        #expect(scheduler.progress.retrying == 1)
        expect(scheduler.violations(), is: [])
    }

    /// Scenario 34: with work for all, no worker that asks stays without; at the end nobody holds anything.
    @Test func nobodyStarvesAndNothingIsHeldAtTheEnd() {
        var scheduler = Scheduler(taskCount: 400, tasksPerPoint: 4) { Double(1 + $0 % 7) * 1e6 }
        let workers = (1...5).map { WorkerID(UInt32($0)) }
        var pending: [WorkerID: [Lease]] = [:]
        for worker in workers {
            for lease in leases(scheduler.join(worker, slots: 2, wanting: 2, at: .zero)) {
                pending[lease.worker, default: []].append(lease)
            }
        }
        var computed: [WorkerID: Int] = [:]
        var now = Instant.zero
        while !scheduler.isComplete, now < .seconds(3_000) {
            now = now + .seconds(1)
            for worker in workers {
                // While anything waits, whoever wants work has some.
                if scheduler.progress.open > 0 { #expect(pending[worker]?.isEmpty == false, "\(worker) waits") }
                guard let lease = pending[worker]?.first else {
                    for lease in leases(scheduler.handle(.heard(worker), at: now)) {
                        pending[lease.worker, default: []].append(lease)
                    }
                    continue
                }
                pending[worker]?.removeFirst()
                computed[worker, default: 0] += lease.taskCount
                for effect in scheduler.handle(.stored(contents(0, lease.runs.map(\.tasks)), from: worker), at: now) {
                    switch effect {
                    case .send(.lease(let lease), let worker): pending[worker, default: []].append(lease)
                    case .send(.retract(let lease), let worker):
                        _ = scheduler.handle(.returned(worker, lease, tasks: []), at: now)
                    default: break
                    }
                }
            }
        }
        #expect(scheduler.isComplete && scheduler.progress.committed == 400)
        #expect(workers.allSatisfy { computed[$0, default: 0] > 0 })
        #expect(scheduler.progress.leased == 0 && scheduler.progress.held == 0)
        expect(scheduler.violations(), is: [])
    }

    /// Scenario 4: after a restart failed tasks are failed still, with their error texts, and the others run.
    @Test func failedTasksKeepTheirErrorTextOverARestart() {
        var policy = Policy()
        policy.retries.setPauses(.milliseconds(1))
        var first = Scheduler(taskCount: 2, tasksPerPoint: 1, policy: policy) { _ in 1e6 }
        var journal = facts(first.join(w1, at: .zero))
        for attempt in 1...3 {
            let failure = AttemptFailure(task: 0, attempt: attempt, .error, message: "matrix \(attempt) is singular")
            let now = Instant.seconds(Double(attempt))
            journal += facts(first.handle(.failed(w1, failure), at: now))
            for case .send(.lease(let lease), _) in first.handle(.tick, at: now + .milliseconds(500)) {
                journal.append(.leaseGranted(lease))
            }
            if first.state(of: 1).map({ if case .leased = $0 { true } else { false } }) == true {
                journal += facts(first.handle(.stored(contents(1, [1..<2]), from: w1), at: now + .milliseconds(600)))
            }
        }
        var second = Scheduler(taskCount: 2, tasksPerPoint: 1, policy: policy) { _ in 1e6 }
        for fact in journal { second.apply(fact) }
        second.resume(at: .seconds(9))
        #expect(second.state(of: 0) == .failed)
        #expect(second.failure(of: 0)?.message == "matrix 3 is singular")
        #expect(second.givenUp.map(\.attempt) == [3])
        #expect(second.isComplete)
    }
}
