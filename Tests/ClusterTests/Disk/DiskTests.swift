import Cluster
import ClusterFixtures
import Foundation
import Results
import Scheduling
import SweepGrid
import Testing

extension ProcessTests {
    /// Scenario 14: the disk of a run takes nothing for a while. The coordinator says so and waits, and in the end nothing is
    /// lost. Whoever may not mount disks skips these tests.
    @Suite(.serialized, .enabled(if: TestDisk.isAllowed, "mounting small disks needs root")) struct DiskTests {
        /// What lies on the disk that fails.
        enum Place: String, CaseIterable { case everything, journal, shards }

        private let scratch: ScratchDirectory
        private let directory: String
        private let gate: String

        init() throws {
            scratch = try ScratchDirectory()
            directory = scratch.path + "/disk/run"
            gate = scratch.path + "/gate"
        }

        /// A disk that failed is tried again soon.
        private var policy: Policy {
            var policy = fixturePolicy
            policy.storageRetryDelay = .milliseconds(500)
            return policy
        }

        private static let quiet = Result { try quietFile() }

        private static func quietFile() throws -> [UInt8] {
            let scratch = try ScratchDirectory()
            let directory = scratch.path + "/run"
            #expect(try TestCoordinator(FixtureSweeps.naps, into: directory, workers: 2).finish().isComplete)
            return try mergedFile(directory)
        }

        private static func mergedFile(_ directory: String) throws -> [UInt8] {
            _ = try Merge([RunDirectory(directory)]).write()
            return try Disk.read(directory + "/phase-diagram.h5", limit: 1 << 28)
        }

        /// A worker that goes on after a third of the tasks when the disk is as the test wants it.
        private func worker(_ endpoint: String, environment: [String: String] = [:]) throws -> TestWorker {
            let own = ["FIXTURE_SHARD_TASKS": "8", "FIXTURE_GATE": gate]
            return try TestWorker(endpoint, environment: own.merging(environment) { $1 })
        }

        private func letTheWorkerGoOn() throws { try Data().write(to: URL(fileURLWithPath: gate)) }

        private func awaitCommits(_ endpoint: String) throws {
            try eventually("some tasks are committed") {
                (try? StatusClient.ask(endpoint).committed).map { $0 >= 24 } ?? false
            }
        }

        /// The run has the merged file of a quiet one, and nothing of what happened is left behind.
        private func expectUnharmed() throws {
            let verification = try RunRepair.verify(directory)
            #expect(verification.isSound, "\(verification)")
            let left = try FileManager.default.contentsOfDirectory(atPath: RunDirectory(directory).shards)
            #expect(left.allSatisfy { $0.hasPrefix("shard-") }, "\(left)")
            #expect(try Self.mergedFile(directory) == Self.quiet.get())
        }

        @Test(arguments: Place.allCases) func aFullDiskIsSaidAndWaitedFor(place: Place) throws {
            let disk = try TestDisk(inMemoryAt: scratch.path + "/disk", kibibytes: 16_384)
            let coordinator = try TestCoordinator(FixtureSweeps.naps, into: directory, policy: policy)
            // The journal and the shards on disks of their own; no shard is there yet.
            let shards =
                place == .everything
                ? nil : try TestDisk(inMemoryAt: RunDirectory(directory).shards, kibibytes: 16_384)
            let worker = try worker(coordinator.endpoint)
            try awaitCommits(coordinator.endpoint)
            let ballast = (place == .shards ? shards ?? disk : disk).fill()
            try letTheWorkerGoOn()
            let beginning =
                place == .shards ? "shards cannot be stored, results wait" : "the journal takes nothing, the run waits"
            try eventually("the full disk is said") {
                coordinator.lines.contains { $0.hasPrefix(beginning) && $0.contains("No space left on device") }
            }
            // Longer than all tasks take: the run waits, and answers.
            usleep(1_500_000)
            let status = try StatusClient.ask(coordinator.endpoint)
            #expect(status.tasks == 300 && status.trouble?.contains("No space left on device") == true)
            #expect(!coordinator.isDone)
            unlink(ballast)
            #expect(try coordinator.finish().isComplete)
            #expect(worker.finish().status == 0)
            let isContinued = coordinator.lines.contains("the journal takes facts again, the run goes on")
            #expect(isContinued == (place != .shards))
            try expectUnharmed()
        }

        @Test func shardsOnAReadOnlyDiskWaitAtTheirWorkers() throws {
            let disk = try TestDisk(inMemoryAt: scratch.path + "/disk", kibibytes: 16_384)
            defer { withExtendedLifetime(disk) {} }
            let coordinator = try TestCoordinator(FixtureSweeps.naps, into: directory, policy: policy)
            let worker = try worker(coordinator.endpoint)
            try awaitCommits(coordinator.endpoint)
            let view = try TestDisk(readOnlyViewOf: RunDirectory(directory).shards)
            try letTheWorkerGoOn()
            try eventually("the read-only disk is said") {
                coordinator.lines.contains {
                    $0.hasPrefix("shards cannot be stored, results wait") && $0.contains("Read-only file system")
                }
            }
            usleep(500_000)
            #expect(!coordinator.isDone)
            view.unmount()
            #expect(try coordinator.finish().isComplete)
            #expect(worker.finish().status == 0)
            try expectUnharmed()
        }

        /// What Linux makes of a broken disk, until it is repaired: the coordinator must be killed for that, the workers wait.
        @Test(.enabled(if: TestDisk.isFileAllowed, "mounting files needs loop devices and mkfs.ext4"))
        func aRunOnADiskThatBecameReadOnlyGoesOnAfterTheRepair() throws {
            let image = scratch.path + "/image"
            let disk = try TestDisk(
                ofFile: image, mebibytes: 32, at: scratch.path + "/disk", on: .becomeReadOnly)
            let endpoint = "ipc://\(scratch.path)/socket"
            let (first, words) = try coordinate(endpoint)
            let worker = try worker(endpoint)
            try awaitCommits(endpoint)
            try disk.breakDown()
            try letTheWorkerGoOn()
            try eventually("the read-only disk is said") {
                let said = (try? String(contentsOfFile: words, encoding: .utf8)) ?? ""
                return said.contains("the journal takes nothing, the run waits: ")
                    && said.contains("Read-only file system")
            }
            #expect(try StatusClient.ask(endpoint).tasks == 300)
            kill(first.processIdentifier, SIGKILL)
            first.waitUntilExit()
            disk.unmount()
            try disk.mountFile(image)
            let (second, _) = try coordinate(endpoint)
            second.waitUntilExit()
            #expect(second.terminationStatus == 0)
            #expect(worker.finish().status == 0)
            try expectUnharmed()
        }

        /// A disk with less behind it than it seems: it takes what is written and cannot keep it. What could not be synced must
        /// be written again, because a second sync says nothing about it: so the disk is looked at without the kernel's memory.
        @Test(.enabled(if: TestDisk.isFileAllowed, "mounting files needs loop devices and mkfs.ext4"))
        func whatADiskCouldNotSyncIsWrittenAgain() throws {
            let memory = try TestDisk(inMemoryAt: scratch.path + "/memory", kibibytes: 16_384)
            let image = memory.path + "/image"
            let disk = try TestDisk(ofFile: image, mebibytes: 64, at: scratch.path + "/disk")
            let coordinator = try TestCoordinator(FixtureSweeps.naps, into: directory, policy: policy)
            let worker = try worker(coordinator.endpoint)
            try awaitCommits(coordinator.endpoint)
            let ballast = memory.fill()
            try letTheWorkerGoOn()
            // Whichever is first to be refused: a shard or a fact.
            try eventually("the failing disk is said") {
                coordinator.lines.contains {
                    $0.hasPrefix("shards cannot be stored, results wait") || $0.hasPrefix("the journal takes nothing")
                }
            }
            usleep(500_000)
            #expect(!coordinator.isDone)
            unlink(ballast)
            #expect(try coordinator.finish().isComplete)
            #expect(worker.finish().status == 0)
            disk.unmount()
            try disk.mountFile(image)
            try expectUnharmed()
        }

        /// Scenario 14: the disk of a worker is full: what it computed waits in its memory, and nothing is computed twice.
        @Test func aWorkerWhoseOwnDiskIsFullKeepsWhatItComputed() throws {
            let disk = try TestDisk(inMemoryAt: scratch.path + "/worker", kibibytes: 4_096)
            let coordinator = try TestCoordinator(FixtureSweeps.naps, into: directory, policy: policy)
            let worker = try worker(
                coordinator.endpoint, environment: ["TMPDIR": disk.path, "FIXTURE_LOG": "1"])
            try awaitCommits(coordinator.endpoint)
            var (ballast, committed, since) = (disk.fill(), 0, Date())
            try letTheWorkerGoOn()
            try eventually("results wait at the worker") {
                // Shards that the coordinator has taken since have made room again.
                ballast = disk.fill()
                let status = try StatusClient.ask(coordinator.endpoint)
                if status.committed != committed { (committed, since) = (status.committed, Date()) }
                return status.computed > 0 && Date().timeIntervalSince(since) > 2
            }
            #expect(!coordinator.isDone)
            unlink(ballast)
            #expect(try coordinator.finish().isComplete)
            let (status, words) = worker.finish()
            #expect(status == 0 && words.contains("No space left on device"), "\(words)")
            #expect(!coordinator.lines.contains { $0.contains("lost the results") })
            try expectUnharmed()
        }

        /// A worker that comes while the disk is full is admitted when its registration is durable.
        @Test func nobodyIsAdmittedWhileTheDiskIsFull() throws {
            let disk = try TestDisk(inMemoryAt: scratch.path + "/disk", kibibytes: 4_096)
            let coordinator = try TestCoordinator(FixtureSweeps.naps, into: directory, policy: policy)
            let ballast = disk.fill()
            let worker = try worker(coordinator.endpoint)
            try letTheWorkerGoOn()
            try eventually("the full disk is said") {
                coordinator.lines.contains { $0.contains("No space left on device") }
            }
            usleep(300_000)
            #expect(try committedResults(in: directory) == [:])
            unlink(ballast)
            #expect(try coordinator.finish().isComplete)
            #expect(worker.finish().status == 0)
            try expectUnharmed()
        }

        /// A coordinator as a process of its own, and the file with what it says.
        private func coordinate(_ endpoint: String) throws -> (Process, words: String) {
            let words = scratch.path + "/words"
            try Data().write(to: URL(fileURLWithPath: words))
            let process = Process()
            process.executableURL = URL(fileURLWithPath: fixtureProgram)
            process.arguments = ["coordinate", FixtureSweeps.naps.name, directory, endpoint]
            process.environment = ProcessInfo.processInfo.environment.merging(["FIXTURE_LOG": "1"]) { $1 }
            process.standardError = FileHandle(forWritingAtPath: words)
            try process.run()
            return (process, words)
        }
    }
}
