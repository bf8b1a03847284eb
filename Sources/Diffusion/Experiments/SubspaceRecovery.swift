import LinearAlgebra
public import SweepGrid

/// Recovery of the subspace of a low-rank Gaussian from few samples, by principal components and by denoisers.
///
/// The model and the claim are those of Wang et al., arXiv 2409.02426: a diffusion model learns the subspace as soon as there
/// are as many samples as dimensions, N >= d. See `docs/experiments/molrg-k1.md`.
public enum SubspaceRecovery: Experiment {
    /// How the subspace is estimated from the samples.
    public enum Method: String, CaseIterable, ParameterValue {
        /// The leading left singular vectors of the samples.
        case pca
        /// The minimum of the denoising loss with the noise averaged in closed form.
        case denoiserExact
        /// Stochastic training of the low-rank denoising auto-encoder.
        case denoiser
    }

    /// What a task is told.
    public struct Parameters: Sendable {
        /// The dimension n of a sample.
        public var ambientDimension = 48
        /// The dimension d of the subspace.
        public var intrinsicDimension = 4
        /// The number N of samples: the first N of one stream.
        public var sampleCount = 8
        /// The standard deviation of noise on the samples themselves, before any diffusion.
        public var noise = 0.0
        /// The estimator.
        public var method = Method.denoiser
        /// The length of the stochastic training; the other methods ignore it.
        public var steps = 3_000

        /// The defaults.
        public init() {}
    }

    /// What a task measures.
    public struct Measurements: Sendable {
        /// `||(I - U U^T) V||_2` of the estimate U and the true basis V, in 0...1.
        public var recoveryError: Double
        /// The recovery error along the training; empty for the methods that have none.
        public var trainingError: [Double]
        /// The denoising loss along the training with the noise averaged exactly; empty like the errors.
        public var trainingLoss: [Double]
    }

    /// The experiment's name.
    public static let name = "subspace-recovery"
    /// The version of its results.
    public static let version = 1
    /// The default of every parameter.
    public static let defaults = Parameters()

    /// The declared parameters.
    public static let parameters: [Parameter<Parameters>] = [
        Parameter(\.ambientDimension, "ambientDimension", "dimension of a sample", in: 1...4_096),
        Parameter(\.intrinsicDimension, "intrinsicDimension", "dimension of the subspace", in: 1...1_024),
        Parameter(\.sampleCount, "sampleCount", "number of training samples", in: 1...100_000),
        Parameter(\.noise, "noise", "standard deviation of the observation noise", in: 0...10),
        Parameter(\.method, "method", "estimator of the subspace"),
        Parameter(\.steps, "steps", "training steps of the stochastic denoiser", in: 1...10_000_000),
    ]

    /// The declared measurements.
    public static let measurements: [Measurement<Parameters, Measurements>] = [
        Measurement(\.recoveryError, "recoveryError", "sine of the largest principal angle to the true subspace"),
        Measurement(
            \.trainingError, "trainingError", "recovery error during stochastic training", along: trainingStep),
        Measurement(
            \.trainingLoss, "trainingLoss", "expected denoising loss during stochastic training", along: trainingStep),
    ]

    /// A subspace must fit into its space.
    public static func problems(with parameters: Parameters) -> [String] {
        parameters.intrinsicDimension <= parameters.ambientDimension
            ? []
            : [
                "a subspace of dimension \(parameters.intrinsicDimension) does not fit into "
                    + "\(parameters.ambientDimension) dimensions: lower intrinsicDimension or raise ambientDimension"
            ]
    }

    /// Draws the samples of the task, estimates their subspace, and compares it with the true one.
    public static func run(_ parameters: Parameters, in context: Context) throws -> Measurements {
        var subspaces = context.stream("subspaces")
        var samplesStream = context.stream("samples")
        var observation = context.stream("observationNoise")
        let mixture = try LowRankGaussianMixture.random(
            ambientDimension: parameters.ambientDimension, intrinsicDimension: parameters.intrinsicDimension,
            using: &subspaces)
        let samples = mixture.samples(parameters.sampleCount, using: &samplesStream)
            .observed(noise: parameters.noise, using: &observation)
        let truth = mixture.bases[0]

        switch parameters.method {
        case .pca:
            var completion = context.stream("completion")
            let frame = try principalComponents(
                of: samples, dimension: parameters.intrinsicDimension, completingWith: &completion)
            return Measurements(
                recoveryError: try subspaceDistance(frame, truth), trainingError: [], trainingLoss: [])
        case .denoiserExact:
            let loss = ExpectedDenoisingLoss(samples: samples, levels: SubspaceTraining.levels)
            let minimum = try loss.minimum(from: start(of: truth, in: context))
            return Measurements(
                recoveryError: try subspaceDistance(minimum.frame, truth), trainingError: [], trainingLoss: [])
        case .denoiser:
            return try SubspaceTraining(steps: parameters.steps).run(
                samples: samples, truth: truth, start: start(of: truth, in: context), in: context)
        }
    }

    /// The random frame that both denoisers start from: of the shape of the true one, independent of it.
    private static func start(of truth: Matrix<Double>, in context: Context) throws -> Matrix<Double> {
        var initialisation = context.stream("initialisation")
        return try .orthonormalFrame(rows: truth.rows, columns: truth.columns, using: &initialisation)
    }
}

/// The step of the stochastic training; the other methods record nothing along it.
private let trainingStep = RecordedDimension<SubspaceRecovery.Parameters>("trainingStep", "training step") {
    SubspaceTraining(steps: $0.steps).recordedSteps.map(Double.init)
}
