import Cluster
import ClusterFixtures
import Foundation
import Journal
import Results
import Scheduling
import SweepGrid
import Synchronization
import Testing

/// The executable of the fixtures, beside the tests.
let fixtureProgram = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
    .appending(path: "cluster-fixture").path

extension SlotProgram {
    /// A checker of shards; `evil` is what happens to it at the first shard that it sees, and again at the same one.
    static func fixtureChecker(evil: (what: String, marker: String)? = nil) -> SlotProgram {
        SlotProgram(path: fixtureProgram, arguments: ["check-shards"] + (evil.map { [$0.what, $0.marker] } ?? []))
    }
}

/// A directory that is removed with everything in it when the test is over.
final class ScratchDirectory {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appending(path: "phasemap-test-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// A coordinator on a thread of its own in the test process.
final class TestCoordinator: @unchecked Sendable {
    // Written by the thread before a semaphore is signalled, read after waiting for it.
    private(set) var endpoint = ""
    private(set) var run: FrozenRun?
    private var outcome: Result<CoordinatorOutcome, any Error>?
    private var button: Coordinator.StopButton?
    private let isUp = DispatchSemaphore(value: 0)
    private let ended = DispatchSemaphore(value: 0)
    private let log = Mutex<[String]>([])
    private let end = Mutex(false)

    /// Starts a coordinator, with so many workers of its own.
    init(
        _ sweep: Sweep, into directory: String, workers: Int = 0, endpoint: String = "tcp://127.0.0.1:*",
        workerProgram: String = fixtureProgram, policy: Policy = fixturePolicy,
        checker: SlotProgram = .fixtureChecker(), keys: KeyDirectory? = nil
    ) throws {
        let frozen = try sweep.freeze()
        let thread = Thread { [self] in
            outcome = Result {
                var options = CoordinatorOptions()
                options.endpoint = endpoint
                options.policy = policy
                options.program = SlotProgram(path: fixtureProgram)
                options.checker = checker
                options.keys = keys
                options.log = { line in self.log.withLock { $0.append(line) } }
                options.inform = options.log
                let coordinator = try Coordinator(frozen, into: directory, options)
                self.endpoint = coordinator.endpoint
                run = coordinator.run
                button = coordinator.stopButton
                isUp.signal()
                let launcher =
                    workers == 0
                    ? nil
                    : LocalLauncher(
                        count: workers, program: workerProgram,
                        arguments: ["worker", coordinator.endpoint, "1", "--ends-with-parent"])
                return try coordinator.run(launching: launcher)
            }
            isUp.signal()
            end.withLock { $0 = true }
            ended.signal()
        }
        thread.start()
        isUp.wait()
    }

    /// How the run ended; fails the test after a minute.
    func finish() throws -> CoordinatorOutcome {
        guard ended.wait(timeout: .now() + 60) == .success, let outcome else {
            throw TestFailure("the coordinator did not end within a minute: \(lines.suffix(5))")
        }
        return try outcome.get()
    }

    /// Whether the run is over.
    var isDone: Bool { end.withLock { $0 } }

    func stop() { button?.press() }

    /// What the operator was told.
    var lines: [String] { log.withLock { $0 } }
}

struct TestFailure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// A worker started by a test.
final class TestWorker {
    let process = Process()
    private let output = Pipe()

    init(_ endpoint: String, slots: Int = 1, environment: [String: String] = [:]) throws {
        process.executableURL = URL(fileURLWithPath: fixtureProgram)
        process.arguments = ["worker", endpoint, String(slots)]
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardOutput = output
        try process.run()
    }

    deinit {
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    }

    /// The exit status and what the worker said.
    func finish() -> (status: Int32, words: String) {
        let words = (try? output.fileHandleForReading.readToEnd()) ?? Data()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: words, as: UTF8.self))
    }
}

/// Waits until a condition holds, at most 30 s.
func eventually(_ what: String, _ condition: () throws -> Bool) throws {
    let deadline = Date(timeIntervalSinceNow: 30)
    while Date() < deadline {
        if try condition() { return }
        usleep(5_000)
    }
    throw TestFailure("did not happen within 30 s: \(what)")
}

/// The processes whose parent is `parent`, zombies included.
func children(of parent: Int32) -> [Int32] {
    let entries = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return entries.compactMap { Int32($0) }.filter { id in
        guard let stat = try? String(contentsOfFile: "/proc/\(id)/stat", encoding: .utf8),
            let end = stat.lastIndex(of: ")")
        else { return false }
        return stat[end...].split(separator: " ").dropFirst(2).first == Substring(String(parent))
    }.sorted()
}

/// Whether a process exists and is no zombie.
func isAlive(_ id: Int32) -> Bool {
    guard let stat = try? String(contentsOfFile: "/proc/\(id)/stat", encoding: .utf8),
        let end = stat.lastIndex(of: ")")
    else { return false }
    return stat[end...].split(separator: " ").dropFirst(1).first != "Z"
}

/// The results in a run directory by task number; shards are read and verified as any reader would.
func committedResults(in path: String) throws -> [Int: TaskResult] {
    let directory = RunDirectory(path)
    var reader = ShardReader(design: try directory.readRun().design)
    var results: [Int: TaskResult] = [:]
    for shard in try directory.shardPaths() {
        let shard = try reader.read(shard)
        for (row, task) in shard.tasks.enumerated() {
            let result = shard.result(row)
            if let other = results[task] { #expect(other == result, "task \(task) has two results") }
            results[task] = result
        }
    }
    return results
}

/// The facts in the journal of a run directory, in order.
func journaledFacts(in path: String) throws -> [Fact] {
    let directory = RunDirectory(path)
    var facts: [Fact] = []
    try JournalReader(directory.journal, design: try directory.readRun().design.digest).read { record in
        if let fact = record.fact { facts.append(fact) }
    }
    return facts
}

/// What an undisturbed run of good tasks gives, computed here without any process.
func undisturbedResults(of sweep: Sweep) throws -> [Int: TaskResult] {
    let design = try sweep.freeze().design
    let keys = StreamKeys(design)
    var results: [Int: TaskResult] = [:]
    for task in 0..<design.taskCount {
        let (point, replicate) = task.quotientAndRemainder(dividingBy: design.replicates)
        var values = design.values(ofPoint: point)
        // The measurement does not depend on how long the task sleeps.
        for (index, parameter) in design.parameters.enumerated() where parameter.name == "milliseconds" {
            values[index] = .integer(0)
        }
        results[task] = try sweep.experiment.run(
            values, schema: design.schema, in: Context(streams: keys.streams(point: point, replicate: replicate)))
    }
    return results
}
