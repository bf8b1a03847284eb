import Scheduling
import SweepGrid
import Testing

/// What becomes of tasks and hosts on which attempts fail, fact by fact; and that a restart changes none of it.
struct FailureTests {
    /// A scheduler with one fact journal, told of failures as they come.
    private struct Run {
        var scheduler: Scheduler
        var journal: [Fact] = []
        var now = Instant.zero
        /// The leases in the hands of workers, by task.
        var leased: [Int: Lease] = [:]
        private let new: () -> Scheduler

        init(tasks: Int, _ change: (inout Policy) -> Void = { _ in }) {
            var policy = Policy()
            change(&policy)
            let fixed = policy
            new = { Scheduler(tasks: tasks, policy: fixed) }
            scheduler = new()
        }

        @discardableResult
        mutating func tell(_ event: Scheduler.Event, after pause: Duration = .zero) -> [Scheduler.Effect] {
            now = now + pause
            let effects = scheduler.handle(event, at: now)
            journal += facts(effects)
            for lease in leases(effects) {
                for task in lease.runs.flatMap(\.tasks) { leased[task] = lease }
            }
            #expect(scheduler.violations() == [])
            return effects
        }

        mutating func join(_ number: UInt32, on host: String, slots: Int = 1, wanting leases: Int = 1) {
            tell(.registered(WorkerID(number), .init(slots: slots, host: host)))
            tell(.requested(WorkerID(number), leases: leases))
        }

        /// Lets time go by in which nobody is heard.
        @discardableResult
        mutating func pass(_ duration: Duration) -> [Scheduler.Effect] {
            now = now + duration
            let effects = scheduler.pass(until: now)
            journal += facts(effects)
            for lease in leases(effects) {
                for task in lease.runs.flatMap(\.tasks) { leased[task] = lease }
            }
            return effects
        }

        /// Lets the current attempt at a task fail where it is leased; returns the new facts.
        @discardableResult
        mutating func fail(_ task: Int, _ failureClass: FailureClass, _ message: String = "x") -> [Fact] {
            guard let lease = leased.removeValue(forKey: task),
                let run = lease.runs.first(where: { $0.tasks.contains(task) })
            else {
                Issue.record("task \(task) is not leased")
                return []
            }
            let failure = AttemptFailure(task: task, attempt: run.attempt, failureClass, message: message)
            return facts(tell(.failed(lease.worker, failure)))
        }

        mutating func finish(_ task: Int) {
            guard let lease = leased.removeValue(forKey: task),
                let run = lease.runs.first(where: { $0.tasks.contains(task) })
            else {
                Issue.record("task \(task) is not leased")
                return
            }
            let single = TaskRun(task..<task + 1, attempt: run.attempt)
            tell(.finished(lease.worker, [FinishedRun(single, duration: .seconds(1))]))
        }

        /// Lets pauses end while the workers are heard.
        mutating func wait(_ duration: Duration = .seconds(4), heard workers: ClosedRange<UInt32> = 1...2) {
            for worker in workers { tell(.heard(WorkerID(worker)), after: duration / workers.count) }
        }

        /// A scheduler that read the journal.
        var restored: Scheduler {
            var copy = new()
            for fact in journal { copy.apply(fact) }
            return copy
        }
    }

    @Test(arguments: FailureClass.allCases.filter { $0 != .workerLost && !($0 == .refusedResult) })
    func eachClassHasItsOwnLimit(_ failureClass: FailureClass) {
        var run = Run(tasks: 2) { $0.retries[failureClass].limit = 4 }
        run.join(1, on: "a", slots: 2, wanting: 4)
        for attempt in 1...4 {
            #expect(run.scheduler.givenUp.isEmpty)
            run.fail(0, failureClass)
            if attempt < 4 { for _ in 0..<4 { run.wait(.seconds(4), heard: 1...1) } }
        }
        #expect(run.scheduler.givenUp.map(\.failureClass) == [failureClass])
        #expect(run.scheduler.givenUp.map(\.attempt) == [4])
    }

    @Test func failuresOfManyClassesAddUp() {
        var run = Run(tasks: 1)
        run.join(1, on: "a")
        for failureClass in [FailureClass.error, .timeout, .hung, .crash, .error] {
            run.fail(0, failureClass)
            run.wait(heard: 1...1)
        }
        #expect(run.scheduler.givenUp.isEmpty)
        run.fail(0, .refusedResult)
        #expect(run.scheduler.progress.failed == 1)
    }

    @Test func pausesDoubleUpToTheirLimitAndAreTheSameForTheSameAttempt() {
        var retries = Retries()
        retries.error = Retries.Terms(limit: 9, pause: .seconds(2), longestPause: .seconds(10))
        for (count, base) in [(1, 2.0), (2, 4), (3, 8), (4, 10), (60, 10)] {
            let pause = retries.pause(after: .error, count: count, task: 7, attempt: count)
            #expect(pause >= .seconds(base) && pause <= .seconds(base * 1.25))
            #expect(pause == retries.pause(after: .error, count: count, task: 7, attempt: count))
        }
        let first = Set((0..<100).map { retries.pause(after: .error, count: 1, task: $0, attempt: 1) })
        #expect(first.count > 90)
    }

    /// Scenario 18: a task that crashes two slots runs alone; if it crashes a third one it is quarantined, with all it
    /// did and where.
    @Test func aTaskThatCrashesSlotsRunsAloneAndIsThenQuarantined() {
        var run = Run(tasks: 4)
        run.join(1, on: "node1", slots: 4, wanting: 8)
        #expect(run.fail(2, .crash, "signal SIGSEGV\nlog").map(\.code) == [19, 4])
        run.wait(heard: 1...1)
        let facts = run.fail(2, .crash, "signal SIGABRT")
        #expect(
            facts.last
                == .taskIsolated(
                    task: 2, .slot,
                    reason: "attempt 1 on node1 (worker 1), crash: signal SIGSEGV; "
                        + "attempt 2 on node1 (worker 1), crash: signal SIGABRT"))
        run.wait(heard: 1...1)
        #expect(run.leased[2]?.isolation == .slot)
        #expect(run.leased[2]?.runs == [TaskRun(2..<3, attempt: 3)])
        run.fail(2, .crash, "signal SIGSEGV")
        let explanation =
            "task 2 brought down 3 slots or workers and is not run again: "
            + "attempt 1 on node1 (worker 1), crash: signal SIGSEGV; attempt 2 on node1 (worker 1), crash: signal SIGABRT; "
            + "attempt 3 on node1 (worker 1), alone, crash: signal SIGSEGV"
        #expect(run.journal.last == .taskQuarantined(task: 2, explanation: explanation))
        #expect(run.scheduler.quarantined.map(\.explanation) == [explanation])
        #expect(run.restored.quarantined.map(\.explanation) == [explanation])
        #expect(run.restored.ledger == run.scheduler.ledger)
        for task in [0, 1, 3] { run.finish(task) }
        run.tell(.stored(contents(1, [0..<2, 3..<4]), from: w1))
        #expect(run.scheduler.isComplete)
    }

    @Test func aTaskThatExhaustedMemoryIsTriedOnceMoreAloneOnItsWorker() {
        var run = Run(tasks: 2)
        run.join(1, on: "a", slots: 2, wanting: 4)
        let facts = run.fail(0, .outOfMemory, "used 3 GiB")
        #expect(
            facts.last
                == .taskIsolated(task: 0, .worker, reason: "attempt 1 on a (worker 1), out of memory: used 3 GiB"))
        run.wait(heard: 1...1)
        #expect(run.leased[0]?.isolation == .worker)
        run.fail(0, .outOfMemory, "used 3 GiB")
        #expect(run.scheduler.givenUp.map(\.failureClass) == [.outOfMemory])
        #expect(run.scheduler.quarantined.count == 1)
    }

    /// Two tasks that must have a worker to themselves do not share one.
    @Test func aWorkerHasOneTaskAloneAtATime() {
        var run = Run(tasks: 3)
        run.join(1, on: "a", slots: 3, wanting: 6)
        run.fail(0, .outOfMemory)
        run.fail(1, .outOfMemory)
        run.wait(heard: 1...1)
        #expect(run.leased.keys.sorted() == [0, 2])
        run.finish(0)
        #expect(run.leased.keys.sorted() == [1, 2])
    }

    /// Scenario 18: of the tasks on a lost worker the one that had it to itself is blamed, not those beside it.
    @Test func aTaskThatTakesWorkersDownIsFoundOut() {
        var run = Run(tasks: 3)
        for number in UInt32(1)...2 {
            run.pass(.seconds(20))
            run.join(number, on: "a", slots: 3, wanting: 6)
            run.tell(.running(WorkerID(number), tasks: [0, 1]))
            run.pass(.seconds(9))
        }
        let isolated = run.journal.compactMap { fact in
            if case .taskIsolated(let task, let isolation, _) = fact, isolation == .worker { task } else { nil }
        }
        #expect(isolated == [0, 1])
        run.pass(.seconds(20))
        run.join(3, on: "a", slots: 3, wanting: 6)
        #expect(run.leased[0]?.isolation == .worker)
        run.tell(.running(WorkerID(3), tasks: [0, 2]))
        let lost = run.pass(.seconds(9))
        let blamed = facts(lost).compactMap { fact in
            if case .attemptFailed(let failure, _, _) = fact { failure.task } else { nil }
        }
        #expect(blamed == [0])
    }

    /// Scenario 18: a task that kills its workers before they can say what they compute is found out too.
    @Test func aTaskThatKillsAtOnceIsFoundOut() {
        var run = Run(tasks: 3)
        for number in UInt32(1)...30 where !run.scheduler.isComplete {
            run.pass(.seconds(70))
            run.join(number, on: "a", slots: 3, wanting: 6)
            let alone = run.leased.first { $0.value.worker == WorkerID(number) && $0.value.isolation == .worker }?.key
            // Task 1 is deadly; alone, the others are computed.
            if let alone, alone != 1 {
                run.tell(.stored(contents(UInt8(alone), [alone..<alone + 1]), from: WorkerID(number)))
            }
            run.pass(.seconds(9))
        }
        #expect(run.scheduler.givenUp.map(\.task) == [1])
        #expect(run.scheduler.quarantined.map(\.task) == [1])
        #expect(run.scheduler.progress.committed == 2)
        #expect(run.restored.ledger == run.scheduler.ledger)
    }

    /// Scenario 18: the first four workers that vanish without a word blame nobody, and from the fifth on each counts.
    @Test func everyLossAfterFourUnexplainedOnesIsBlamed() {
        var run = Run(tasks: 1)
        var blamed: [UInt32] = []
        for number in UInt32(1)...7 {
            run.pass(.seconds(200))
            run.join(number, on: "a")
            for case .attemptFailed(_, let worker, _) in facts(run.pass(.seconds(9))) { blamed.append(worker.number) }
        }
        #expect(blamed == [5, 6, 7])
        #expect(run.leased[0]?.isolation == .worker)
        #expect(run.restored.ledger == run.scheduler.ledger)
    }

    /// Scenario 9: counters, pauses, isolation and quarantines are the same after a restart.
    @Test func countersPausesAndIsolationSurviveARestart() {
        var run = Run(tasks: 5)
        run.join(1, on: "a", slots: 5, wanting: 10)
        run.fail(0, .crash)
        run.fail(1, .outOfMemory)
        run.fail(2, .error, "singular")
        run.wait(heard: 1...1)
        run.fail(0, .crash)
        run.fail(1, .outOfMemory)
        run.fail(2, .error, "singular")
        var restored = run.restored
        #expect(restored.ledger == run.scheduler.ledger)
        restored.resume(at: run.now)
        #expect(leases(restored.handle(.requested(w1, leases: 10), at: run.now)) == [])
        // One more error gives task 2 up, as if nothing had happened in between.
        _ = restored.handle(.heard(w1), at: run.now + .seconds(5))
        let last = AttemptFailure(task: 2, attempt: 3, .error, message: "singular")
        let effects = restored.handle(.failed(w1, last), at: run.now + .seconds(5))
        #expect(facts(effects).first == .attemptFailed(last, worker: w1, retryAt: .never))
        #expect(restored.violations() == [])
    }

    /// An extended run, whose tasks have other numbers and no leases, remembers pauses, attempts and who runs alone.
    @Test func anExtendedRunKeepsSuspicionPausesAndAttempts() {
        var run = Run(tasks: 4)
        run.join(1, on: "a", slots: 4, wanting: 8)
        run.fail(2, .crash)
        run.wait(heard: 1...1)
        run.fail(2, .crash)
        run.fail(1, .error)
        // Every task is now two tasks, of which the first one is the old one.
        var extended = Scheduler(tasks: 8)
        for fact in run.journal.compactMap({ $0.renumbered { $0 * 2 } }) { extended.apply(fact) }
        extended.resume(at: run.now)
        #expect(extended.violations() == [])
        #expect(extended.attempts(at: 4) == 2)
        #expect(extended.progress.retrying == 2)
        // The first try of a worker gets neither of the two.
        let first = leases(extended.join(w2, slots: 8, wanting: 16, at: run.now)).flatMap(\.runs).flatMap(\.tasks)
        #expect(Set(first).isDisjoint(with: [2, 4]))
        let later = leases(extended.handle(.heard(w2), at: run.now + .seconds(5)))
        let alone = later.first { $0.runs.contains { $0.tasks.contains(4) } }
        #expect(alone?.runs == [TaskRun(4..<5, attempt: 3)])
        #expect(alone?.isolation == .slot)
        #expect(extended.violations() == [])
    }

    @Test func aFailedTaskGoesToAnotherHostWhereThereIsOne() {
        var run = Run(tasks: 3)
        run.join(1, on: "a")
        run.join(2, on: "b")
        #expect(run.leased[0]?.worker == w1 && run.leased[1]?.worker == w2)
        run.finish(1)
        #expect(run.leased[2]?.worker == w2)
        run.fail(0, .error)
        run.wait()
        // Only host a is idle; the task waits for b, and after a minute it may run anywhere.
        #expect(run.leased[0] == nil)
        run.finish(2)
        #expect(run.leased[0]?.worker == w2)
        run.fail(0, .error)
        run.wait()
        #expect(run.leased[0] != nil)
    }

    @Test func aFailedTaskDoesNotWaitForABusyHostForEver() {
        var run = Run(tasks: 2)
        run.join(1, on: "a")
        run.join(2, on: "b")
        run.fail(0, .error)
        run.wait()
        #expect(run.leased[0] == nil)
        for _ in 0..<12 { run.wait(.seconds(6)) }
        #expect(run.leased[0]?.worker == w1)
    }

    /// A host on which many different tasks fail that succeed elsewhere is drained; its failures count against nobody.
    @Test func aBrokenHostIsDrainedAndNotItsTasks() {
        var run = Run(tasks: 40) { $0.retries.error.limit = 1 }
        run.join(1, on: "good", slots: 2, wanting: 2)
        run.join(2, on: "broken")
        var failed: [Int] = []
        for _ in 0..<40 where !run.journal.contains(where: { $0.code == 15 }) {
            for (task, lease) in run.leased.sorted(by: { $0.key < $1.key }) {
                if lease.worker == w2 {
                    run.fail(task, .timeout)
                    failed.append(task)
                } else {
                    run.finish(task)
                }
            }
            run.wait()
        }
        guard
            case .hostDrained("broken", let until, let reason, let pardoned)? = run.journal.first(where: {
                $0.code == 15
            })
        else {
            Issue.record("the host was not drained after \(failed.count) failures")
            return
        }
        #expect(until > run.now + .seconds(3_000))
        #expect(reason.contains(" tasks failed on broken and succeeded on other hosts ("))
        #expect(pardoned == [])
        #expect(run.journal.contains(.workerDrained(w2)))
        #expect(run.scheduler.suspectedTasks == [])
        #expect(run.scheduler.givenUp.isEmpty)
        #expect(run.scheduler.drainReason(ofHost: "broken", at: run.now) == reason)
        #expect(run.scheduler.drainReason(ofHost: "good", at: run.now) == nil)
        #expect(run.restored.ledger == run.scheduler.ledger)
        run.now = until
        run.tell(.tick)
        #expect(run.scheduler.drainReason(ofHost: "broken", at: run.now) == nil)
    }

    /// Tasks that were given up for what a broken host did to them are open again.
    @Test func tasksGivenUpForABrokenHostArePardoned() {
        var scheduler = Scheduler(tasks: 2)
        let facts: [Fact] = [
            .workerRegistered(w1, slots: 1, replacing: nil), .workerNamed(w1, host: "broken"),
            .leaseGranted(Lease(LeaseID(1), to: w1, runs: [TaskRun(0..<1, attempt: 1)])),
            .attemptFailed(AttemptFailure(task: 0, attempt: 1, .error, message: "x"), worker: w1, retryAt: .never),
            .hostDrained(host: "broken", until: .seconds(9), reason: "x", pardoned: [0..<1]),
        ]
        for fact in facts { scheduler.apply(fact) }
        scheduler.resume(at: .zero)
        #expect(scheduler.progress.failed == 0)
        #expect(scheduler.progress.open == 2)
        #expect(scheduler.suspectedTasks == [])
    }

    /// Where all tasks fail everywhere, or there is one host alone, no host is to blame.
    @Test func badTasksDrainNoHost() {
        var run = Run(tasks: 30)
        run.join(1, on: "a")
        run.join(2, on: "b")
        for _ in 0..<60 {
            for task in run.leased.keys.sorted() where run.leased[task] != nil { run.fail(task, .error) }
            run.wait()
        }
        #expect(!run.journal.contains { $0.code == 15 })
        #expect(run.scheduler.progress.failed > 10)
    }
}
