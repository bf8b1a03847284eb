public import SweepGrid

/// Collapse of a memorising diffusion onto its training points: the excess entropy against time, at a fixed number of points.
///
/// Source: Biroli et al., arXiv 2402.18491. The estimator is the mean entropy of the posterior over the points, which equals
/// the paper's excess entropy and has far less noise (derived here). See `docs/experiments/collapse.md`.
public enum Collapse: Experiment {
    /// What a task is told.
    public struct Parameters: Sendable {
        /// The dimension d of a sample.
        public var dimension = 256
        /// The number n of training points.
        public var sampleCount = 20_000
        /// The number of noisy copies whose posteriors are averaged at each time.
        public var copies = 500
        /// The mean of every coordinate in the positive class.
        public var separation = 1.0
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

        /// The prediction for these points.
        public var theory: CollapseTheory { CollapseTheory(mixture: mixture, sampleCount: sampleCount) }
    }

    /// What a task measures, at every recorded time.
    public struct Measurements: Sendable {
        /// The mean entropy of the posterior over `ln n`: the excess entropy over alpha.
        public var excessEntropy: [Double]
        /// The mean weight of the point that a copy was made from.
        public var ownWeight: [Double]
        /// The mean sum of the squared weights.
        public var participation: [Double]
        /// The first time at which the participation is one half, linear between the recorded ones; NaN if it never is.
        public var collapseTime: Double
    }

    /// The experiment's name.
    public static let name = "collapse"
    /// The version of its results.
    public static let version = 2
    /// The default of every parameter.
    public static let defaults = Parameters()
    /// The recorded times, ascending: the twenty of the paper, `8 (1 - 0.98 i / 20)`, and those half-way between.
    public static let times: [Double] = (0..<40).reversed().map { 8 * (1 - 0.98 * Double($0) / 40) }

    /// The declared parameters.
    public static let parameters: [Parameter<Parameters>] = [
        Parameter(\.dimension, "dimension", "dimension of a sample", in: 1...65_536),
        Parameter(\.sampleCount, "sampleCount", "number of training points", in: 2...200_000),
        Parameter(\.copies, "copies", "noisy copies that are averaged at each time", in: 1...1_000_000),
        Parameter(\.separation, "separation", "mean of a coordinate in the positive class", in: 0...1_000),
        Parameter(\.deviation, "deviation", "standard deviation within a class", in: 0.001...1_000),
        Parameter(\.isVarianceMisread, "isVarianceMisread", "whether the noise variance is taken for its deviation"),
    ]

    /// The declared measurements.
    public static let measurements: [Measurement<Parameters, Measurements>] = [
        Measurement(\.excessEntropy, "excessEntropy", "excess entropy over alpha", along: time),
        Measurement(\.ownWeight, "ownWeight", "posterior weight of the own point", along: time),
        Measurement(\.participation, "participation", "sum of squared posterior weights", along: time),
        Measurement(\.collapseTime, "collapseTime", "time at which the participation is one half"),
    ]

    /// The expected cost of a task in microseconds, from timings on one core.
    public static func work(_ parameters: Parameters) -> Double {
        cost(
            dimension: parameters.dimension, sampleCount: parameters.sampleCount, copies: parameters.copies,
            times: times.count)
    }

    /// The points must fit into memory.
    public static func problems(with parameters: Parameters) -> [String] {
        memoryProblems(dimension: parameters.dimension, sampleCount: parameters.sampleCount)
    }

    /// Draws the points and averages the posteriors of their noisy copies.
    public static func run(_ parameters: Parameters, in context: Context) throws -> Measurements {
        measure(
            parameters.mixture, sampleCount: parameters.sampleCount, copies: parameters.copies, at: times,
            isVarianceMisread: parameters.isVarianceMisread, in: context)
    }

    // MARK: Shared with the finite-size experiment

    /// Draws points of a mixture from the task's streams and averages the posteriors of their noisy copies.
    static func measure(
        _ mixture: GaussianPair, sampleCount: Int, copies: Int, at times: [Double], isVarianceMisread: Bool,
        in context: Context
    ) -> Measurements {
        let levels = times.map(OrnsteinUhlenbeck.level)
        var (classes, samples) = (context.stream("classes"), context.stream("samples"))
        var (choices, noise) = (context.stream("choices"), context.stream("noise"))
        let cloud = PointCloud(points: mixture.samples(sampleCount, classes: &classes, using: &samples))
        let means = cloud.means(
            ofCopies: copies, at: levels,
            assuming: isVarianceMisread
                ? levels.map { NoiseLevel(signal: $0.signal, deviation: $0.deviation * $0.deviation) } : nil,
            choosing: &choices, noise: &noise, progress: context.report(progress:))
        let participation = means.map(\.participation)
        return Measurements(
            excessEntropy: means.map { $0.entropy / cloud.largestEntropy }, ownWeight: means.map(\.ownWeight),
            participation: participation, collapseTime: timeOfHalf(participation, at: times))
    }

    /// Where values that fall along ascending times first pass one half; the first time if they lie below it from the
    /// beginning, the last one if they never do.
    static func timeOfHalf(_ values: [Double], at times: [Double]) -> Double {
        guard let index = values.firstIndex(where: { $0 < 0.5 }) else { return times[times.count - 1] }
        guard index > 0 else { return times[0] }
        let share = (values[index - 1] - 0.5) / (values[index - 1] - values[index])
        return times[index - 1] + share * (times[index] - times[index - 1])
    }

    static func cost(dimension: Int, sampleCount: Int, copies: Int, times: Int) -> Double {
        let (d, n, copies) = (Double(dimension), Double(sampleCount), Double(copies))
        return 0.003 * n * d + copies * n * (4 * d / 150_000 + 0.002 * Double(times))
    }

    static func memoryProblems(dimension: Int, sampleCount: Int) -> [String] {
        let largest = 1 << 30
        return dimension * sampleCount <= largest
            ? []
            : [
                "\(sampleCount) points of dimension \(dimension) are more than \(largest) numbers: "
                    + "lower sampleCount or dimension"
            ]
    }
}

/// The time of the forward diffusion.
private let time = RecordedDimension<Collapse.Parameters>("time", "diffusion time t") { _ in Collapse.times }
