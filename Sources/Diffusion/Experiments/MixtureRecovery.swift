import LinearAlgebra
public import SweepGrid

/// Recovery of the subspaces of a mixture of low-rank Gaussians, by K-subspaces and by denoisers, from two kinds of starts.
///
/// The model and the claim are those of Wang et al., arXiv 2409.02426: with K components a denoiser of the right form learns
/// them as soon as each has as many samples as dimensions, N_k >= d. What training finds depends on its start: the experiment
/// compares random starts with informed ones. See `docs/experiments/molrg-k23.md`.
public enum MixtureRecovery: Experiment {
    /// How the subspaces are estimated from the samples, and from which start.
    public enum Method: String, CaseIterable, ParameterValue {
        /// K-subspaces from random bases; the best of some restarts by the energy captured.
        case subspacesRandom
        /// K-subspaces from a spectral clustering.
        case subspacesInformed
        /// The softmax denoiser from random bases, the noise falling during the training; the best of some restarts by its loss.
        case denoiserRandom
        /// The softmax denoiser from a spectral clustering.
        case denoiserInformed
    }

    /// What a task is told.
    public struct Parameters: Sendable {
        /// The dimension n of a sample.
        public var ambientDimension = 48
        /// The number K of components.
        public var components = 2
        /// The dimension d of each subspace.
        public var intrinsicDimension = 4
        /// The number N_k of samples of each component: the first ones of one stream.
        public var samplesPerComponent = 8
        /// The standard deviation of noise on the samples themselves, before any diffusion.
        public var noise = 0.0
        /// The estimator and its start.
        public var method = Method.denoiserInformed
        /// Random starts of which the best is taken; informed methods ignore it.
        public var restarts = 1
        /// The length of a training; the clusterings ignore it.
        public var steps = 3_000

        /// The defaults.
        public init() {}
    }

    /// What a task measures, under the matching of estimates to components with the least worst distance.
    public struct Measurements: Sendable {
        /// The sine of the largest principal angle of the worst pair, in 0...1.
        public var worstError: Double
        /// The mean over the pairs, in 0...1.
        public var meanError: Double
        /// The worst pair along the training of the restart that was taken; empty for the clusterings.
        public var trainingError: [Double]
    }

    /// The experiment's name.
    public static let name = "mixture-recovery"
    /// The version of its results.
    public static let version = 2
    /// The default of every parameter.
    public static let defaults = Parameters()

    /// The declared parameters.
    public static let parameters: [Parameter<Parameters>] = [
        Parameter(\.ambientDimension, "ambientDimension", "dimension of a sample", in: 1...4_096),
        Parameter(\.components, "components", "number of components", in: 1...6),
        Parameter(\.intrinsicDimension, "intrinsicDimension", "dimension of each subspace", in: 1...1_024),
        Parameter(\.samplesPerComponent, "samplesPerComponent", "training samples of each component", in: 1...20_000),
        Parameter(\.noise, "noise", "standard deviation of the observation noise", in: 0...10),
        Parameter(\.method, "method", "estimator of the subspaces and its start"),
        Parameter(\.restarts, "restarts", "random starts of which the best is taken", in: 1...1_000),
        Parameter(\.steps, "steps", "training steps of the denoiser", in: 1...10_000_000),
    ]

    /// The declared measurements.
    public static let measurements: [Measurement<Parameters, Measurements>] = [
        Measurement(\.worstError, "worstError", "largest principal sine of the worst matched pair of subspaces"),
        Measurement(\.meanError, "meanError", "largest principal sine, mean over the matched pairs"),
        Measurement(
            \.trainingError, "trainingError", "error of the worst pair during training", along: trainingStep),
    ]

    /// Orthogonal subspaces must fit into their space together.
    public static func problems(with parameters: Parameters) -> [String] {
        let (n, k, d) = (parameters.ambientDimension, parameters.components, parameters.intrinsicDimension)
        guard d > n / k else { return [] }
        return [
            "\(k) orthogonal subspaces of dimension \(d) do not fit into \(n) dimensions: "
                + "components * intrinsicDimension must be at most ambientDimension"
        ]
    }

    /// Draws the samples of the task, estimates their subspaces, and compares them with the true ones.
    public static func run(_ parameters: Parameters, in context: Context) throws -> Measurements {
        var subspaces = context.stream("subspaces")
        var samplesStream = context.stream("samples")
        var observation = context.stream("observationNoise")
        let mixture = try LowRankGaussianMixture.random(
            ambientDimension: parameters.ambientDimension, intrinsicDimension: parameters.intrinsicDimension,
            components: parameters.components, using: &subspaces)
        let samples = mixture.samples(
            parameters.components * parameters.samplesPerComponent, using: &samplesStream
        ).observed(noise: parameters.noise, using: &observation)
        let clustering = SubspaceClustering(samples: samples, dimension: parameters.intrinsicDimension)
        var completion = context.stream("completion")

        switch parameters.method {
        case .subspacesRandom:
            var initialisation = context.stream("initialisation")
            var best = SubspaceClustering.Result(bases: [], captured: -.infinity)
            for restart in 0..<parameters.restarts {
                let result = try clustering.run(
                    from: randomStart(parameters, using: &initialisation), completion: &completion)
                if result.captured > best.captured { best = result }
                context.report(progress: Double(restart + 1) / Double(parameters.restarts))
            }
            return try measurements(of: best.bases, mixture)
        case .subspacesInformed:
            let start = try informedStart(clustering, parameters, in: context, completion: &completion)
            return try measurements(of: clustering.run(from: start, completion: &completion).bases, mixture)
        case .denoiserRandom:
            var initialisation = context.stream("initialisation")
            let starts = try (0..<parameters.restarts).map { _ in
                try randomStart(parameters, using: &initialisation)
            }
            return try train(.annealed, from: starts, samples, mixture, parameters, in: context)
        case .denoiserInformed:
            let start = try informedStart(clustering, parameters, in: context, completion: &completion)
            return try train(.low, from: [start], samples, mixture, parameters, in: context)
        }
    }

    /// Trains from each start and measures the outcome with the least loss.
    private static func train(
        _ schedule: MixtureTraining.Schedule, from starts: [[Matrix<Double>]], _ samples: Matrix<Double>,
        _ mixture: LowRankGaussianMixture, _ parameters: Parameters, in context: Context
    ) throws -> Measurements {
        var noise = context.stream("trainingNoise")
        var levels = context.stream("noiseLevels")
        let best = try MixtureTraining(steps: parameters.steps, schedule: schedule).best(
            samples: samples, truths: mixture.bases, starts: starts, noise: &noise, levels: &levels,
            progress: context.report(progress:))
        var measured = try measurements(of: best.bases, mixture)
        measured.trainingError = best.errors
        return measured
    }

    private static func measurements(
        of bases: [Matrix<Double>], _ mixture: LowRankGaussianMixture
    ) throws -> Measurements {
        let matching = try SubspaceMatching(bases, mixture.bases)
        return Measurements(worstError: matching.worst, meanError: matching.mean, trainingError: [])
    }

    /// Independent random bases.
    private static func randomStart(
        _ parameters: Parameters, using stream: inout RandomStream
    ) throws -> [Matrix<Double>] {
        try (0..<parameters.components).map { _ in
            try .orthonormalFrame(
                rows: parameters.ambientDimension, columns: parameters.intrinsicDimension, using: &stream)
        }
    }

    /// The principal subspaces of the clusters that a spectral clustering finds.
    private static func informedStart(
        _ clustering: SubspaceClustering, _ parameters: Parameters, in context: Context,
        completion: inout RandomStream
    ) throws -> [Matrix<Double>] {
        var seeds = context.stream("clusterSeeds")
        let spectral = SpectralClustering(
            clusters: parameters.components, sampleCount: clustering.samples.columns)
        let clusters = try spectral.assignments(of: clustering.samples, using: &seeds)
        return try clustering.bases(of: clusters, count: parameters.components, completion: &completion)
    }
}

/// The step of the training; the clusterings record nothing along it.
private let trainingStep = RecordedDimension<MixtureRecovery.Parameters>("trainingStep", "training step") {
    SubspaceTraining(steps: $0.steps).recordedSteps.map(Double.init)
}
