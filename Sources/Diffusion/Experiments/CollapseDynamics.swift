public import SweepGrid

/// Dynamic collapse: when backward trajectories of a memorising diffusion settle on one training point, and whether clones agree.
///
/// Source: Biroli et al., arXiv 2402.18491. The posterior is the exact one of the n points. A trajectory's collapse time is
/// the last time at which its nearest point changes. See `docs/experiments/collapse-dynamics.md`.
public enum CollapseDynamics: Experiment {
    /// How a trajectory takes a step back.
    public enum Engine: String, CaseIterable, ParameterValue {
        /// By the transition of the backward diffusion itself: a point is drawn from the posterior, then the earlier position given it.
        ///
        /// The law at the times of the steps is exact, however long these are (derived).
        case exact
        /// With the posterior mean in the place of the point, as samplers with a trained denoiser do.
        ///
        /// It lacks the spread of the posterior, in the direction between two points about `2 ln(n) h` of the variance of the noise
        /// of a step of length h near the collapse (derived), so that trajectories choose too late.
        case score
    }

    /// What a task is told.
    public struct Parameters: Sendable {
        /// The dimension d of a sample.
        public var dimension = 256
        /// The number n of training points.
        public var sampleCount = 20_000
        /// The number of trajectories of a task.
        public var trajectories = 64
        /// The mean of every coordinate in the positive class.
        public var separation = 1.0
        /// The standard deviation within a class.
        public var deviation = 1.0
        /// The time at which trajectories start, in collapse times.
        public var duration = 4.0
        /// The length of a step, in collapse times.
        public var timeStep = 0.025
        /// How a trajectory takes a step back.
        public var engine = Engine.exact
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

    /// What a task measures; times are those in units of the collapse time of the theory.
    public struct Measurements: Sendable {
        /// The mean entropy of the posterior along backward trajectories over `ln n`: the excess entropy over alpha.
        public var excessEntropy: [Double]
        /// The fraction of trajectories whose clone, made at that time, ends on the same training point.
        public var sameEnd: [Double]
        /// The mean sum of the squared posterior weights of noisy copies at that time.
        public var participation: [Double]
        /// The fraction of backward trajectories whose nearest point does not change any more from that time on.
        public var settled: [Double]
        /// The fraction of noisy copies whose own point has been the nearest at every time up to that one.
        public var kept: [Double]
        /// The collapse time of each trajectory: the last time at which its nearest point changes; half a step beyond `duration`
        /// where it never does.
        public var collapseTimes: [Double]
        /// The mean of `collapseTimes`.
        public var collapseTime: Double
        /// The excess entropy over alpha at the mean collapse time.
        public var entropyAtCollapse: Double
    }

    /// The experiment's name.
    public static let name = "collapse-dynamics"
    /// The version of its results.
    public static let version = 1
    /// The default of every parameter.
    public static let defaults = Parameters()
    /// The recorded times in units of the collapse time, ascending.
    public static let relativeTimes: [Double] = (5...15).map { Double($0) / 10 } + [1.75, 2]

    /// The declared parameters.
    public static let parameters: [Parameter<Parameters>] = [
        Parameter(\.dimension, "dimension", "dimension of a sample", in: 1...65_536),
        Parameter(\.sampleCount, "sampleCount", "number of training points", in: 2...200_000),
        Parameter(\.trajectories, "trajectories", "number of trajectories of a task", in: 1...10_000),
        Parameter(\.separation, "separation", "mean of a coordinate in the positive class", in: 0...1_000),
        Parameter(\.deviation, "deviation", "standard deviation within a class", in: 0.001...1_000),
        Parameter(\.duration, "duration", "start of the trajectories in collapse times", in: 2...100),
        Parameter(\.timeStep, "timeStep", "length of a step in collapse times", in: 0.0005...0.05),
        Parameter(\.engine, "engine", "how a step back is taken"),
        Parameter(\.isVarianceMisread, "isVarianceMisread", "whether the noise variance is taken for its deviation"),
    ]

    /// The declared measurements.
    public static let measurements: [Measurement<Parameters, Measurements>] = [
        Measurement(\.excessEntropy, "excessEntropy", "excess entropy over alpha", along: relativeTime),
        Measurement(\.sameEnd, "sameEnd", "clones that end on the same point", along: relativeTime),
        Measurement(\.participation, "participation", "sum of squared posterior weights", along: relativeTime),
        Measurement(\.settled, "settled", "trajectories that have settled on a point", along: relativeTime),
        Measurement(\.kept, "kept", "noisy copies whose point was always nearest", along: relativeTime),
        Measurement(\.collapseTimes, "collapseTimes", "collapse time over t_C", along: trajectory),
        Measurement(\.collapseTime, "collapseTime", "mean collapse time over t_C"),
        Measurement(\.entropyAtCollapse, "entropyAtCollapse", "excess entropy over alpha at the mean collapse time"),
    ]

    /// The expected cost of a task in microseconds, from timings on one core.
    public static func work(_ parameters: Parameters) -> Double {
        let schedule = CollapseSchedule(parameters)
        let (d, n) = (Double(parameters.dimension), Double(parameters.sampleCount))
        let backward = Double(schedule.steps + schedule.recorded.reduce(0, +))
        let products = backward * (parameters.engine == .score ? 2 : 1) + Double(schedule.steps)
        let softmaxes = backward + Double(schedule.steps)
        return 0.003 * n * d
            + Double(parameters.trajectories) * n * (products * 2 * d / 75_000 + softmaxes * 0.002)
    }

    /// The points must fit into memory, steps must meet the recorded times, and single precision must tell the points apart.
    public static func problems(with parameters: Parameters) -> [String] {
        var problems = Collapse.memoryProblems(dimension: parameters.dimension, sampleCount: parameters.sampleCount)
        func isWhole(_ ratio: Double) -> Bool { abs(ratio - ratio.rounded()) < 1e-6 }
        if !isWhole(0.05 / parameters.timeStep) {
            problems.append(
                "timeStep \(parameters.timeStep) does not divide the recorded times, which are multiples of 0.05: take 0.05 "
                    + "divided by an integer")
        } else if !isWhole(parameters.duration / parameters.timeStep) {
            problems.append(
                "duration \(parameters.duration) is no multiple of timeStep \(parameters.timeStep): take one")
        }
        // Differences between logarithmic weights are to be right to 0.05.
        let size = parameters.theory.logarithmicWeight
        if !(size < 200_000) {
            problems.append(
                "points lie too close for single precision at dimension \(parameters.dimension), sampleCount "
                    + "\(parameters.sampleCount), separation \(parameters.separation), deviation \(parameters.deviation): "
                    + "raise dimension or deviation, or lower sampleCount or separation")
        }
        return problems
    }

    /// Runs the trajectories, their clones and the noisy copies in batches. When the worker stops, a batch that has begun is begun again by the next attempt.
    ///
    /// - Throws: `Interrupted` when the worker stops.
    public static func run(_ parameters: Parameters, in context: Context) throws -> Measurements {
        let schedule = CollapseSchedule(parameters)
        let count = parameters.trajectories
        var (classes, samples) = (context.stream("classes"), context.stream("samples"))
        let cloud = PointCloud(
            points: parameters.mixture.samples(parameters.sampleCount, classes: &classes, using: &samples))
        var tally =
            context.restored.flatMap { CollapseTally($0, schedule: schedule, of: count) }
            ?? CollapseTally(schedule: schedule)
        while tally.count < count {
            let (done, size) = (tally.count, min(CollapseBatch.width, count - tally.count))
            let batch = CollapseBatch(
                cloud: cloud, schedule: schedule, engine: parameters.engine, first: done, count: size)
            try batch.run(into: &tally, in: context) { share in
                context.report(progress: (Double(done) + share * Double(size)) / Double(count))
            }
            context.report(progress: Double(tally.count) / Double(count))
            context.checkpoint(tally.bytes)
            if tally.count < count, context.isStopping { throw Interrupted() }
        }
        return tally.measurements(schedule: schedule, largestEntropy: cloud.largestEntropy)
    }
}

/// Time in units of the collapse time of the theory.
private let relativeTime = RecordedDimension<CollapseDynamics.Parameters>(
    "relativeTime", "diffusion time over collapse time t/t_C"
) { _ in CollapseDynamics.relativeTimes }

/// The trajectories of a task, counted from 1.
private let trajectory = RecordedDimension<CollapseDynamics.Parameters>("trajectory", "trajectory of a task") {
    (1...$0.trajectories).map(Double.init)
}
