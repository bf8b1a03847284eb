public import SweepGrid

/// Collapse with a number of points exponential in the dimension, `n = e^(alpha d)`: curves cross and steepen at t_C.
///
/// The limit in which the theory of Biroli et al. (arXiv 2402.18491) is exact. See `docs/experiments/collapse.md`.
public enum FiniteSizeCollapse: Experiment {
    /// What a task is told.
    public struct Parameters: Sendable {
        /// The dimension d of a sample.
        public var dimension = 16
        /// The logarithm of the number of points over the dimension.
        public var alpha = 0.5
        /// The number n of training points, `e^(alpha d)` rounded.
        public var sampleCount = 2_981
        /// The number of noisy copies whose posteriors are averaged at each time.
        public var copies = 400
        /// The mean of every coordinate in the positive class; 0 makes both classes one Gaussian.
        public var separation = 0.0
        /// The standard deviation within a class.
        public var deviation = 1.0
        /// Whether the posterior takes the variance of the noise for its deviation: wrong on purpose, a negative control.
        public var isVarianceMisread = false

        /// The defaults.
        public init() {}

        /// The distribution of the training points.
        public var mixture: GaussianPair {
            GaussianPair(dimension: dimension, separation: separation, deviation: deviation)
        }

        /// The prediction in the limit of large dimension.
        public var theory: CollapseTheory { CollapseTheory(mixture: mixture, logSamplesPerDimension: alpha) }

        /// `e^(alpha d)` rounded; the largest integer where it is larger than any.
        public var exponentialSampleCount: Int { theory.exponentialSampleCount }
    }

    /// What a task measures, at every recorded time.
    public typealias Measurements = Collapse.Measurements

    /// The experiment's name.
    public static let name = "collapse-finite-size"
    /// The version of its results.
    public static let version = 1
    /// The default of every parameter.
    public static let defaults = Parameters()
    /// The recorded times in units of the collapse time.
    public static let relativeTimes: [Double] = (2...16).map { Double($0) / 8 }

    /// The declared parameters.
    public static let parameters: [Parameter<Parameters>] = [
        Parameter(\.dimension, "dimension", "dimension of a sample", in: 1...1_024),
        Parameter(\.alpha, "alpha", "logarithm of the number of points over the dimension", in: 0.001...20),
        Parameter(\.sampleCount, "sampleCount", "number of training points, e^(alpha d)", in: 2...Int.max),
        Parameter(\.copies, "copies", "noisy copies that are averaged at each time", in: 1...1_000_000),
        Parameter(\.separation, "separation", "mean of a coordinate in the positive class", in: 0...1_000),
        Parameter(\.deviation, "deviation", "standard deviation within a class", in: 0.001...1_000),
        Parameter(\.isVarianceMisread, "isVarianceMisread", "whether the noise variance is taken for its deviation"),
    ]

    /// The declared measurements.
    public static let measurements: [Measurement<Parameters, Measurements>] = [
        Measurement(\.ownWeight, "ownWeight", "posterior weight of the own point", along: relativeTime),
        Measurement(\.participation, "participation", "sum of squared posterior weights", along: relativeTime),
        Measurement(\.excessEntropy, "excessEntropy", "excess entropy over alpha", along: relativeTime),
    ]

    /// The expected cost of a task in microseconds.
    public static func work(_ parameters: Parameters) -> Double {
        Collapse.cost(
            dimension: parameters.dimension, sampleCount: parameters.sampleCount, copies: parameters.copies,
            times: relativeTimes.count)
    }

    /// The largest number of points.
    public static let largestSampleCount = 200_000

    /// The number of points is that of alpha and the dimension, and not too large.
    public static func problems(with parameters: Parameters) -> [String] {
        let expected = parameters.exponentialSampleCount
        let place = "at alpha \(parameters.alpha), dimension \(parameters.dimension)"
        if expected > largestSampleCount {
            let largest = CollapseTheory(mixture: parameters.mixture, sampleCount: largestSampleCount)
                .logSamplesPerDimension
            return [
                "e^(alpha dimension) is " + (expected == .max ? "beyond all integers" : "\(expected)")
                    + " \(place), and "
                    + "sampleCount must be in 2...\(largestSampleCount): alpha must be at most "
                    + "\((largest * 1_000).rounded(.down) / 1_000) there"
            ]
        }
        guard parameters.sampleCount != expected else { return [] }
        return ["sampleCount is \(parameters.sampleCount), but e^(alpha dimension) is \(expected) \(place)"]
    }

    /// Draws the points and averages the posteriors of their noisy copies.
    public static func run(_ parameters: Parameters, in context: Context) throws -> Measurements {
        let collapseTime = parameters.theory.collapseTime
        return Collapse.measure(
            parameters.mixture, sampleCount: parameters.sampleCount, copies: parameters.copies,
            at: relativeTimes.map { $0 * collapseTime }, isVarianceMisread: parameters.isVarianceMisread, in: context)
    }
}

/// Time in units of the collapse time of the limit, which depends on alpha alone.
private let relativeTime = RecordedDimension<FiniteSizeCollapse.Parameters>(
    "relativeTime", "diffusion time over collapse time t/t_C"
) { _ in FiniteSizeCollapse.relativeTimes }
