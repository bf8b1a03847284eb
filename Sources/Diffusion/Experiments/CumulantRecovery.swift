import LinearAlgebra
public import SweepGrid

/// Recovery of a spike in the covariance and of one in the fourth cumulant by a neuron trained online to denoise.
///
/// The question is that of Bardone, Merger and Goldt, arXiv 2603.12901: how many samples a diffusion model needs for
/// correlations of second and of higher order. See `docs/experiments/mcm-phase.md`.
public enum CumulantRecovery: Experiment {
    /// Which spikes the data have; the question is always about the direction named first.
    public enum Panel: String, CaseIterable, ParameterValue {
        /// u alone, a spike in the covariance.
        case covariance
        /// v alone, a spike in the fourth cumulant.
        case cumulant
        /// v beside u, the sign along v given by the latent variable of u.
        case correlated
        /// v beside u, with independent latent variables.
        case independent
    }

    /// How the overlaps are computed: both engines follow exactly the same law.
    public enum Engine: String, CaseIterable, ParameterValue {
        /// All coordinates of all samples.
        case full
        /// The Markov chain of the overlaps.
        case reduced
    }

    /// What the learning rate is proportional to.
    public enum RateLaw: String, CaseIterable, ParameterValue {
        /// `1 / sqrt(n d)`, matched to the number of steps to come.
        case horizon
        /// `1 / d`, however long the training is.
        case dimension
    }

    /// What a task is told.
    public struct Parameters: Sendable {
        /// Which spikes there are.
        public var panel = Panel.covariance
        /// The dimension d of a sample.
        public var dimension = 64
        /// The exponent of the law `n = C d^theta`; the experiment itself reads `sampleCount` alone.
        public var exponent = 3.0
        /// The factor C of that law.
        public var prefactor = 1.0
        /// The number n of samples: one training step each.
        public var sampleCount = 4_096
        /// How the overlaps are computed.
        public var engine = Engine.reduced
        /// What the learning rate is proportional to.
        public var rateLaw = RateLaw.horizon
        /// The factor of the learning rate.
        public var rateFactor = 1.0
        /// The strength of the spike along u.
        public var covarianceStrength = 1.0
        /// The strength of the spike along v.
        public var cumulantStrength = 10.0
        /// How far the latent variable of u decides the sign along v, in the panel `correlated`.
        public var latentCorrelation = 1.0
        /// The variance of the diffusion noise; that of the signal is the rest to 1.
        public var noiseVariance = 0.5

        /// The defaults.
        public init() {}
    }

    /// What a task measures.
    public struct Measurements: Sendable {
        /// The final `|w . u|`.
        public var overlapU: Double
        /// The final `|w . v|`.
        public var overlapV: Double
        /// The one of the two that the panel asks about.
        public var overlap: Double
        /// 1 when that overlap exceeds the panel's threshold at the end, else 0.
        public var learned: Double
        /// The first step after which it exceeded the threshold; one more than there are steps when it never did.
        public var hittingTime: Double
        /// `|w . u|` along the training.
        public var trainingOverlapU: [Double]
        /// `|w . v|` along the training.
        public var trainingOverlapV: [Double]
    }

    /// The experiment's name.
    public static let name = "cumulant-recovery"
    /// The version of its results.
    public static let version = 1
    /// The default of every parameter.
    public static let defaults = Parameters()

    /// The declared parameters.
    public static let parameters: [Parameter<Parameters>] = [
        Parameter(\.panel, "panel", "spikes of the data"),
        Parameter(\.dimension, "dimension", "dimension of a sample", in: 5...1_048_576),
        Parameter(\.exponent, "exponent", "exponent of the number of samples in the dimension", in: 0...16),
        Parameter(\.prefactor, "prefactor", "factor of the number of samples", in: 1e-6...1e12),
        Parameter(\.sampleCount, "sampleCount", "number of samples and steps", in: 1...1_000_000_000_000),
        Parameter(\.engine, "engine", "computation of the overlaps"),
        Parameter(\.rateLaw, "rateLaw", "law of the learning rate"),
        Parameter(\.rateFactor, "rateFactor", "factor of the learning rate", in: 1e-9...1e9),
        Parameter(\.covarianceStrength, "covarianceStrength", "strength of the covariance spike", in: 0...1e6),
        Parameter(\.cumulantStrength, "cumulantStrength", "strength of the cumulant spike", in: 0...1e6),
        Parameter(\.latentCorrelation, "latentCorrelation", "weight of one latent in the other's sign", in: 0...1),
        Parameter(\.noiseVariance, "noiseVariance", "variance of the diffusion noise", in: 0.001...0.999),
    ]

    /// The declared measurements.
    public static let measurements: [Measurement<Parameters, Measurements>] = [
        Measurement(\.overlapU, "overlapU", "final overlap with the covariance spike"),
        Measurement(\.overlapV, "overlapV", "final overlap with the cumulant spike"),
        Measurement(\.overlap, "overlap", "final overlap with the direction of the panel"),
        Measurement(\.learned, "learned", "whether that overlap exceeds the panel's threshold at the end"),
        Measurement(\.hittingTime, "hittingTime", "first step after which it did"),
        Measurement(
            \.trainingOverlapU, "trainingOverlapU", "overlap with the covariance spike", along: trainingFraction),
        Measurement(
            \.trainingOverlapV, "trainingOverlapV", "overlap with the cumulant spike", along: trainingFraction),
    ]

    /// Trains one neuron on fresh samples; can be interrupted after every few hundredths of a second.
    ///
    /// - Throws: `Diverged` when an overlap is no number any more, `Interrupted` when the worker stops.
    public static func run(_ parameters: Parameters, in context: Context) throws -> Measurements {
        var initialisation = context.stream("initialisation")
        let start = SphereStart(dimension: parameters.dimension, using: &initialisation)
        switch parameters.engine {
        case .full:
            let engine = SphereDescent(parameters.kernel, dimension: parameters.dimension, start: start, in: context)
            return try OnlineTraining(parameters, engine).run(in: context)
        case .reduced:
            let engine = OverlapChain(parameters.kernel, dimension: parameters.dimension, start: start, in: context)
            return try OnlineTraining(parameters, engine).run(in: context)
        }
    }
}

/// The records: evenly spaced in the training, both ends included.
private let trainingFraction = RecordedDimension<CumulantRecovery.Parameters>(
    "trainingFraction", "fraction of the training"
) { _ in
    (0...OnlineTrainingRecords.intervals).map { Double($0) / Double(OnlineTrainingRecords.intervals) }
}
