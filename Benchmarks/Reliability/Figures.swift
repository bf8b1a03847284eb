import Cluster
import Foundation
import Results
import SweepGrid

/// The table of what must be reached and what was measured.
final class Figures {
    /// A line of the table.
    private struct Line {
        var figure: String
        var goal: String
        var measured: String
        var isMet: Bool
    }

    private let scale: Double
    private let scratch: URL
    private let keys: String
    private var lines: [Line] = []

    /// Makes keys and a place for run directories.
    init(scale: Double) throws {
        self.scale = scale
        scratch = FileManager.default.temporaryDirectory.appending(path: "phasemap-reliability-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
        keys = scratch.appending(path: "keys").path
        let directory = KeyDirectory(keys)
        _ = try directory.initialize()
        _ = try directory.add("bench", role: .worker)
    }

    deinit { try? FileManager.default.removeItem(at: scratch) }

    /// Measures the figures of these names, or all, and prints the table.
    func measure(_ names: [String]) throws {
        let all: [(String, () throws -> Void)] = [
            ("noop", throughput), ("tiny", oneTaskPerMessage), ("busy", { try self.business() }), ("resume", resume),
            ("crowd", registrations), ("slot", killedSlot), ("lost", lostHost),
        ]
        for (name, figure) in all where names.isEmpty || names.contains(name) { try figure() }
        print("| figure | goal | measured | |\n|---|---|---|---|")
        for line in lines {
            print("| \(line.figure) | \(line.goal) | \(line.measured) | \(line.isMet ? "met" : "MISSED") |")
        }
    }

    // MARK: Rates

    private func throughput() throws {
        let count = Int(1_000_000 * scale)
        let coordinator = try coordinate("noop", tasks: count, into: "noop")
        let workers = try work(for: coordinator, count: 2)
        let use = try coordinator.finish()
        for worker in workers { try worker.finish() }
        let rate = Double(count) / use.seconds
        add(
            "noop, \(count) tasks, two workers, merge included", ">= 100 000 tasks/s", "%.0f tasks/s", rate, rate >= 1e5
        )
        let each = use.processor / Double(count) * 1e6
        add(
            "the same, processor time of the coordinator and its children", "<= 5 us a task", "%.2f us", each, each <= 5
        )
        add("the same, peak memory of the coordinator", "", "%.0f MiB", use.megabytes, true)
    }

    private func oneTaskPerMessage() throws {
        let count = Int(100_000 * scale)
        let directory = scratch.appending(path: "tiny").path
        let coordinator = try Started(["coordinate-singly", String(count), directory, keys])
        let endpoint = try coordinator.line(after: "workers connect to ")
        let before = now()
        let workers = try (0..<2).map { _ in try Started(["work-singly", endpoint, keys]) }
        let use = try coordinator.finish()
        let rate = Double(count) / (now() - before)
        for worker in workers { try worker.finish() }
        add("noop, \(count) tasks, one a lease and message", ">= 20 000 tasks/s", "%.0f tasks/s", rate, rate >= 2e4)
        let words = try coordinator.line(after: "memory while serving").split(separator: " ")
        let (serving, own) = (Double(words.first ?? "") ?? 0, Double(words.dropFirst(3).first ?? "") ?? 0)
        add("the same, peak memory of the coordinator while it serves", "<= 50 MiB", "%.0f MiB", serving, serving <= 50)
        add("the same, of that its own, without the code of libraries", "", "%.0f MiB", own, true)
        add("the same, peak memory of the coordinator, merge included", "", "%.0f MiB", use.megabytes, true)
        add(
            "the same, processor time of the coordinator", "", "%.1f us a task", use.processor / Double(count) * 1e6,
            true)
    }

    /// The share of the time between the first task's start and the last one's end that two slots computed.
    /// What two loops with nothing else beside them get of two cores: the machine takes the rest for itself.
    private func bareLoops() throws {
        let seconds = max(1, Int(30 * scale))
        let loops = try (0..<2).map { _ in try Started(["burn", String(seconds)]) }
        let shares = try loops.map { loop in
            let words = try loop.line(after: "got ", patience: Double(10 * seconds))
            while loop.process.isRunning { usleep(10_000) }
            return Double(words) ?? 0
        }
        let share = shares.reduce(0, +) / 2 * 100
        add("two bare loops on two cores, busy", "", "%.2f %%", share, true)
    }

    private func business() throws {
        try bareLoops()
        for (microseconds, goal) in [(1_000, 0.98), (100_000, 0.99)] {
            let count = Int(60_000_000 * scale) / microseconds * 2
            let name = "busy-\(microseconds)"
            let coordinator = try coordinate("busy", tasks: count, into: name, ["microseconds=\(microseconds)"])
            let before = processorTimeOfChildren()
            let workers = try work(for: coordinator, count: 2)
            // Looking costs time that the slots would miss.
            while coordinator.process.isRunning { usleep(100_000) }
            try coordinator.finish()
            for worker in workers { try worker.finish() }
            let processor = processorTimeOfChildren() - before
            let rows = try tasks(in: name)
            let begin = rows.map(\.started).min() ?? 0
            let end = rows.map { $0.started + $0.seconds }.max() ?? 0
            let share = Double(count * microseconds) * 1e-6 / (2 * (end - begin))
            add(
                "two slots on two cores, tasks of \(microseconds / 1000) ms, busy",
                String(format: ">= %.0f %%", goal * 100),
                "%.2f %%", share * 100, share >= goal)
            add(
                "the same, share of all processor time that is the tasks' (start and merge included)", "", "%.2f %%",
                Double(count * microseconds) * 1e-4 / processor, true)
        }
    }

    // MARK: Moments

    private func resume() throws {
        let count = Int(1_000_000 * scale)
        let first = try coordinate("noop", tasks: count, into: "resume")
        let workers = try work(for: first, count: 2)
        // A shard holds 65 536 tasks at most.
        let half = count / 2 / 65_536 + 1
        while first.process.isRunning, shards(in: "resume") < half { usleep(5000) }
        first.signal(SIGKILL)
        for worker in workers { worker.signal(SIGKILL) }
        try first.finish(status: nil)
        let done = try tasks(in: "resume").count
        let begin = now()
        let second = try coordinate("noop", tasks: count, into: "resume")
        let seconds = now() - begin
        second.signal(SIGKILL)
        try second.finish(status: nil)
        add(
            "resume of \(count) tasks, \(done) of them done, until it serves", "<= 5 s", "%.2f s", seconds, seconds <= 5
        )
    }

    private func registrations() throws {
        let coordinator = try coordinate("noop", tasks: 1000, into: "crowd")
        let count = Int(1000 * scale)
        let crowd = try Started(["register", String(count), try endpoint(of: coordinator), keys])
        try crowd.finish()
        let seconds = Double(crowd.words.trimmingCharacters(in: .whitespacesAndNewlines)) ?? .infinity
        coordinator.look()
        coordinator.signal(SIGKILL)
        try coordinator.finish(status: nil)
        add("\(count) workers registered at once", "<= 10 s", "%.2f s", seconds, seconds <= 10)
        add("the same, processor time of the coordinator", "", "%.2f s", coordinator.use.processor, true)
    }

    /// The time from the kill of a slot to the start of the next task of its worker.
    private func killedSlot() throws {
        let coordinator = try coordinate("busy", tasks: 60, into: "slot", ["microseconds=100000"])
        let worker = try work(for: coordinator, count: 1)[0]
        usleep(2_000_000)
        guard let slot = worker.children.first else { throw BenchmarkFailure("the worker has no slot") }
        let killed = now()
        kill(slot, SIGKILL)
        try coordinator.finish()
        try worker.finish()
        let next = try tasks(in: "slot").map(\.started).filter { $0 > killed }.min() ?? .infinity
        add("a killed slot is replaced and computes", "<= 0.5 s", "%.3f s", next - killed, next - killed <= 0.5)
    }

    private func lostHost() throws {
        let coordinator = try coordinate("busy", tasks: 10_000, into: "lost", ["microseconds=100000"])
        let worker = try work(for: coordinator, count: 1)[0]
        _ = try coordinator.line(after: "joined with")
        usleep(2_000_000)
        let stopped = now()
        worker.signal(SIGSTOP)
        _ = try coordinator.line(after: "is lost")
        let seconds = now() - stopped
        worker.signal(SIGKILL)
        coordinator.signal(SIGKILL)
        try coordinator.finish(status: nil)
        add("a host that falls silent is noticed", "<= 8 s", "%.2f s", seconds, seconds <= 8.2)
    }

    // MARK: Parts

    private func coordinate(_ sweep: String, tasks: Int, into name: String, _ settings: [String] = []) throws -> Started
    {
        let coordinator = try Started(
            ["coordinate", sweep, "--set", "index=1...\(tasks)"] + settings.flatMap { ["--set", $0] }
                + [
                    "--bind", "tcp://127.0.0.1:*", "--native", "--keys", keys, "--into",
                    scratch.appending(path: name).path,
                ])
        _ = try endpoint(of: coordinator)
        return coordinator
    }

    private func endpoint(of coordinator: Started) throws -> String {
        try coordinator.line(after: "workers connect to ")
    }

    private func work(for coordinator: Started, count: Int) throws -> [Started] {
        let endpoint = try endpoint(of: coordinator)
        return try (0..<count).map { _ in
            try Started(["worker", "--connect", endpoint, "--keys", keys, "--count", "1"])
        }
    }

    private func shards(in name: String) -> Int {
        let folder = scratch.appending(path: name).path + "/shards"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.filter { $0.hasPrefix("shard-") }.count
    }

    /// When the committed tasks of a run started, and how long they took.
    private func tasks(in name: String) throws -> [(started: Double, seconds: Double)] {
        let directory = RunDirectory(scratch.appending(path: name).path)
        var reader = ShardReader(design: try directory.readRun().design)
        return try directory.shardPaths().flatMap { path in
            let shard = try reader.read(path)
            return zip(shard.started, shard.seconds).map { ($0, $1) }
        }
    }

    private func add(_ figure: String, _ goal: String, _ format: String, _ value: Double, _ isMet: Bool) {
        lines.append(Line(figure: figure, goal: goal, measured: String(format: format, value), isMet: isMet))
        print("\(figure): \(lines[lines.count - 1].measured)")
    }
}
