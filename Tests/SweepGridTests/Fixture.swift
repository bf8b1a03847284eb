import SweepGrid

/// A small experiment with every kind of parameter and measurement.
enum Fixture: Experiment {
    enum Method: String, CaseIterable, ParameterValue { case slow, fast }

    struct Parameters: Sendable {
        var count = 10
        var dimension = 4
        var rate = 0.5
        var method = Method.slow
        var isNoisy = false
    }

    struct Measurements: Sendable {
        var error = 0.0
        var curve: [Double] = []
    }

    static let name = "fixture"
    static let version = 1
    static let defaults = Parameters()
    static let parameters: [Parameter<Parameters>] = [
        Parameter(\.count, "count", "number of samples", in: 1...10_000_000),
        Parameter(\.dimension, "dimension", "dimension", in: 1...),
        Parameter(\.rate, "rate", "learning rate", unit: "1/step", in: 0...10),
        Parameter(\.method, "method", "method"),
        Parameter(\.isNoisy, "isNoisy", "whether noise is added"),
    ]
    static let measurements: [Measurement<Parameters, Measurements>] = [
        Measurement(\.error, "error", "error"),
        Measurement(
            \.curve, "curve", "training curve",
            along: RecordedDimension("step", "training step") { (0..<$0.dimension).map { Double($0) } }),
    ]

    static func work(_ parameters: Parameters) -> Double { Double(parameters.count) }

    static func problems(with parameters: Parameters) -> [String] {
        parameters.count < parameters.dimension && parameters.isNoisy ? ["noise needs count >= dimension"] : []
    }

    static func run(_ parameters: Parameters, in context: Context) throws -> Measurements {
        var stream = context.stream("samples")
        if parameters.rate > 9 { throw Diverged("rate too large") }
        return Measurements(
            error: stream.nextUniform(), curve: (0..<parameters.dimension).map { _ in stream.nextUniform() })
    }
}
