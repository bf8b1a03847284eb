import Foundation
import FuzzingFixtures
import SweepGrid
import Testing

@testable import Results

/// Scenario 12: the first version of run.json and of shards, which every later release must read.
///
/// The files are never recorded again, except before version 1 was ever released.
@Suite struct FormatGoldenTests {
    private let corpus = #filePath.replacing("FormatGoldenTests.swift", with: "Corpus/")

    private static let run: FrozenRun = {
        let schema = Schema(
            measurements: [
                MeasurementSpec(name: "recoveryError", unit: "", longName: "sine of the largest principal angle"),
                MeasurementSpec(name: "loss", unit: "nat", longName: "loss during training", dimension: "trainingStep"),
            ],
            dimensions: [
                RecordedDimensionSpec(
                    name: "trainingStep", unit: "step", longName: "training step", coordinates: [0, 10, 100])
            ])
        func parameter(_ name: String, _ value: Value) -> ParameterSpec {
            ParameterSpec(name: name, unit: "", longName: "the \(name)", defaultValue: value)
        }
        func dimension(_ name: String, _ values: [Value]) -> GridDimension {
            GridDimension(coordinates: [Coordinate(parameter: name, unit: "", longName: "the \(name)", values: values)])
        }
        let design = Design(
            experiment: "recovery", version: 1,
            parameters: [
                parameter("sampleCount", .integer(1)), parameter("method", .text("pca")), parameter("noise", .real(0)),
                parameter("rate", .real(0.1)),
            ],
            dimensions: [
                dimension("sampleCount", [.integer(2), .integer(4), .integer(8)]),
                dimension("method", [.text("pca"), .text("denoiser")]),
            ], kept: [0, 1, 2, 4, 5], fixed: [.init(name: "noise", value: .real(0.25))],
            derived: [
                Coordinate(
                    parameter: "rate", unit: "1/step", longName: "rate",
                    values: [0.5, 0.5, 0.25, 0.125, 0.125].map { .real($0) })
            ],
            shared: [.init(name: "method", reason: .paired, streams: ["data"])], replicates: 3, seed: 7, schema: schema)
        var work = PointWork()
        for point in 0..<design.pointCount { work.append(Double(10 * (1 + point / 2))) }
        return FrozenRun(
            sweep: "golden", preset: "small", design: design,
            view: View(
                description: "recovery of a subspace",
                success: [SuccessRule(measurement: "recoveryError", side: .below, threshold: 0.5)], figures: []),
            work: work, limits: TaskLimits(seconds: 60, mebibytes: 512),
            numerics: Numerics(openBLAS: "0.3.21", kernels: "Haswell", libc: "2.36", blasThreads: 1, isPortable: true),
            probe: Probe(task: 0, digest: SHA256.hash([1])))
    }()

    private func result(_ task: Int) -> TaskResult {
        let count = 1 + task % 3
        let curve = (0..<3).map { $0 < count ? 1 / Double(task + 1 + $0) : .nan }
        return TaskResult(
            status: task == 4 ? .diverged : .ok, values: [Double(task) / 16] + curve, lengths: [count])
    }

    /// Whether the goldens are to be recorded; recording fails the test.
    private func record(_ bytes: [UInt8], _ name: String) throws -> Bool {
        guard ProcessInfo.processInfo.environment["RECORD_GOLDENS"] == "1" else { return false }
        try Data(bytes).write(to: URL(fileURLWithPath: corpus + name))
        Issue.record("recorded \(name): read the difference, then run again without RECORD_GOLDENS")
        return true
    }

    @Test func aRunOfVersion1IsRead() throws {
        if try record(try Self.run.json(), "run-v1.json") { return }
        let run = try FrozenRun(json: try kept("FuzzTests/Corpus/run-v1.json"), name: "run-v1.json")
        #expect(run == Self.run)
        #expect("\(run.design.digest)" == "\(Self.run.design.digest)")
    }

    @Test func aShardOfVersion1IsRead() throws {
        let design = Self.run.design
        let tasks = [0, 4, 5, 14]
        var writer = ShardWriter(design: design, worker: "node-1", host: "host-1")
        for task in tasks {
            writer.append(
                task: task, id: design.taskID(task), attempt: 2, result: result(task), started: 1_700_000_000.5,
                seconds: 0.25)
        }
        if try record(try writer.encoded().bytes, "shard-v1.h5") { return }
        let bytes = try kept("FuzzTests/Corpus/shard-v1.h5")
        var reader = ShardReader(design: design)
        let shard = try reader.verify(bytes, digest: SHA256.hash(bytes), name: "shard-v1.h5")
        #expect(shard.tasks == tasks)
        #expect(shard.ids == tasks.map { design.taskID($0) })
        #expect(shard.attempts == [2, 2, 2, 2])
        #expect(shard.started == Array(repeating: 1_700_000_000.5, count: 4))
        #expect(shard.seconds == [0.25, 0.25, 0.25, 0.25])
        for (row, task) in tasks.enumerated() { #expect(shard.result(row).digest() == result(task).digest()) }
    }
}
