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

    /// The experiment's name.
    public static let name = "noop"
    /// The version of its results.
    public static let version = 1
    /// The default of every parameter.
    public static let defaults = Parameters()
    /// The declared parameters.
    public static let parameters = [Parameter(\Parameters.index, "index", "number of the task", in: 0...)]
    /// The declared measurements.
    public static let measurements = [
        Measurement<Parameters, Measurements>(\.word, "word", "first word of the task's stream")
    ]

    /// The least there is.
    public static func work(_ parameters: Parameters) -> Double { 1 }

    /// Reads the first word of the stream `word`.
    public static func run(_ parameters: Parameters, in context: Context) throws -> Measurements {
        var stream = context.stream("word")
        return Measurements(word: Double(stream.nextWord()))
    }
}
