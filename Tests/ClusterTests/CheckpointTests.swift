import Cluster
import ClusterFixtures
import Foundation
import Results
import Scheduling
import SweepGrid
import Testing

/// Checkpoints through real processes: what is killed in the middle of a task goes on from there, on another worker.
@Suite(.serialized) struct CheckpointTests {
    let scratch: ScratchDirectory
    let directory: String
    /// A file with a byte for each step that was computed.
    let steps: String

    init() throws {
        scratch = try ScratchDirectory()
        directory = scratch.path + "/run"
        steps = scratch.path + "/steps"
    }

    /// A worker whose slots count their steps.
    private func worker(_ endpoint: String, slots: Int = 1) throws -> TestWorker {
        try TestWorker(endpoint, slots: slots, environment: ["FIXTURE_STEPS": steps])
    }

    private var stepCount: Int { (try? Disk.read(steps, limit: 1 << 20).count) ?? 0 }

    private var checkpoints: [String] { (try? Disk.names(in: directory + "/checkpoints")) ?? [] }

    /// The merged file of a run.
    private func merged(_ path: String) throws -> [UInt8] {
        _ = try Merge([RunDirectory(path)]).write()
        return try Disk.read(RunDirectory(path).phaseDiagram, limit: 1 << 30)
    }

    /// The merged file of a run that nobody disturbed, and the steps that it takes.
    private func quietRun() throws -> (file: [UInt8], steps: Int) {
        let quiet = scratch.path + "/quiet"
        let coordinator = try TestCoordinator(FixtureSweeps.marathons, into: quiet)
        let worker = try worker(coordinator.endpoint, slots: 2)
        #expect(try coordinator.finish().isComplete)
        #expect(worker.finish().status == 0)
        defer { Disk.remove(steps) }
        return (try merged(quiet), stepCount)
    }

    private func isFarEnough(_ endpoint: String) -> Bool {
        (try? StatusClient.ask(endpoint))?.running.contains { $0.fraction > 0.3 && $0.fraction < 0.8 } == true
    }

    /// Kills slot, agent or coordinator with SIGKILL in the middle of a task.
    @Test(arguments: ["slot", "agent"])
    func aKilledTaskGoesOnFromItsCheckpointElsewhere(_ victim: String) throws {
        let quiet = try quietRun()
        let coordinator = try TestCoordinator(FixtureSweeps.marathons, into: directory)
        let first = try worker(coordinator.endpoint)
        try eventually("a task is half done and saved") {
            isFarEnough(coordinator.endpoint) && !checkpoints.isEmpty
        }
        let agent = first.process.processIdentifier
        if victim == "agent" {
            kill(agent, SIGKILL)
        } else {
            try eventually("a slot is killed") { children(of: agent).contains { kill($0, SIGKILL) == 0 } }
            // It shall be another worker that goes on.
            kill(agent, SIGSTOP)
        }
        let second = try worker(coordinator.endpoint)
        let outcome = try coordinator.finish()
        kill(agent, SIGKILL)
        #expect(outcome.isComplete && outcome.failures == [])
        #expect(second.finish().status == 0)
        // The second worker computed the probe, and of the killed task what came after its last checkpoint.
        let extra = stepCount - quiet.steps - 2
        #expect(extra >= 0 && extra < 18, "\(extra) steps were computed twice")
        #expect(try merged(directory) == quiet.file)
        #expect(checkpoints == [])
    }

    /// A coordinator in a process of its own, so that it can be killed.
    private func coordinate(_ endpoint: String) throws -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: fixtureProgram)
        process.arguments = ["coordinate", "marathons", directory, endpoint]
        try process.run()
        return process
    }

    /// An endpoint that is free.
    private func freeEndpoint() throws -> String {
        let port = try TestCoordinator(FixtureSweeps.words, into: scratch.path + "/port")
        defer {
            port.stop()
            _ = try? port.finish()
        }
        return port.endpoint
    }

    /// Everything is killed at once, as by a loss of power; the checkpoint is in the run's directory.
    @Test func aResumedRunGoesOnFromTheStoredCheckpoint() throws {
        let quiet = try quietRun()
        let endpoint = try freeEndpoint()
        let coordinator = try coordinate(endpoint)
        let first = try worker(endpoint)
        try eventually("a task is half done and saved") { isFarEnough(endpoint) && !checkpoints.isEmpty }
        for process in [coordinator, first.process] { kill(process.processIdentifier, SIGKILL) }
        coordinator.waitUntilExit()
        // What a kill between rename and journal, or an older release, may have left.
        let orphan = directory + "/checkpoints/checkpoint-\(SHA256.hash([9])).bin"
        try Disk.writeAtomically([1], to: orphan)
        let resumed = try coordinate(endpoint)
        let second = try worker(endpoint)
        resumed.waitUntilExit()
        #expect(resumed.terminationStatus == 0)
        #expect(second.finish().status == 0)
        let extra = stepCount - quiet.steps - 2
        #expect(extra >= 0 && extra < 18, "\(extra) steps were computed twice")
        #expect(try merged(directory) == quiet.file)
        #expect(checkpoints == [])
    }

    /// Beside the 42 scenarios, from the resume tests of others: the newest checkpoint was deleted or damaged. The task
    /// begins anew, and the log says so.
    @Test(arguments: [false, true])
    func aTaskWhoseNewestCheckpointIsGoneBeginsAnew(isDamaged: Bool) throws {
        let quiet = try quietRun()
        let endpoint = try freeEndpoint()
        let coordinator = try coordinate(endpoint)
        let first = try worker(endpoint)
        try eventually("a task is half done and saved") { isFarEnough(endpoint) && !checkpoints.isEmpty }
        for process in [coordinator, first.process] { kill(process.processIdentifier, SIGKILL) }
        coordinator.waitUntilExit()
        for name in checkpoints {
            let path = directory + "/checkpoints/" + name
            var bytes = try Disk.read(path, limit: 1 << 20)
            bytes[bytes.count - 1] ^= 1
            if isDamaged { try Disk.writeAtomically(bytes, to: path) } else { Disk.remove(path) }
        }
        let resumed = try TestCoordinator(FixtureSweeps.marathons, into: directory)
        let second = try worker(resumed.endpoint)
        #expect(try resumed.finish().isComplete)
        #expect(second.finish().status == 0)
        #expect(resumed.lines.contains { $0.contains("begins anew, its checkpoint cannot be used") })
        #expect(stepCount - quiet.steps - 2 >= 18)
        #expect(try merged(directory) == quiet.file)
    }

    /// Scenario 19: an announced end. The task is asked to stop, saves itself, and the next worker repeats not one step.
    @Test func aDrainedTaskGoesOnFromItsLastStep() throws {
        let quiet = try quietRun()
        let coordinator = try TestCoordinator(FixtureSweeps.marathons, into: directory)
        let first = try worker(coordinator.endpoint)
        try eventually("a task is half done") { isFarEnough(coordinator.endpoint) }
        first.process.terminate()
        #expect(first.finish().status == 0)
        #expect(checkpoints.count == 1)
        let second = try worker(coordinator.endpoint)
        let outcome = try coordinator.finish()
        #expect(outcome.isComplete && outcome.failures == [])
        #expect(second.finish().status == 0)
        #expect(stepCount == quiet.steps + 2)
        #expect(!coordinator.lines.contains { $0.contains("failed") || $0.contains("lost") })
        #expect(try merged(directory) == quiet.file)
        #expect(checkpoints == [])
    }

    /// A large state goes through many messages, both ways, while heartbeats go on.
    @Test func aLargeStateSurvivesToo() throws {
        let sweep = FixtureSweeps.heavyMarathon
        let coordinator = try TestCoordinator(sweep, into: directory)
        let first = try worker(coordinator.endpoint)
        try eventually("the state is saved") { !checkpoints.isEmpty }
        first.process.terminate()
        #expect(first.finish().status == 0)
        let before = stepCount
        let second = try worker(coordinator.endpoint)
        #expect(try coordinator.finish().isComplete)
        #expect(second.finish().status == 0)
        #expect(before > 1 && before < 40)
        // The probe of the second worker, and the steps that were left.
        #expect(stepCount == 1 + 1 + 1 + 40)
        #expect(!coordinator.lines.contains { $0.contains("lost") || $0.contains("not used") })
        #expect(try committedResults(in: directory) == undisturbedResults(of: sweep))
    }
}
