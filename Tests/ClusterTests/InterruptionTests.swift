import Cluster
import ClusterFixtures
import Foundation
import Scheduling
import SweepGrid
import Testing

/// Long tasks of real processes: what they say of themselves, and how they are interrupted.
@Suite(.serialized) struct InterruptionTests {
    let scratch: ScratchDirectory
    let directory: String

    init() throws {
        scratch = try ScratchDirectory()
        directory = scratch.path + "/run"
    }

    @Test func theStatusTellsHowFarARunningTaskIs() throws {
        let coordinator = try TestCoordinator(FixtureSweeps.marathons, into: directory)
        let worker = try TestWorker(coordinator.endpoint)
        var told: [TaskProgress] = []
        try eventually("two tasks say how far they are, one after the other") {
            guard let status = try? StatusClient.ask(coordinator.endpoint) else { return false }
            for progress in status.running where progress != told.last { told.append(progress) }
            return Set(told.map(\.task)).count == 2
        }
        #expect(
            told.filter { $0.task == told[0].task }.map(\.fraction)
                == told.filter { $0.task == told[0].task }.map(\.fraction).sorted())
        #expect(told.contains { $0.fraction > 0 && $0.fraction < 1 })
        #expect(try coordinator.finish().isComplete)
        #expect(worker.finish().status == 0)
        #expect(try committedResults(in: directory) == undisturbedResults(of: FixtureSweeps.marathons))
    }

    /// Scenario 19, with processes: the interrupted task goes to another worker, and nothing is counted as a failure.
    @Test func anInterruptedTaskIsComputedByTheNextWorker() throws {
        let coordinator = try TestCoordinator(FixtureSweeps.marathons, into: directory)
        let first = try TestWorker(coordinator.endpoint)
        try eventually("a task is under way") {
            (try? StatusClient.ask(coordinator.endpoint))?.running.contains { $0.fraction > 0 } == true
        }
        let start = Date()
        first.process.terminate()
        #expect(first.finish().status == 0)
        // A step takes 50 ms and the task 3 s: it did not wait for the end.
        #expect(Date().timeIntervalSince(start) < 2.5)
        let second = try TestWorker(coordinator.endpoint, slots: 2)
        let outcome = try coordinator.finish()
        #expect(outcome.isComplete && outcome.failures == [])
        #expect(!coordinator.lines.contains { $0.contains("failed") || $0.contains("lost") })
        #expect(second.finish().status == 0)
        #expect(try committedResults(in: directory) == undisturbedResults(of: FixtureSweeps.marathons))
    }
}
