public import SweepGrid

/// Speciation of a backward diffusion: until when its two clones still end in the same class of a Gaussian mixture.
///
/// The model, the cloning experiment and the claim are those of Biroli et al., arXiv 2402.18491. A task is a batch of
/// trajectories. See `docs/experiments/speciation.md`.
public enum Speciation: Experiment {
    /// How the trajectories are computed.
    public enum Engine: String, CaseIterable, ParameterValue {
        /// The projection on the classes' axis alone: a scalar equation with exactly the law of the full one.
        case reduced
        /// All d coordinates.
        case full
    }

    /// What a task is told.
    public struct Parameters: Sendable {
        /// The dimension d of a sample.
        public var dimension = 256
        /// The time at which a trajectory is cloned; rounded to a whole number of steps.
        public var branchTime = 2.5
        /// How the trajectories are computed.
        public var engine = Engine.reduced
        /// The number of cloned trajectories.
        public var trajectories = 1_000
        /// The mean of every coordinate in the positive class.
        public var separation = 1.0
        /// The standard deviation within a class.
        public var deviation = 1.0
        /// The time T at which trajectories start from pure noise.
        public var duration = 10.0
        /// The length of a step.
        public var timeStep = 0.01

        /// The defaults.
        public init() {}

        /// The distribution of clean samples.
        public var mixture: GaussianPair {
            GaussianPair(dimension: dimension, separation: separation, deviation: deviation)
        }
    }

    /// What a task measures.
    public struct Measurements: Sendable {
        /// The fraction of clone pairs that end in the same class.
        public var sameClass: Double
    }

    /// The experiment's name.
    public static let name = "speciation"
    /// The version of its results.
    public static let version = 1
    /// The default of every parameter.
    public static let defaults = Parameters()

    /// The declared parameters.
    public static let parameters: [Parameter<Parameters>] = [
        Parameter(\.dimension, "dimension", "dimension of a sample", in: 1...1_048_576),
        Parameter(\.branchTime, "branchTime", "time at which a trajectory is cloned", in: 0...100),
        Parameter(\.engine, "engine", "how trajectories are computed"),
        Parameter(\.trajectories, "trajectories", "number of cloned trajectories of a task", in: 1...100_000_000),
        Parameter(\.separation, "separation", "mean of a coordinate in the positive class", in: 0...1_000),
        Parameter(\.deviation, "deviation", "standard deviation within a class", in: 0.001...1_000),
        Parameter(\.duration, "duration", "time at which trajectories start from noise", in: 0.001...100),
        Parameter(\.timeStep, "timeStep", "length of a step of the backward equation", in: 0.00001...1),
    ]

    /// The declared measurements.
    public static let measurements: [Measurement<Parameters, Measurements>] = [
        Measurement(\.sameClass, "sameClass", "fraction of clone pairs that end in the same class")
    ]

    /// The expected cost of a task in microseconds, from timings on one core.
    public static func work(_ parameters: Parameters) -> Double {
        let schedule = CloningSchedule(parameters)
        let steps = Double(parameters.trajectories) * Double(2 * schedule.steps.count - schedule.branchStep)
        switch parameters.engine {
        case .reduced: return 0.0014 * steps
        case .full: return (0.0011 * Double(parameters.dimension) + 0.05) * steps
        }
    }

    /// A trajectory is cloned after it has started, and takes a step at least.
    public static func problems(with parameters: Parameters) -> [String] {
        var problems: [String] = []
        if parameters.branchTime > parameters.duration {
            problems.append(
                "branchTime \(parameters.branchTime) lies before the start of the trajectories at duration "
                    + "\(parameters.duration): lower branchTime or raise duration")
        }
        if parameters.timeStep > parameters.duration {
            problems.append(
                "timeStep \(parameters.timeStep) is longer than duration \(parameters.duration): lower timeStep")
        }
        return problems
    }

    /// Runs the batch of trajectories and compares the classes of the clones; can be interrupted between trajectories.
    ///
    /// - Throws: `Interrupted` when the worker stops.
    public static func run(_ parameters: Parameters, in context: Context) throws -> Measurements {
        let schedule = CloningSchedule(parameters)
        let same =
            switch parameters.engine {
            case .reduced: try schedule.agreementsOfProjections(parameters.trajectories, in: context)
            case .full: try schedule.agreements(parameters.trajectories, in: context)
            }
        return Measurements(sameClass: Double(same) / Double(parameters.trajectories))
    }
}
