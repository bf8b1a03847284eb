import Foundation
import SweepGrid

@testable import Results

/// A new directory that is removed with this object.
final class TemporaryDirectory {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "phasemap-results-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    func file(_ name: String) -> String { path + "/" + name }

    func bytes(_ name: String) throws -> [UInt8] { try Disk.read(file(name), limit: 1 << 30) }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// Designs of every kind of grid over one made-up experiment, and results that depend on the task alone.
enum Fixture {
    static func axis(_ name: String, _ values: [Value], unit: String = "") -> GridDimension {
        GridDimension(coordinates: [coordinate(name, values, unit: unit)])
    }

    static func coordinate(_ name: String, _ values: [Value], unit: String = "") -> Coordinate {
        Coordinate(parameter: name, unit: unit, longName: longNames[name] ?? name, values: values)
    }

    static let longNames = [
        "sampleCount": "number of training samples", "intrinsicDimension": "intrinsic dimension", "method": "estimator",
        "noise": "observation noise", "rate": "learning rate",
    ]

    static let schema = Schema(
        measurements: [
            MeasurementSpec(name: "recoveryError", unit: "", longName: "sine of the largest principal angle"),
            MeasurementSpec(name: "loss", unit: "nat", longName: "final loss"),
            MeasurementSpec(
                name: "trainingError", unit: "", longName: "recovery error during training", dimension: "trainingStep"),
        ],
        dimensions: [
            RecordedDimensionSpec(
                name: "trainingStep", unit: "step", longName: "training step", coordinates: [0, 10, 100, 1000])
        ])

    static let parameters: [ParameterSpec] = [
        parameter("sampleCount", .integer(1)), parameter("intrinsicDimension", .integer(1)),
        parameter("method", .text("pca")), parameter("noise", .real(0)), parameter("rate", .real(0), unit: "1/step"),
    ]

    static func parameter(_ name: String, _ value: Value, unit: String = "") -> ParameterSpec {
        ParameterSpec(name: name, unit: unit, longName: longNames[name] ?? name, defaultValue: value)
    }

    static func design(
        _ dimensions: [GridDimension], kept: [Int]? = nil, derived: [Coordinate] = [],
        shared: [Design.SharedParameter] = [], replicates: Int = 4, seed: UInt64 = 7, schema: Schema = schema
    ) -> Design {
        Design(
            experiment: "recovery", version: 1, parameters: parameters, dimensions: dimensions, kept: kept,
            derived: derived, shared: shared, replicates: replicates, seed: seed, schema: schema)
    }

    static let sampleCount = axis("sampleCount", (2...7).map { .integer($0) })
    static let intrinsicDimension = axis("intrinsicDimension", (2...4).map { .integer($0) })
    static let method = axis("method", [.text("pca"), .text("denoiser")])

    static let product = design(
        [intrinsicDimension, sampleCount, method], shared: [Design.SharedParameter(name: "method", reason: .paired)])

    static let zip = design([
        GridDimension(coordinates: [
            coordinate("sampleCount", (2...7).map { .integer($0) }),
            coordinate("noise", (0...5).map { .real(Double($0) / 10) }),
        ]), method,
    ])

    /// N >= d only, and a learning rate that follows from both.
    static let filtered: Design = {
        let kept = (0..<18).filter { position in position % 6 >= position / 6 }
        let rates = kept.map { position -> Value in
            let (count, dimension) = (2 + position % 6, 2 + position / 6)
            return .real(1 / Double(count * dimension))
        }
        return design(
            [intrinsicDimension, sampleCount], kept: kept, derived: [coordinate("rate", rates, unit: "1/step")])
    }()

    /// Few points of a large box: a union of two lines.
    static let union = design(
        [
            axis("sampleCount", (1...10).map { .integer($0) }),
            axis("intrinsicDimension", (1...10).map { .integer($0) }),
        ],
        kept: [0, 1, 2, 3, 11, 22, 33, 44])

    enum Grid: String, CaseIterable {
        case product, zip, filtered, union

        var design: Design {
            switch self {
            case .product: Fixture.product
            case .zip: Fixture.zip
            case .filtered: Fixture.filtered
            case .union: Fixture.union
            }
        }
    }

    static func run(_ design: Design, rule: SuccessRule = rule, figures: [Figure]? = nil) -> FrozenRun {
        var work = PointWork()
        for _ in 0..<design.pointCount { work.append(10) }
        return FrozenRun(
            sweep: "molrg-test", design: design,
            view: View(
                description: "recovery of a subspace", success: [rule],
                figures: figures ?? (design == product ? [heatMap] : [])),
            work: work,
            numerics: Numerics(
                openBLAS: "0.3.21", kernels: "Haswell", libc: "2.36", blasThreads: 1, isPortable: true))
    }

    static let rule = SuccessRule(measurement: "recoveryError", side: .below, threshold: 0.5)

    static let heatMap = Figure(
        name: "phase-diagram", title: "subspace recovery", kind: .heatMap, x: "sampleCount", y: "intrinsicDimension",
        panel: "method", measurement: "recoveryError", statistic: .successRate, success: rule,
        theory: [Figure.Theory(label: "N = d", x: [2, 3, 4], y: [2, 3, 4])])

    /// The made-up result of a task: success is likelier with more samples and fewer dimensions.
    static func result(_ task: Int, of design: Design) -> TaskResult {
        let (point, replicate) = task.quotientAndRemainder(dividingBy: design.replicates)
        let values = design.values(ofPoint: point)
        let count = values[0].number ?? 1
        let dimension = values[1].number ?? 1
        var state = UInt64(task &* 2_654_435_761 &+ 12345)
        func uniform() -> Double {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Double(state >> 40) / Double(1 << 24)
        }
        _ = uniform()
        if count == 3, replicate == 2 {
            return TaskResult(
                status: .diverged, values: Array(repeating: .nan, count: design.schema.width), lengths: [0])
        }
        let error = uniform() < 1 / (1 + exp(-2 * (count - dimension))) ? 0.1 * uniform() : 0.6 + 0.4 * uniform()
        let used = 1 + Int(uniform() * 4)
        let curve = (0..<4).map { $0 < used ? error + uniform() : .nan }
        return TaskResult(status: .ok, values: [error, -uniform()] + curve, lengths: [used])
    }

    /// Writes the results of tasks as shards with at most `size` tasks each.
    @discardableResult
    static func write(
        _ tasks: some Sequence<Int>, of design: Design, into directory: RunDirectory, size: Int = 10,
        worker: String = "node-1", time: Double = 1_700_000_000
    ) throws -> [SealedShard] {
        try Disk.makeDirectory(directory.shards)
        var identities = TaskIdentities(design)
        var writer = ShardWriter(design: design, worker: worker, host: worker + ".cluster")
        var sealed: [SealedShard] = []
        for task in tasks {
            writer.append(
                task: task, id: identities[task], attempt: 1, result: result(task, of: design), started: time,
                seconds: 0.25)
            if writer.count == size { sealed.append(try writer.seal(in: directory.shards)) }
        }
        if writer.count > 0 { sealed.append(try writer.seal(in: directory.shards)) }
        return sealed
    }
}
