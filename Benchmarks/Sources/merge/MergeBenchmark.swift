import Foundation
import Results
import SweepGrid

/// Writing, verifying and merging shards: 1 000 small ones of a run like molrg-k1, and a million tiny tasks.
@main
enum MergeBenchmark {
    static func main() throws {
        let directory = NSTemporaryDirectory() + "phasemap-merge-benchmark-\(ProcessInfo.processInfo.processIdentifier)"
        defer { try? FileManager.default.removeItem(atPath: directory) }
        try measure("molrg-k1: 5 880 tasks, 60-long curve, 1 000 shards", molrg, shards: 1000, in: directory + "/molrg")
        try measure("noop: 1 000 000 tasks, 16 384 a shard", noop, shards: 62, in: directory + "/noop")
    }

    static func measure(_ title: String, _ design: Design, shards: Int, in path: String) throws {
        print(title)
        let run = RunDirectory(path)
        try FileManager.default.createDirectory(atPath: run.shards, withIntermediateDirectories: true)
        try run.write(frozen(design))
        let tasks = design.taskCount
        var identities = TaskIdentities(design)
        let ids = (0..<tasks).map { identities[$0] }

        try report("write", tasks: tasks) {
            var writer = ShardWriter(design: design, worker: "worker", host: "host")
            for shard in 0..<shards {
                for task in tasks * shard / shards..<tasks * (shard + 1) / shards {
                    writer.append(
                        task: task, id: ids[task], attempt: 1, result: result(task, design), started: 1.7e9,
                        seconds: 0.01)
                }
                _ = try writer.seal(in: run.shards)
            }
        }
        let paths = try run.shardPaths()
        precondition(paths.count == shards)
        try report("read and verify", tasks: tasks) {
            var reader = ShardReader(design: design)
            var count = 0
            for path in paths { count += try reader.read(path).count }
            precondition(count == tasks)
        }
        var digests: Set<Digest> = []
        for _ in 0..<2 {
            try report("merge", tasks: tasks) {
                let report = try Merge([run]).write()
                precondition(report.isComplete)
                digests.insert(report.digest)
            }
        }
        precondition(digests.count == 1, "two merges gave different bytes")
        print("  peak memory \(peakMemory() >> 20) MiB")
    }

    static func report(_ name: String, tasks: Int, _ body: () throws -> Void) rethrows {
        let (wall, cpu) = (ContinuousClock.now, processSeconds())
        try body()
        let elapsed = (ContinuousClock.now - wall) / .seconds(1)
        let used = processSeconds() - cpu
        print(
            String(
                format: "  %@ %.3f s wall, %.3f s processor, %.0f tasks/s of processor",
                name.padding(toLength: 16, withPad: " ", startingAt: 0), elapsed, used, Double(tasks) / used))
    }

    static func processSeconds() -> Double { Double(clock()) / Double(CLOCKS_PER_SEC) }

    static func peakMemory() -> Int {
        var usage = rusage()
        getrusage(0, &usage)
        return usage.ru_maxrss * 1024
    }

    // MARK: Runs

    static func axis(_ name: String, _ values: [Value]) -> GridDimension {
        GridDimension(coordinates: [Coordinate(parameter: name, unit: "", longName: name, values: values)])
    }

    static let molrg = Design(
        experiment: "SubspaceRecovery", version: 1,
        parameters: [
            ParameterSpec(name: "intrinsicDimension", unit: "", longName: "", defaultValue: .integer(1)),
            ParameterSpec(name: "sampleCount", unit: "", longName: "", defaultValue: .integer(1)),
            ParameterSpec(name: "method", unit: "", longName: "", defaultValue: .text("none")),
        ],
        dimensions: [
            axis("intrinsicDimension", (2...8).map { .integer($0) }),
            axis("sampleCount", (2...15).map { .integer($0) }),
            axis("method", ["pca", "denoiserExact", "denoiser"].map { .text($0) }),
        ],
        shared: [Design.SharedParameter(name: "method", reason: .paired)], replicates: 20, seed: 1,
        schema: Schema(
            measurements: [
                MeasurementSpec(name: "recoveryError", unit: "", longName: "recovery error"),
                MeasurementSpec(name: "loss", unit: "", longName: "loss"),
                MeasurementSpec(name: "trainingError", unit: "", longName: "curve", dimension: "trainingStep"),
            ],
            dimensions: [
                RecordedDimensionSpec(
                    name: "trainingStep", unit: "", longName: "training step",
                    coordinates: (0..<60).map { Double($0 * 50) })
            ]))

    static let noop = Design(
        experiment: "noop", version: 1,
        parameters: [ParameterSpec(name: "index", unit: "", longName: "index", defaultValue: .integer(0))],
        dimensions: [axis("index", (1...1_000_000).map { .integer($0) })], replicates: 1, seed: 1,
        schema: Schema(measurements: [MeasurementSpec(name: "word", unit: "", longName: "first word of the stream")]))

    static func frozen(_ design: Design) -> FrozenRun {
        var work = PointWork()
        for _ in 0..<design.pointCount { work.append(1) }
        let isGrid = design.dimensions.count > 1
        let rule = SuccessRule(measurement: "recoveryError", side: .below, threshold: 0.5)
        let figure = Figure(
            name: "phase-diagram", kind: .heatMap, x: "sampleCount", y: "intrinsicDimension", panel: "method",
            measurement: "recoveryError", statistic: .successRate, success: rule)
        return FrozenRun(
            sweep: design.experiment, design: design,
            view: View(description: "benchmark", success: isGrid ? [rule] : [], figures: isGrid ? [figure] : []),
            work: work)
    }

    static func result(_ task: Int, _ design: Design) -> TaskResult {
        var state = UInt64(task) &* 0x9E37_79B9_7F4A_7C15
        func uniform() -> Double {
            state = (state ^ state >> 30) &* 0xBF58_476D_1CE4_E5B9 &+ 1
            return Double(state >> 11) / Double(1 << 53)
        }
        let lengths = Array(repeating: 60, count: design.schema.arrayCount)
        return TaskResult(status: .ok, values: (0..<design.schema.width).map { _ in uniform() }, lengths: lengths)
    }
}
