import Scheduling
import Testing

/// Who is blamed for the loss of a worker: nobody when the worker comes back, when the coordinator itself stood still or was away.
struct BlameTests {
    /// A run whose one worker with 4 slots computes tasks 0 to 3 for hours.
    private struct Run {
        var scheduler: Scheduler
        var journal: [Fact] = []
        var now = Instant.zero
        /// The number under which the agent is registered.
        var worker = w1
        let tasks: Int

        init(tasks: Int = 4) {
            self.tasks = tasks
            scheduler = Scheduler(tasks: tasks)
            tell(.registered(w1, .init(slots: 4, host: "a")))
            tell(.requested(w1, leases: 8))
            tell(.running(w1, tasks: Array(0..<4)))
        }

        @discardableResult
        mutating func tell(_ event: Scheduler.Event, after pause: Duration = .zero) -> [Scheduler.Effect] {
            now = now + pause
            let effects = scheduler.handle(event, at: now)
            journal += facts(effects)
            #expect(scheduler.violations() == [])
            return effects
        }

        /// Lets time go by in which nobody is heard.
        mutating func pass(_ duration: Duration) {
            now = now + duration
            journal += facts(scheduler.pass(until: now))
        }

        /// The network is cut for longer than a worker may be silent; then the agent comes back with all it computes.
        mutating func outage(unfinished: [TaskRun] = [TaskRun(0..<4, attempt: 1)]) -> [Scheduler.Effect] {
            pass(.seconds(9))
            #expect(!scheduler.isMember(worker))
            let former = worker
            worker = scheduler.nextWorker
            let effects = tell(
                .registered(worker, .init(slots: 4, host: "a", replacing: former, unfinished: unfinished)),
                after: .seconds(1))
            return effects + tell(.running(worker, tasks: Array(0..<4)))
        }

        /// A scheduler that read the journal.
        var restored: Scheduler {
            var copy = Scheduler(tasks: tasks)
            for fact in journal { copy.apply(fact) }
            return copy
        }
    }

    /// Scenario 38: a cut network is nobody's fault, however often it is cut.
    @Test func tasksThatGoOnWithTheirWorkerAreNotBlamedForOutages() {
        var run = Run()
        for _ in 0..<7 {
            let effects = run.outage()
            let adopted = effects.compactMap { if case .send(.adopt(let leases), _) = $0 { leases } else { nil } }
            #expect(adopted.joined().flatMap(\.runs) == [TaskRun(0..<4, attempt: 1)])
            #expect(adopted.joined().allSatisfy { $0.isolation == nil })
            #expect(run.scheduler.suspectedTasks == [])
        }
        #expect(run.scheduler.givenUp == [])
        #expect(run.restored.ledger == run.scheduler.ledger)
    }

    /// A worker that comes back took no harm from its tasks, also from one that somebody else has meanwhile.
    @Test func tasksGivenToAnotherWorkerMeanwhileAreAcquittedToo() {
        var run = Run()
        run.tell(.tick, after: .seconds(8))
        #expect(run.scheduler.suspectedTasks == [0, 1, 2, 3])
        run.tell(.registered(w2, .init(slots: 4, host: "b")))
        run.tell(.requested(w2, leases: 8))
        #expect(leases(run.tell(.heard(w2), after: .seconds(4))).flatMap(\.runs).allSatisfy { $0.attempt == 2 })
        #expect(run.scheduler.progress.leased == 4)
        run.tell(
            .registered(
                WorkerID(3), .init(slots: 4, host: "a", replacing: w1, unfinished: [TaskRun(0..<4, attempt: 1)])))
        #expect(run.scheduler.suspectedTasks == [])
        #expect(run.scheduler.progress.leased == 4)
        #expect(run.restored.ledger == run.scheduler.ledger)
    }

    /// A task given up for the loss of a worker is open again when that worker comes back, and goes on where it is.
    @Test func aTaskGivenUpForAWorkerThatComesBackGoesOn() {
        var run = Run(tasks: 5)
        for number in UInt32(2)...5 {
            run.pass(.seconds(108))
            run.tell(.registered(WorkerID(number), .init(slots: 4, host: "a")))
            run.tell(.requested(WorkerID(number), leases: 8))
            run.tell(.running(WorkerID(number), tasks: [0]))
        }
        run.pass(.seconds(8))
        #expect(run.scheduler.givenUp.map(\.task) == [0])
        #expect(run.scheduler.quarantined.map(\.task) == [0])
        let back = run.tell(
            .registered(
                WorkerID(6),
                .init(slots: 4, host: "a", replacing: WorkerID(5), unfinished: [TaskRun(0..<1, attempt: 5)])))
        let adopted = back.compactMap { if case .send(.adopt(let leases), _) = $0 { leases } else { nil } }
        #expect(adopted.joined().flatMap(\.runs) == [TaskRun(0..<1, attempt: 5)])
        #expect(run.scheduler.givenUp == [])
        #expect(run.scheduler.quarantined.isEmpty)
        // The four workers before did not come back, so it stays under suspicion.
        #expect(run.scheduler.suspectedTasks.contains(0))
        #expect(run.restored.ledger == run.scheduler.ledger)
    }

    /// Scenario 16: while the coordinator itself stands still nobody is silent: what workers said waits.
    @Test(arguments: [3.0, 9, 3_600]) func aCoordinatorThatStoodStillLosesNobody(seconds: Double) {
        var run = Run()
        run.tell(.heard(w1), after: .seconds(6))
        #expect(facts(run.tell(.tick, after: .seconds(8 + seconds))) == [])
        #expect(run.scheduler.isMember(w1))
        // Who stays silent afterwards is lost all the same.
        #expect(run.scheduler.nextDeadline.map { $0 <= run.now + .seconds(8) } == true)
        if let deadline = run.scheduler.nextDeadline { run.now = deadline }
        #expect(facts(run.tell(.tick)).last == .workerLost(w1))
    }

    /// Scenario 9: a run that is killed as a whole again and again, workers and coordinator, blames no task for it.
    @Test func killingTheWholeRunBlamesNoTask() {
        var journal: [Fact] = []
        var last = Scheduler(tasks: 3)
        var now = Instant.zero
        for _ in 0..<15 {
            var scheduler = Scheduler(tasks: 3)
            for fact in journal { scheduler.apply(fact) }
            scheduler.resume(at: now)
            journal += facts(scheduler.pass(until: now + .seconds(9)))
            let worker = scheduler.nextWorker
            now = now + .seconds(10)
            journal += facts(scheduler.handle(.registered(worker, .init(slots: 2, host: "a")), at: now))
            journal += facts(scheduler.handle(.requested(worker, leases: 4), at: now))
            journal += facts(scheduler.handle(.running(worker, tasks: [0, 1]), at: now + .seconds(1)))
            last = scheduler
        }
        #expect(last.progress.leased == 3)
        #expect(last.suspectedTasks == [])
        #expect(last.givenUp == [])
    }

    /// What was given back, retracted or interrupted never brought a worker down, however often that was.
    @Test func attemptsThatWereGivenBackAreNoneThatCameToNothing() {
        var scheduler = Scheduler(tasks: 1)
        var now = Instant.zero
        for number in UInt32(1)...9 {
            let worker = WorkerID(number)
            let leased = leases(scheduler.join(worker, at: now))
            #expect(leased.flatMap(\.runs) == [TaskRun(0..<1, attempt: Int(number))])
            _ = scheduler.handle(.drained(worker), at: now)
            for lease in leased { _ = scheduler.handle(.returned(worker, lease.id, tasks: [0..<1]), at: now) }
            _ = scheduler.handle(.left(worker), at: now)
            now = now + .seconds(1)
        }
        _ = scheduler.join(WorkerID(10), at: now)
        #expect(facts(scheduler.pass(until: now + .seconds(9))) == [.workerLost(WorkerID(10))])
        #expect(scheduler.suspectedTasks == [])
    }

    /// A failure whose report arrived, and whose acknowledgement did not, counts once.
    @Test func anAttemptThatFailedIsNotBroughtAlongAgain() {
        var run = Run()
        run.tell(.failed(w1, AttemptFailure(task: 2, attempt: 1, .error, message: "singular")))
        let effects = run.outage(unfinished: [TaskRun(0..<4, attempt: 1)])
        let adopted = effects.compactMap { if case .send(.adopt(let leases), _) = $0 { leases } else { nil } }
        #expect(
            Set(adopted.joined().flatMap(\.runs)) == [TaskRun(0..<2, attempt: 1), TaskRun(3..<4, attempt: 1)])
        let again = run.tell(.failed(run.worker, AttemptFailure(task: 2, attempt: 1, .error, message: "singular")))
        #expect(again.contains(.drop(.staleAttempt(run.worker, task: 2))))
        #expect(run.scheduler.suspectedTasks == [2])
    }
}
