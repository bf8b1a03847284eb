public import SweepGrid

/// A task that does nothing but read one random word: what a sweep costs beyond its tasks.
public enum Noop: Experiment {
    /// One point is one index.
    public struct Parameters: Sendable {
        /// Which task it is.
        public var index = 0
    }

    /// One number that anybody can recompute from the identity of the task.
    public struct Measurements: Sendable {
        /// The first word of the stream `word`.
        public var word: Double
    }

    public static let name = "noop"
    public static let version = 1
    public static let defaults = Parameters()
    public static let parameters = [Parameter(\Parameters.index, "index", "number of the task", in: 0...)]
    public static let measurements = [
        Measurement<Parameters, Measurements>(\.word, "word", "first word of the task's stream")
    ]

    public static func work(_ parameters: Parameters) -> Double { 1 }

    public static func run(_ parameters: Parameters, in context: Context) throws -> Measurements {
        var stream = context.stream("word")
        return Measurements(word: Double(stream.nextWord()))
    }
}
