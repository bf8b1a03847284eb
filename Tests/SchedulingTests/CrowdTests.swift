import Scheduling
import SweepGrid
import Testing

/// Many workers at the same time.
struct CrowdTests {
    private let run = RunDescription(experiment: "toy", version: 2, run: shard(200), document: [], probe: shard(201))

    private func route(_ number: Int) -> Route { Route([UInt8(number % 256), UInt8(number / 256)]) }

    private func stranger(_ message: WorkerMessage, _ number: Int) -> CoordinatorSession.Event {
        .received(WorkerEnvelope(worker: nil, sequence: 0, acknowledged: 0, message), from: route(number))
    }

    /// Scenario 40: a thousand workers register at once, vanish, and register again; each is admitted, none is left behind.
    @Test func aThousandWorkersComeAndGoTogether() {
        let count = 1_000
        var session = CoordinatorSession(run: run, scheduler: Scheduler(tasks: 10), at: .zero)
        var facts = 0
        /// Tells the session; whom it welcomes in answer.
        func tell(_ event: CoordinatorSession.Event, at now: Instant) -> [Route: WorkerID] {
            var welcomed: [Route: WorkerID] = [:]
            for effect in session.handle(event, at: now) {
                switch effect {
                case .journal(let news): facts += news.count
                case .send(let envelope, let route):
                    if case .welcome = envelope.message { welcomed[route] = envelope.worker }
                default: break
                }
            }
            return welcomed
        }
        var everyone: Set<WorkerID> = []
        for round in 0..<3 {
            let now = Instant.seconds(Double(100 * round))
            var early = 0
            for number in 0..<count {
                let registration = Registration(
                    protocolVersion: protocolVersion, experiment: "toy", version: 2, run: shard(200), probe: shard(201),
                    slots: 1, host: "host \(number)", build: shard(202))
                early += tell(stranger(.register(registration), number), at: now).count
            }
            // Nobody is welcome before the registrations are durable; then all are, with one write.
            #expect(early == 0)
            let welcomed = tell(.journaled(count: facts), at: now)
            #expect(Set(welcomed.keys) == Set((0..<count).map(route)))
            #expect(session.scheduler.progress.workers == count)
            everyone.formUnion(welcomed.values)
            #expect(everyone.count == count * (round + 1))
            // All fall silent, and the loop asks as soon as that is due.
            _ = tell(.tick, at: now + .seconds(8))
            _ = tell(.journaled(count: facts), at: now + .seconds(8))
            #expect(session.scheduler.progress.workers == 0)
            #expect(session.violations() + session.scheduler.violations() == [])
        }
    }
}
