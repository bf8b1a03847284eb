import Foundation
import SweepGrid

@testable import Results

/// A new directory that is removed with this object, or kept under `PHASEMAP_PICTURES` for looking at.
final class TemporaryDirectory {
    let path: String
    private let isKept: Bool

    init(_ name: String) throws {
        let keep = ProcessInfo.processInfo.environment["PHASEMAP_PICTURES"]
        isKept = keep != nil
        path = keep.map { "\($0)/\(name)" } ?? NSTemporaryDirectory() + "phasemap-plotting-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { if !isKept { try? FileManager.default.removeItem(atPath: path) } }
}

/// Runs with made-up random successes, as a phase-diagram file.
enum Fixture {
    static func axis(_ name: String, _ longName: String, _ values: [Value], unit: String = "") -> GridDimension {
        GridDimension(coordinates: [Coordinate(parameter: name, unit: unit, longName: longName, values: values)])
    }

    static let schema = Schema(
        measurements: [
            MeasurementSpec(name: "recoveryError", unit: "", longName: "recovery error"),
            MeasurementSpec(
                name: "trainingError", unit: "", longName: "recovery error during training", dimension: "trainingStep"),
        ],
        dimensions: [
            RecordedDimensionSpec(
                name: "trainingStep", unit: "", longName: "training step", coordinates: (0..<40).map { Double($0 * 50) }
            )
        ])

    static let rule = SuccessRule(measurement: "recoveryError", side: .below, threshold: 0.5)

    static func design(
        _ dimensions: [GridDimension], kept: [Int]? = nil, derived: [Coordinate] = [], replicates: Int = 20
    ) -> Design {
        let varied = dimensions.flatMap(\.coordinates) + derived
        return Design(
            experiment: "recovery", version: 1,
            parameters: varied.map { coordinate in
                ParameterSpec(
                    name: coordinate.parameter, unit: coordinate.unit, longName: coordinate.longName,
                    defaultValue: coordinate.kind == .text
                        ? .text("") : coordinate.kind == .real ? .real(-1) : .integer(-1))
            },
            dimensions: dimensions, kept: kept, derived: derived, replicates: replicates, seed: 1, schema: schema)
    }

    static let dimension = axis("intrinsicDimension", "intrinsic dimension", (2...8).map { .integer($0) })
    static let count = axis("sampleCount", "number of training samples", (2...15).map { .integer($0) })
    static let method = axis("method", "estimator", ["pca", "denoiserExact", "denoiser"].map { .text($0) })
    static let noise = axis("noise", "noise level", [0.01, 0.03, 0.1, 0.3, 1, 3, 10].map { .real($0) }, unit: "nm")

    static let theory = Figure.Theory(label: "N = d", x: (2...8).map(Double.init), y: (2...8).map(Double.init))

    static func heatMap(_ change: (inout Figure) -> Void = { _ in }) -> Figure {
        var figure = Figure(
            name: "phase-diagram", kind: .heatMap, x: "sampleCount", y: "intrinsicDimension",
            measurement: "recoveryError", statistic: .successRate, success: rule)
        change(&figure)
        return figure
    }

    /// Success rises with the sample count at about the dimension, the more slowly the later the method in its list.
    static func file(
        _ design: Design, _ figures: [Figure], in directory: String, missing: (Int) -> Bool = { _ in false },
        success: ((_ parameters: [String: Value]) -> Double)? = nil
    ) throws -> PhaseDiagramFile {
        let run = RunDirectory(directory)
        var work = PointWork()
        for _ in 0..<design.pointCount { work.append(1) }
        try run.write(
            FrozenRun(
                sweep: "molrg", design: design, view: View(description: "", success: [rule], figures: figures),
                work: work))
        try Disk.makeDirectory(run.shards)
        var writer = ShardWriter(design: design, worker: "w", host: "h")
        var identities = TaskIdentities(design)
        var state: UInt64 = 42
        func uniform() -> Double {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Double(state >> 33) / Double(1 << 31)
        }
        for task in 0..<design.taskCount where !missing(task) {
            let values = design.values(ofPoint: task / design.replicates)
            let parameters = Dictionary(uniqueKeysWithValues: zip(design.parameters.map(\.name), values))
            let probability = success?(parameters) ?? defaultSuccess(parameters)
            let error = uniform() < probability ? 0.3 * uniform() : 0.7 + 0.3 * uniform()
            let diverges =
                parameters["method"] == .text("denoiser") && parameters["sampleCount"] == .integer(3) && uniform() < 0.2
            let curve = (0..<40).map { step in
                error + (1 - error) * exp(-Double(step) * (0.05 + 0.2 * probability)) + 0.02 * uniform()
            }
            writer.append(
                task: task, id: identities[task], attempt: 1,
                result: diverges
                    ? TaskResult(status: .diverged, values: Array(repeating: .nan, count: 41), lengths: [0])
                    : TaskResult(status: .ok, values: [error] + curve, lengths: [40]),
                started: 0, seconds: 1)
        }
        try writer.seal(in: run.shards)
        _ = try Merge([run]).write()
        return try PhaseDiagramFile(directory)
    }

    private static func defaultSuccess(_ parameters: [String: Value]) -> Double {
        let (n, d) = (parameters["sampleCount"]?.number ?? 8, parameters["intrinsicDimension"]?.number ?? 4)
        if parameters["method"] != .text("denoiser"), parameters["method"] != nil { return n >= d ? 1 : 0 }
        return 1 / (1 + exp(-1.6 * (n - d - 0.8)))
    }
}
