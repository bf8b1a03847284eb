import Cluster
import ClusterFixtures
import Foundation
import Scheduling
import SweepGrid
import Testing

/// Everything here runs with real processes and one at a time.
@Suite(.serialized) struct ProcessTests {
    let scratch: ScratchDirectory
    let directory: String

    init() throws {
        scratch = try ScratchDirectory()
        directory = scratch.path + "/run"
    }

    @Test func aRunGivesTheResultsOfAnUndisturbedOne() throws {
        let coordinator = try TestCoordinator(FixtureSweeps.words, into: directory, workers: 2)
        let outcome = try coordinator.finish()
        #expect(outcome.isComplete)
        #expect(outcome.failures == [])
        #expect(outcome.workers.count == 2)
        #expect(outcome.status.committed == 400)
        #expect(try committedResults(in: directory) == undisturbedResults(of: FixtureSweeps.words))
    }

    @Test func aKilledSlotChangesNothing() throws {
        let coordinator = try TestCoordinator(FixtureSweeps.naps, into: directory)
        let worker = try TestWorker(coordinator.endpoint, slots: 2)
        try eventually("the worker has joined") { coordinator.lines.contains { $0.contains("joined") } }
        var killed: Set<Int32> = []
        try eventually("three slots were killed at work") {
            usleep(50_000)
            let next = children(of: worker.process.processIdentifier).first { !killed.contains($0) }
            if let next, kill(next, SIGKILL) == 0 { killed.insert(next) }
            return killed.count == 3
        }
        #expect(try coordinator.finish().isComplete)
        #expect(worker.finish().status == 0)
        #expect(try committedResults(in: directory) == undisturbedResults(of: FixtureSweeps.naps))
    }

    /// Scenarios 15, 21 and 27.
    @Test func aKilledAgentIsReplacedAndItsSlotsDieWithIt() throws {
        let coordinator = try TestCoordinator(FixtureSweeps.naps, into: directory, workers: 2)
        var victim: (agent: Int32, slots: [Int32]) = (0, [])
        try eventually("both agents have joined and slots are at work") {
            // The checker of shards is a child too, and has none.
            for agent in children(of: getpid()) where !children(of: agent).isEmpty {
                victim = (agent, children(of: agent))
            }
            return coordinator.lines.count { $0.contains("joined") } == 2 && !victim.slots.isEmpty
        }
        kill(victim.agent, SIGKILL)
        try eventually("the slots of the killed agent are gone") { !victim.slots.contains { isAlive($0) } }
        let outcome = try coordinator.finish()
        #expect(outcome.isComplete)
        #expect(outcome.workers.count >= 3)
        #expect(try committedResults(in: directory) == undisturbedResults(of: FixtureSweeps.naps))
    }

    /// Scenario 16.
    @Test func aWorkerThatWasStoppedForAWhileComesBack() throws {
        let coordinator = try TestCoordinator(FixtureSweeps.naps, into: directory)
        let worker = try TestWorker(coordinator.endpoint, slots: 2)
        try eventually("the worker has slots") { children(of: worker.process.processIdentifier).count == 2 }
        usleep(300_000)
        kill(worker.process.processIdentifier, SIGSTOP)
        // Longer than the silence after which the coordinator gives the tasks to others.
        usleep(2_000_000)
        kill(worker.process.processIdentifier, SIGCONT)
        #expect(try coordinator.finish().isComplete)
        #expect(worker.finish().status == 0)
        #expect(try committedResults(in: directory) == undisturbedResults(of: FixtureSweeps.naps))
    }

    @Test func aDrainingWorkerDeliversAndLeaves() throws {
        let coordinator = try TestCoordinator(FixtureSweeps.naps, into: directory)
        let first = try TestWorker(coordinator.endpoint)
        try eventually("something is computed") {
            (try? StatusClient.ask(coordinator.endpoint)).map { $0.computed + $0.committed > 0 } ?? false
        }
        first.process.terminate()
        #expect(first.finish().status == 0)
        let delivered = try committedResults(in: directory)
        #expect(!delivered.isEmpty)
        let second = try TestWorker(coordinator.endpoint, slots: 2)
        let outcome = try coordinator.finish()
        #expect(outcome.isComplete)
        #expect(second.finish().status == 0)
        #expect(try committedResults(in: directory) == undisturbedResults(of: FixtureSweeps.naps))
    }

    /// Scenarios 4 and 20.
    @Test func tasksThatGoWrongAreGivenUpWithTheirReasonAndTheOthersFinish() throws {
        let coordinator = try TestCoordinator(FixtureSweeps.troubles, into: directory, workers: 2)
        let outcome = try coordinator.finish()
        let design = try FixtureSweeps.troubles.freeze().design
        func kind(_ task: Int) -> Value { design.values(ofPoint: task)[1] }
        let results = try committedResults(in: directory)
        #expect(outcome.isComplete)
        for task in 0..<design.taskCount {
            let failure = outcome.failures.first { $0.task == task }
            switch kind(task) {
            case .text("none"): #expect(results[task]?.status == .ok)
            case .text("divergence"): #expect(results[task]?.status == .diverged)
            case .text("error"):
                #expect(failure?.failureClass == .error)
                #expect(failure?.message == "the fixture refuses this task")
            case .text("crash"):
                #expect(failure?.failureClass == .crash)
                #expect(failure?.message.contains("signal SIGSEGV") == true)
            case .text("exit"):
                #expect(failure?.failureClass == .crash)
                #expect(failure?.message.contains("exit code 7") == true)
            default:
                #expect(failure?.failureClass == .timeout)
                #expect(failure?.message.contains("its limit of 0.5 s") == true)
            }
        }
        #expect(outcome.failures.count + results.count == design.taskCount)

        // The next coordinator knows what failed, with its text, and computes none of it again.
        let restored = try TestCoordinator(FixtureSweeps.troubles, into: directory).finish()
        #expect(restored.isComplete && restored.workers.isEmpty)
        #expect(restored.failures == outcome.failures)
    }

    /// Scenario 23.
    @Test func aRestartedCoordinatorGetsWhatItsWorkersFinishedMeanwhile() throws {
        let port = try TestCoordinator(FixtureSweeps.words, into: scratch.path + "/port")
        let endpoint = port.endpoint
        port.stop()
        _ = try port.finish()
        func coordinate() throws -> Process {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: fixtureProgram)
            process.arguments = ["coordinate", "naps", directory, endpoint]
            try process.run()
            return process
        }
        let first = try coordinate()
        let worker = try TestWorker(endpoint, slots: 2)
        try eventually("tasks were computed") { (try? StatusClient.ask(endpoint).computed).map { $0 > 20 } ?? false }
        kill(first.processIdentifier, SIGKILL)
        first.waitUntilExit()
        let second = try coordinate()
        second.waitUntilExit()
        #expect(second.terminationStatus == 0)
        #expect(worker.finish().status == 0)
        #expect(try committedResults(in: directory) == undisturbedResults(of: FixtureSweeps.naps))
    }

    /// Scenario 21.
    @Test func workersAndSlotsDieWithTheRunThatStartedThem() throws {
        let run = Process()
        run.executableURL = URL(fileURLWithPath: fixtureProgram)
        run.arguments = ["run", "naps", directory, "2"]
        run.standardOutput = FileHandle.nullDevice
        try run.run()
        var descendants: [Int32] = []
        try eventually("two workers have slots") {
            let workers = children(of: run.processIdentifier)
            let slots = workers.flatMap { children(of: $0) }
            descendants = workers + slots
            return workers.count == 2 && slots.count == 2
        }
        kill(run.processIdentifier, SIGKILL)
        run.waitUntilExit()
        try eventually("all are gone") { !descendants.contains { isAlive($0) } }
    }

    /// Scenario 21: a worker that has just been started cannot have asked yet who its parent is.
    @Test func workersDieWithARunThatIsKilledAsSoonAsItHasStartedThem() throws {
        for round in 0..<5 {
            let run = Process()
            run.executableURL = URL(fileURLWithPath: fixtureProgram)
            run.arguments = ["run", "naps", "\(directory)-\(round)", "2"]
            run.standardOutput = FileHandle.nullDevice
            try run.run()
            var workers: [Int32] = []
            try eventually("two workers were started") {
                workers = children(of: run.processIdentifier)
                return workers.count == 2
            }
            usleep(UInt32(round) * 20_000)
            kill(run.processIdentifier, SIGKILL)
            run.waitUntilExit()
            try eventually("they are gone") { !workers.contains { isAlive($0) } }
        }
    }

    /// Scenario 40.
    @Test func aRunLeavesNoProcessAndNoOpenFile() throws {
        func openFiles() throws -> Int { try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count }
        _ = try TestCoordinator(FixtureSweeps.words, into: scratch.path + "/first", workers: 2).finish()
        let before = try openFiles()
        for number in 0..<3 {
            let coordinator = try TestCoordinator(FixtureSweeps.words, into: scratch.path + "/\(number)", workers: 2)
            #expect(try coordinator.finish().isComplete)
        }
        #expect(children(of: getpid()) == [])
        try eventually("files are closed again") { try openFiles() <= before }
        let left = try FileManager.default.contentsOfDirectory(atPath: "/dev/shm").filter { $0.hasPrefix("phasemap-") }
        #expect(left == [])
    }

    @Test func theStatusIsAnsweredByTheSameSocket() throws {
        let coordinator = try TestCoordinator(FixtureSweeps.words, into: directory)
        let status = try StatusClient.ask(coordinator.endpoint)
        #expect(status.sweep == "words")
        #expect(status.run == (try FixtureSweeps.words.freeze().design.digest))
        let counts = [status.tasks, status.committed, status.waiting, status.workers]
        #expect(counts == [400, 0, 400, 0])
        coordinator.stop()
        #expect(try coordinator.finish().isComplete == false)
    }

    @Test func nobodyAtTheEndpointIsSaid() throws {
        let error = #expect(throws: ClusterError.self) {
            try StatusClient.ask("tcp://127.0.0.1:9", patience: .milliseconds(200))
        }
        #expect(
            error?.description
                == "nobody has answered at tcp://127.0.0.1:9 for 0 s; check the host, the port and the firewall, and that the coordinator runs"
        )
    }
}
