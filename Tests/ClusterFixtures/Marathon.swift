package import SweepGrid

/// A long task: steps that depend on each other and on a stream, with progress, checkpoints and an ear for the end.
///
/// Each step that is really computed leaves a byte in the file that FIXTURE_STEPS names, so that a test can tell a task that
/// went on from one that began anew.
package enum Marathon: Experiment {
    package struct Parameters: Sendable {
        package var index = 0
        package var steps = 10
        package var milliseconds = 0
        /// Bytes that the state is padded with, so that a checkpoint takes several messages.
        package var padding = 0
    }

    package struct Measurements: Sendable {
        package var total: Double
    }

    package static let name = "marathon"
    package static let version = 1
    package static let defaults = Parameters()
    package static let parameters: [Parameter<Parameters>] = [
        Parameter(\.index, "index", "number of the task", in: 0...10_000),
        Parameter(\.steps, "steps", "steps of the task", in: 1...1_000_000),
        Parameter(\.milliseconds, "milliseconds", "time that a step takes", unit: "ms", in: 0...100_000),
        Parameter(\.padding, "padding", "size of the state", unit: "bytes", in: 0...100_000_000),
    ]
    package static let measurements: [Measurement<Parameters, Measurements>] = [
        Measurement(\.total, "total", "what the steps add up to")
    ]

    package static func work(_ parameters: Parameters) -> Double {
        Double(parameters.steps) * (1 + 1000 * Double(parameters.milliseconds))
    }

    package static func run(_ parameters: Parameters, in context: Context) throws -> Measurements {
        var stream = context.stream("steps")
        var step = 0
        var total = 0.0
        if let bytes = context.restored, let words = words(in: bytes, padding: parameters.padding) {
            step = Int(words[0])
            stream.position = words[1]
            total = Double(bitPattern: words[2])
        }
        while step < parameters.steps {
            if parameters.milliseconds > 0 { sleep(milliseconds: parameters.milliseconds) }
            total = total / 2 + stream.nextUniform()
            step += 1
            countStep()
            context.report(progress: Double(step) / Double(parameters.steps))
            context.checkpoint(
                bytes(of: [UInt64(step), stream.position, total.bitPattern], padding: parameters.padding))
            if context.isStopping, step < parameters.steps { throw Interrupted() }
        }
        return Measurements(total: total)
    }

    private static func bytes(of words: [UInt64], padding: Int) -> [UInt8] {
        words.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } }
            + [UInt8](repeating: UInt8(truncatingIfNeeded: words[0]), count: padding)
    }

    private static func words(in bytes: [UInt8], padding: Int) -> [UInt64]? {
        guard bytes.count == 24 + padding else { return nil }
        return (0..<3).map { word in (0..<8).reduce(0) { $0 | UInt64(bytes[8 * word + $1]) << (8 * $1) } }
    }
}
