import Scheduling
import SweepGrid
import Testing

/// A worker's number belongs to the key that registered it.
@Suite struct WorkerKeyTests {
    private let run = RunDescription(
        experiment: "e", version: 1, run: SHA256.hash([1]), document: [], probe: nil)
    private var session: CoordinatorSession

    init() {
        let scheduler = Scheduler(taskCount: 100, tasksPerPoint: 1) { _ in 1 }
        session = CoordinatorSession(run: run, scheduler: scheduler, at: .zero)
    }

    private func registration(replacing: WorkerID? = nil, host: String = "h") -> WorkerMessage {
        .register(
            Registration(
                protocolVersion: protocolVersion, experiment: "e", version: 1, run: run.run, probe: nil, slots: 1,
                host: host, build: SHA256.hash([]), replacing: replacing))
    }

    /// Lets a message come from a key, and everything journaled at once; returns the effects.
    private mutating func say(
        _ message: WorkerMessage, as worker: WorkerID? = nil, key: String?, from route: Route, sequence: UInt64 = 0
    ) -> [CoordinatorSession.Effect] {
        let envelope = WorkerEnvelope(worker: worker, sequence: sequence, acknowledged: 0, message)
        return session.handle(.received(envelope, from: route, key: key), at: .zero)
            + session.handle(.journaled(count: .max), at: .zero)
    }

    @Test mutating func aMessageUnderTheNumberOfAnotherKeyChangesNothingAndIsNoted() {
        _ = say(registration(), key: "A", from: Route([1]))
        let worker = WorkerID(1)
        for key in ["B", nil] {
            let effects = say(.goodbye, as: worker, key: key, from: Route([2]), sequence: 1)
            #expect(effects == [.note(.foreignKey(worker, key: key))])
        }
        #expect(session.scheduler.progress.workers == 1)
        let own = say(.goodbye, as: worker, key: "A", from: Route([3]), sequence: 1)
        #expect(own.contains(.note(.left(worker))))
        #expect(session.scheduler.progress.workers == 0)
    }

    @Test mutating func nobodyReplacesTheWorkerOfAnotherKey() {
        _ = say(registration(), key: "A", from: Route([1]))
        _ = say(registration(replacing: WorkerID(1)), key: "B", from: Route([2]))
        #expect(session.scheduler.progress.workers == 2)
        // The same key may, from another connection.
        _ = say(registration(replacing: WorkerID(1)), key: "A", from: Route([3]))
        #expect(session.scheduler.progress.workers == 2)
    }
}
