import Scheduling
import SweepGrid
import Testing

/// All short and many long sequences of events: no trap, no contradiction, and the journal restores the state.
struct SchedulerSequenceTests {
    /// What two workers may say about two tasks, sensible or not.
    static let events: [Scheduler.Event] = [
        .registered(w1, .init(slots: 1)),
        .registered(w2, .init(slots: 1, replacing: w1, held: [TaskRun(0..<1, attempt: 1)])),
        .requested(w1, leases: 2),
        .requested(w2, leases: 1),
        .running(w1, tasks: [0, 5]),
        .finished(w1, [FinishedRun(TaskRun(0..<1, attempt: 1), duration: .seconds(1))]),
        .finished(w2, [FinishedRun(TaskRun(0..<2, attempt: 2), duration: .seconds(1))]),
        .failed(w1, AttemptFailure(task: 1, attempt: 1, .error, message: "")),
        .returned(w1, LeaseID(1), tasks: [0..<2]),
        .drained(w1),
        .left(w1),
        .stored(contents(1, [0..<1]), from: w1),
        .stored(contents(2, [0..<2], offset: 9), from: w2),
        .refused(tasks: [0..<2], from: w1, reason: ""),
        .controlled(
            ControlRequest(.cancel([0..<1]), ControlOrigin(RequestID(client: 1, number: 1), who: "anna"))),
        .controlled(ControlRequest(.retry([0..<2]), ControlOrigin(RequestID(client: 1, number: 2), who: "anna"))),
    ]

    /// Those that matter most, for longer sequences.
    static let few: [Scheduler.Event] = [events[0], events[1], events[2], events[3], events[5], events[11]]

    /// Scenario 29, 30 and 34: after any sequence of events the run can still be finished.
    @Test func everySequenceOfFourEventsIsHarmless() { explore(Self.events, depth: 4) }

    @Test func everySequenceOfSixImportantEventsIsHarmless() { explore(Self.few, depth: 6) }

    private func explore(_ events: [Scheduler.Event], depth: Int) {
        var failures = 0
        func visit(_ scheduler: Scheduler, _ restored: Scheduler, _ trace: [Int]) {
            guard trace.count < depth, failures == 0 else { return }
            for (index, event) in events.enumerated() {
                var next = scheduler
                // Every third event comes so late that silent workers are lost.
                let now = Instant.seconds(Double(trace.count) * (trace.count % 3 == 2 ? 9 : 1))
                let effects = next.handle(event, at: now)
                var copy = restored
                for fact in facts(effects) { copy.apply(fact) }
                let violations = next.violations()
                if !violations.isEmpty || copy.ledger != next.ledger || !isWellOrdered(effects) {
                    failures += 1
                    Issue.record("\((trace + [index]).map { events[$0] }): \(violations) \(effects)")
                    return
                }
                visit(next, copy, trace + [index])
            }
        }
        var scheduler = Scheduler(tasks: 2)
        scheduler.resume(at: .zero)
        visit(scheduler, Scheduler(tasks: 2), [])
    }

    /// Whether the journal precedes everything that is sent.
    private func isWellOrdered(_ effects: [Scheduler.Effect]) -> Bool {
        !effects.dropFirst().contains { if case .journal = $0 { true } else { false } }
    }

    /// Scenario 34: random walks with absurd numbers among sensible ones; afterwards an honest worker finishes the run.
    @Test(arguments: 0..<UInt64(30))
    func aRandomWalkIsHarmlessAndTheRunCanBeFinished(seed: UInt64) {
        var stream = RandomStream(key: seed, highCounter: 11)
        let taskCount = Int.random(in: 1...30, using: &stream)
        let perPoint = Int.random(in: 1...4, using: &stream)
        func new() -> Scheduler { Scheduler(taskCount: taskCount, tasksPerPoint: perPoint) { Double($0 % 5) * 1e5 } }
        var scheduler = new()
        scheduler.resume(at: .zero)
        var journal: [Fact] = []
        var now = Instant.zero
        for _ in 0..<150 {
            now = now + .milliseconds(Int.random(in: -100...4_000, using: &stream))
            let event = randomEvent(&scheduler, taskCount, &stream)
            let effects = scheduler.handle(event, at: now)
            journal += facts(effects)
            let violations = scheduler.violations()
            #expect(violations == [], "after \(event)")
            guard violations.isEmpty else { return }
        }
        var restored = new()
        for fact in journal { restored.apply(fact) }
        #expect(restored.ledger == scheduler.ledger)
        // Everybody else is lost; one worker computes what is missing.
        now = now + .seconds(1_000)
        let worker = scheduler.nextWorker
        var pending = leases(scheduler.join(worker, slots: 2, wanting: 4, at: now))
        var rounds = 0
        while !scheduler.isComplete, rounds < 500 {
            rounds += 1
            now = now + .seconds(1)
            let ranges = pending.flatMap(\.runs).map(\.tasks)
            pending = []
            for range in ranges {
                let effects = scheduler.handle(.stored(contents(0, [range]), from: worker), at: now)
                pending += leases(effects)
            }
            pending += leases(scheduler.handle(.heard(worker), at: now))
        }
        #expect(scheduler.isComplete)
        #expect(scheduler.violations() == [])
    }

    private func randomEvent(
        _ scheduler: inout Scheduler, _ taskCount: Int, _ stream: inout RandomStream
    ) -> Scheduler.Event {
        let absurd = [Int.min, -1, 0, taskCount, Int.max - 1]
        func number(_ limit: Int) -> Int {
            Int.random(in: 0..<20, using: &stream) == 0
                ? absurd[Int.random(in: 0..<absurd.count, using: &stream)] : Int.random(in: 0..<limit, using: &stream)
        }
        func range() -> Range<Int> {
            let lower = number(taskCount)
            return lower..<max(lower, min(lower, Int.max - 10) + Int.random(in: 0...5, using: &stream))
        }
        func run() -> TaskRun { TaskRun(range(), attempt: number(4)) }
        let last = Int(scheduler.nextWorker.number)
        let worker = WorkerID(UInt32(clamping: max(0, last - Int.random(in: 0...3, using: &stream))))
        func origin() -> ControlOrigin {
            ControlOrigin(RequestID(client: 1, number: UInt64.random(in: 0..<50, using: &stream)), who: "anna")
        }
        switch Int.random(in: 0..<16, using: &stream) {
        case 14: return .controlled(ControlRequest(.cancel([range(), range()]), origin()))
        case 15:
            return .controlled(
                Bool.random(using: &stream)
                    ? ControlRequest(.retry([range()]), origin()) : ControlRequest(.drain(worker), origin()))
        case 0, 1:
            return .registered(
                scheduler.nextWorker,
                .init(
                    slots: number(4), replacing: Bool.random(using: &stream) ? worker : nil,
                    unfinished: [run(), run()],
                    held: [run()]))
        case 2, 3, 4: return .requested(worker, leases: number(6))
        case 5: return .running(worker, tasks: [number(taskCount), number(taskCount)])
        case 6, 7: return .finished(worker, [FinishedRun(run(), duration: .nanoseconds(number(1_000_000_000)))])
        case 8:
            let failureClass = FailureClass.allCases[Int.random(in: 0..<5, using: &stream)]
            return .failed(
                worker, AttemptFailure(task: number(taskCount), attempt: number(4), failureClass, message: "x"))
        case 9: return .returned(worker, LeaseID(UInt32(clamping: number(40))), tasks: [range(), range()])
        case 10: return Bool.random(using: &stream) ? .drained(worker) : .left(worker)
        case 11, 12:
            let tasks = range()
            guard tasks.count < 100 else { return .tick }
            return .stored(
                contents(UInt8(Int.random(in: 0..<255, using: &stream)), [tasks]), from: worker)
        default: return .refused(tasks: [range()], from: worker, reason: "x")
        }
    }
}
