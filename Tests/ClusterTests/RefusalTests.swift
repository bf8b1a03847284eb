import ClusterFixtures
import Foundation
import Scheduling
import SweepGrid
import Testing
import ZeroMQ

@testable import Cluster

extension ProcessTests {
    /// What a coordinator refuses, and that it goes on serving.
    @Suite(.serialized) struct RefusalTests {
        let scratch: ScratchDirectory
        let directory: String

        init() throws {
            scratch = try ScratchDirectory()
            directory = scratch.path + "/run"
        }

        @Test func aWorkerWithAnotherProbeResultIsRefusedAndTheOthersFinish() throws {
            let coordinator = try TestCoordinator(FixtureSweeps.words, into: directory)
            let other = try TestWorker(coordinator.endpoint, environment: ["FIXTURE_ALTERED": "1"]).finish()
            #expect(other.status == 1)
            #expect(other.words.contains("the probe task gives"))
            #expect(coordinator.lines.contains { $0.contains("refused a worker") })
            let worker = try TestWorker(coordinator.endpoint)
            #expect(try coordinator.finish().isComplete)
            #expect(worker.finish().status == 0)
            #expect(try committedResults(in: directory) == undisturbedResults(of: FixtureSweeps.words))
        }

        @Test func aHostWithOtherArithmeticIsOfNoUseAndSaysWhy() throws {
            let coordinator = try TestCoordinator(FixtureSweeps.words, into: directory)
            let other = try TestWorker(coordinator.endpoint, environment: ["FIXTURE_OPENBLAS": "0.9"]).finish()
            #expect(other.status == 1)
            #expect(other.words == "the run is bound to OpenBLAS 0.3.21, this host has 0.9\n")
            coordinator.stop()
            _ = try coordinator.finish()
        }

        @Test func aWorkerWithoutTheExperimentSaysWhichOnesItHas() throws {
            let coordinator = try TestCoordinator(FixtureSweeps.words, into: directory)
            let other = try TestWorker(coordinator.endpoint, environment: ["FIXTURE_EMPTY": "1"]).finish()
            #expect(other.status == 1)
            #expect(other.words.contains("this program has no experiment 'word' (it has: trouble)"))
            coordinator.stop()
            _ = try coordinator.finish()
        }

        /// Scenario 36.
        @Test func aPeerOfAnotherProtocolVersionIsToldSo() throws {
            let coordinator = try TestCoordinator(FixtureSweeps.words, into: directory)
            let hello = WorkerEnvelope(
                worker: nil, sequence: 0, acknowledged: 0,
                .hello(Hello(protocolVersion: 9, host: "elsewhere", build: ExampleMessages.digest)))
            let body = WorkerFrame.session(hello).parts[1]
            for frame in [Array("PHMP".utf8) + [0, 9], WireFormat.versionFrame] {
                let answer = try #require(try ask(coordinator.endpoint, [frame, body]))
                guard case .session(let envelope) = try CoordinatorFrame(parts: answer[...]),
                    case .refuse(let refusal) = envelope.message
                else {
                    Issue.record("the answer is no refusal")
                    continue
                }
                #expect(refusal.reason == .protocolVersion)
                #expect(refusal.message.contains("9"))
            }
            coordinator.stop()
            _ = try coordinator.finish()
        }

        /// Scenario 35.
        @Test func rubbishOnThePortDisturbsNothing() throws {
            let coordinator = try TestCoordinator(FixtureSweeps.words, into: directory)
            try sendRaw(Array("GET / HTTP/1.1\r\n\r\n".utf8), to: coordinator.endpoint)
            try sendRaw([UInt8](repeating: 0xFF, count: 10_000), to: coordinator.endpoint)
            var random = RandomStream(key: 7, highCounter: 0)
            let context = try ZeroMQ.Context()
            let socket = try Socket(.dealer, in: context)
            try socket.connect(coordinator.endpoint)
            for number in 0..<300 {
                var parts = ExampleMessages.worker[number % ExampleMessages.worker.count].1.parts
                switch number % 4 {
                case 0: parts[1] = parts[1].map { _ in UInt8.random(in: 0...255, using: &random) }
                case 1: parts[1].removeLast(parts[1].count / 2)
                case 2: parts = [parts[1]]
                default: parts.append([1])
                }
                try eventually("the message is taken") { try socket.send(parts) }
            }
            // Sound messages of somebody who was never admitted. Operators need no admission, so theirs are left out.
            let fromWorkers = ExampleMessages.worker.filter {
                if case .control = $0.1 { false } else { true }
            }
            for (_, frame) in fromWorkers { try eventually("sent") { try socket.send(frame.parts) } }
            let worker = try TestWorker(coordinator.endpoint)
            #expect(try coordinator.finish().isComplete)
            #expect(worker.finish().status == 0)
            #expect(coordinator.lines.contains { $0.hasPrefix("dropped a message") })
            #expect(try committedResults(in: directory) == undisturbedResults(of: FixtureSweeps.words))
        }

        @Test func aBusyPortIsSaid() throws {
            let first = try TestCoordinator(FixtureSweeps.words, into: directory)
            let second = try TestCoordinator(
                FixtureSweeps.words, into: scratch.path + "/other", endpoint: first.endpoint)
            let error = #expect(throws: ClusterError.self) { try second.finish() }
            #expect(error?.description.contains("another program listens there already") == true)
            #expect(
                !FileManager.default.fileExists(atPath: scratch.path + "/other"), "a refused start left a directory")
            first.stop()
            _ = try first.finish()
        }

        @Test func aSocketFileIsNeitherTakenFromAnotherCoordinatorNorLeftBehind() throws {
            let path = scratch.path + "/run.socket"
            let first = try TestCoordinator(FixtureSweeps.words, into: directory, endpoint: "ipc://\(path)")
            let second = try TestCoordinator(
                FixtureSweeps.words, into: scratch.path + "/other", endpoint: "ipc://\(path)")
            let error = #expect(throws: ClusterError.self) { try second.finish() }
            #expect(error?.description.contains("another program listens there; ask it with") == true)
            #expect(!FileManager.default.fileExists(atPath: scratch.path + "/other"))
            // The first one still answers there.
            let worker = try TestWorker("ipc://\(path)")
            #expect(try first.finish().isComplete)
            #expect(worker.finish().status == 0)
            #expect(!FileManager.default.fileExists(atPath: path), "the socket's file is left behind")

            try Data("thesis".utf8).write(to: URL(fileURLWithPath: path))
            let third = try TestCoordinator(FixtureSweeps.words, into: directory, endpoint: "ipc://\(path)")
            let foreign = #expect(throws: ClusterError.self) { try third.finish() }
            #expect(foreign?.description.contains("is there and is no socket; choose another path") == true)
            #expect(try String(contentsOfFile: path, encoding: .utf8) == "thesis")
        }

        @Test func workersThatEndAtOnceEndTheRunWithASentence() throws {
            let coordinator = try TestCoordinator(
                FixtureSweeps.words, into: directory, workers: 2, workerProgram: "/bin/false")
            let error = #expect(throws: ClusterError.self) { try coordinator.finish() }
            #expect(error?.description.contains("5 times in a row, the last one by exit code 1") == true)
            let missing = try TestCoordinator(
                FixtureSweeps.words, into: directory, workers: 1, workerProgram: "/nowhere/phasemap")
            let other = #expect(throws: ClusterError.self) { try missing.finish() }
            #expect(other?.description == "'/nowhere/phasemap' could not be started: No such file or directory")
        }

        @Test func aDirectoryOfAnotherRunIsRefused() throws {
            _ = try TestCoordinator(FixtureSweeps.words, into: directory, workers: 1).finish()
            let other = try TestCoordinator(FixtureSweeps.naps, into: directory)
            let error = #expect(throws: ClusterError.self) { try other.finish() }
            #expect(
                error?.description
                    == "'\(directory)' holds a run of sweep 'words': its 'index' is 1 ... 200 (200 values), not 1 ... 150 (150 values); "
                    + "its 'milliseconds' is at its default, not 10 (choose another directory with --into)")
            #expect(try committedResults(in: directory).count == 400)
        }

        @Test func aSecondCoordinatorOnOneDirectoryIsRefused() throws {
            let first = try TestCoordinator(FixtureSweeps.words, into: directory)
            let second = try TestCoordinator(FixtureSweeps.words, into: directory)
            let error = #expect(throws: ClusterError.self) { try second.finish() }
            let sentence = "is in use by another coordinator at \(first.endpoint) "
            #expect(error?.description.contains(sentence) == true, "\(String(describing: error))")
            first.stop()
            _ = try first.finish()
        }

        @Test(arguments: ["/proc/phasemap", "/dev/null/run"])
        func aDirectoryThatCannotBeMadeIsSaid(path: String) throws {
            let coordinator = try TestCoordinator(FixtureSweeps.words, into: path)
            let error = #expect(throws: ClusterError.self) { try coordinator.finish() }
            #expect(error?.description.contains("'") == true)
        }

        /// A coordinator that is killed while it makes the directory leaves no run, and the next one sweeps up after it.
        @Test func whatAKilledCoordinatorMadeBesideTheDirectoryIsRemoved() throws {
            let parent = URL(filePath: directory).deletingLastPathComponent().path
            let name = URL(filePath: directory).lastPathComponent
            func hidden() throws -> Set<String> {
                Set(try FileManager.default.contentsOfDirectory(atPath: parent).filter { $0.hasPrefix(".\(name).") })
            }
            let killed = Process()
            killed.executableURL = URL(fileURLWithPath: fixtureProgram)
            killed.arguments = ["coordinate", "words", directory, "ipc://\(directory)-socket"]
            killed.environment = ProcessInfo.processInfo.environment.merging(["PHASEMAP_FAILPOINT": "run-synced"]) {
                $1
            }
            try killed.run()
            killed.waitUntilExit()
            #expect(killed.terminationReason == .uncaughtSignal && killed.terminationStatus == SIGKILL)
            #expect(try hidden() == [".\(name).\(killed.processIdentifier).tmp"])
            #expect(!FileManager.default.fileExists(atPath: directory))
            // What a living process makes is its own, and so is what only looks alike.
            let others: Set = [".\(name).\(getppid()).tmp", ".\(name).notes.tmp"]
            for other in others {
                try FileManager.default.createDirectory(atPath: parent + "/" + other, withIntermediateDirectories: true)
            }
            let outcome = try TestCoordinator(FixtureSweeps.words, into: directory, workers: 2).finish()
            #expect(outcome.isComplete)
            #expect(try hidden() == others)
        }

        @Test func aDirectoryWithOtherThingsIsRefused() throws {
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
            try Data("thesis".utf8).write(to: URL(fileURLWithPath: directory + "/thesis.txt"))
            let coordinator = try TestCoordinator(FixtureSweeps.words, into: directory)
            let error = #expect(throws: ClusterError.self) { try coordinator.finish() }
            #expect(error?.description.contains("is not empty and not a run directory (it holds 'thesis.txt')") == true)
        }

        @Test func aSecondRunComputesOnlyWhatIsMissing() throws {
            _ = try TestCoordinator(FixtureSweeps.words, into: directory, workers: 2).finish()
            let shards = try FileManager.default.contentsOfDirectory(atPath: directory + "/shards").sorted()
            let damaged = directory + "/shards/" + shards[0]
            var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: damaged)))
            bytes[bytes.count / 2] ^= 1
            try Data(bytes).write(to: URL(fileURLWithPath: damaged))
            let kept = try TestCoordinator(FixtureSweeps.words, into: directory, workers: 2)
            let outcome = try kept.finish()
            #expect(outcome.isComplete)
            let quarantined = try FileManager.default.contentsOfDirectory(atPath: directory + "/quarantine")
            #expect(quarantined == [shards[0]])
            #expect(kept.lines.contains { $0.contains("quarantined") && $0.contains(shards[0]) })
            #expect(try committedResults(in: directory) == undisturbedResults(of: FixtureSweeps.words))
            // Now nothing is missing, so nobody is needed.
            let again = try TestCoordinator(FixtureSweeps.words, into: directory)
            #expect(try again.finish().status.committed == 400)
        }
    }
}

/// Sends one message and waits for the answer.
private func ask(_ endpoint: String, _ parts: [[UInt8]]) throws -> [[UInt8]]? {
    let socket = try Socket(.dealer, in: try ZeroMQ.Context())
    try socket.connect(endpoint)
    try eventually("the message is taken") { try socket.send(parts) }
    var poller = Poller()
    poller.add(socket)
    try poller.wait(upTo: .seconds(10))
    return try socket.receive()
}

/// Writes bytes to a port as a program does that knows nothing of ZeroMQ.
private func sendRaw(_ bytes: [UInt8], to endpoint: String) throws {
    let port = try #require(endpoint.split(separator: ":").last.flatMap { UInt16($0) })
    let file = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(file) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let status = withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            connect(file, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
    }
    #expect(status == 0)
    #expect(write(file, bytes, bytes.count) == bytes.count)
    usleep(50_000)
}
