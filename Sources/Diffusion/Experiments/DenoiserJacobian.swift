import LinearAlgebra
public import SweepGrid

/// The rank of a denoiser's Jacobian along a sampling trajectory, and edits along its singular vectors.
///
/// For the exact posterior mean of a mixture of low-rank Gaussians, where both are known: the counterpart of what Wang et al.,
/// arXiv 2409.02426, measure on trained networks. See `docs/experiments/molrg-jacobian.md`.
public enum DenoiserJacobian: Experiment {
    /// What a task is told.
    public struct Parameters: Sendable {
        /// The dimension n of a sample.
        public var ambientDimension = 48
        /// The number K of components.
        public var components = 3
        /// The dimension d of each component.
        public var intrinsicDimension = 7
        /// The noise deviation at which a sample is edited.
        public var editDeviation = 0.3
        /// The length of an edit.
        public var editLength = 1.0
        /// Whether the next component's subspace is taken for the sample's own: wrong on purpose, a negative control.
        public var isLabelShifted = false

        /// The defaults.
        public init() {}

        /// The dimension of the span of all components over that of a sample: the limit of the rank at much noise.
        public var jointRank: Double { rank(ofEqual: components * intrinsicDimension) }

        /// The dimension of one component over that of a sample: the limit of the rank at little noise.
        public var singleRank: Double { rank(ofEqual: intrinsicDimension) }

        private func rank(ofEqual count: Int) -> Double {
            Double(NumericalRank.of(Array(repeating: 1, count: count))) / Double(ambientDimension)
        }
    }

    /// What a task measures; edits are averaged over the d leading singular vectors.
    public struct Measurements: Sendable {
        /// The numerical rank of the Jacobian over n, along the trajectory.
        public var rankFraction: [Double]
        /// The largest responsibility along the trajectory.
        public var dominantWeight: [Double]
        /// `||V^T U_k||_F^2 / d` of the d leading singular vectors V and the dominant basis, along the trajectory.
        public var subspaceOverlap: [Double]
        /// The least of these overlaps where the largest responsibility is 0.99 or more.
        public var dominantOverlap: Double
        /// The part of an edit's effect on the clean sample that leaves the sample's subspace, in 0...1.
        public var editOutside: Double
        /// The cosine of an edit's effect with its direction.
        public var editAlignment: Double
        /// The cosine of an edit's effects on two samples of one component.
        public var editTransfer: Double
        /// The length of the effect of a random direction over that of a singular vector.
        public var randomEffect: Double
        /// Images of edits and of their effects on two samples of one component, see `EditPictures`.
        public var editPictures: [Double]
    }

    /// The experiment's name.
    public static let name = "denoiser-jacobian"
    /// The version of its results.
    public static let version = 3
    /// The default of every parameter.
    public static let defaults = Parameters()
    /// The positive noise levels of the trajectory, from the highest.
    public static let deviations = Array(NoiseLevel.karrasSteps(count: 18).dropLast())

    /// The declared parameters.
    public static let parameters: [Parameter<Parameters>] = [
        Parameter(\.ambientDimension, "ambientDimension", "dimension of a sample", in: 1...1_024),
        Parameter(\.components, "components", "number of components", in: 1...64),
        Parameter(\.intrinsicDimension, "intrinsicDimension", "dimension of each component", in: 1...1_024),
        Parameter(\.editDeviation, "editDeviation", "noise deviation at which a sample is edited", in: 0.002...80),
        Parameter(\.editLength, "editLength", "length of an edit", in: 1e-6...1e6),
        Parameter(\.isLabelShifted, "isLabelShifted", "whether the next subspace is taken for the sample's own"),
    ]

    /// The declared measurements.
    public static let measurements: [Measurement<Parameters, Measurements>] = [
        Measurement(\.rankFraction, "rankFraction", "numerical rank of the Jacobian over n", along: signalToNoise),
        Measurement(\.dominantWeight, "dominantWeight", "largest responsibility", along: signalToNoise),
        Measurement(
            \.subspaceOverlap, "subspaceOverlap", "overlap of leading singular vectors and dominant basis",
            along: signalToNoise),
        Measurement(
            \.dominantOverlap, "dominantOverlap", "least overlap where the largest responsibility is 0.99 or more"),
        Measurement(\.editOutside, "editOutside", "part of an edit's effect outside the sample's subspace"),
        Measurement(\.editAlignment, "editAlignment", "cosine of an edit's effect with its direction"),
        Measurement(\.editTransfer, "editTransfer", "cosine of an edit's effects on two samples of a component"),
        Measurement(\.randomEffect, "randomEffect", "effect of a random direction over that of a singular vector"),
        Measurement(
            \.editPictures, "editPictures", "pixels of samples and of what edits change in them",
            along: RecordedDimension("pictureElement", "10 000 row + 100 column + pixel of a picture") { _ in
                EditPictures.coordinates
            }),
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

    /// The expected cost of a task in microseconds, from timings on one core.
    public static func work(_ parameters: Parameters) -> Double {
        let n = Double(parameters.ambientDimension)
        let width = Double(parameters.components * parameters.intrinsicDimension)
        let decomposition = 200 + n * n * n / 150
        let evaluation = 5 + n * width / 500
        let decodings = Double(2 * parameters.intrinsicDimension + 4 + EditPictures.decodingCount)
        return 19 * decomposition + 36 * evaluation * (1 + decodings) + n * width * width / 1_000
    }

    /// Follows a trajectory, and edits two samples of one component.
    public static func run(_ parameters: Parameters, in context: Context) throws -> Measurements {
        var subspaces = context.stream("subspaces")
        let mixture = try LowRankGaussianMixture.random(
            ambientDimension: parameters.ambientDimension, intrinsicDimension: parameters.intrinsicDimension,
            components: parameters.components, using: &subspaces)
        var measured = Measurements(
            rankFraction: [], dominantWeight: [], subspaceOverlap: [], dominantOverlap: .nan, editOutside: 0,
            editAlignment: 0, editTransfer: 0, randomEffect: 0, editPictures: [])
        var start = context.stream("start")
        var sample =
            deviations[0]
            * Matrix<Double>.normal(rows: parameters.ambientDimension, columns: 1, using: &start)
        for (index, deviation) in deviations.enumerated() {
            let level = NoiseLevel(deviation: deviation)
            let decomposition = try mixture.posteriorJacobian(of: sample, at: level).singularValueDecomposition()
            let weights = mixture.responsibilities(of: sample, at: level)
            let largest = weights.max() ?? 0
            let dominant = (weights.firstIndex(of: largest) ?? 0) + (parameters.isLabelShifted ? 1 : 0)
            let basis = mixture.bases[dominant % parameters.components]
            let leading = decomposition.left.columns(0..<parameters.intrinsicDimension)
            measured.rankFraction.append(
                Double(NumericalRank.of(decomposition.values)) / Double(parameters.ambientDimension))
            measured.dominantWeight.append(largest)
            measured.subspaceOverlap.append(
                Matrix.product(leading, basis, transposing: .first).squaredNorm
                    / Double(parameters.intrinsicDimension))
            let next = index + 1 < deviations.count ? deviations[index + 1] : 0
            sample = ProbabilityFlow(deviations: [deviation, next]).run(from: sample) {
                mixture.posteriorMeans(of: $0, at: NoiseLevel(deviation: $1))
            }
            context.report(progress: Double(index + 1) / Double(deviations.count + 1))
        }
        measured.dominantOverlap =
            zip(measured.subspaceOverlap, measured.dominantWeight).filter { $1 >= 0.99 }.map(\.0).min() ?? .nan
        try SemanticEdit(
            mixture: mixture, deviation: parameters.editDeviation, length: parameters.editLength,
            judge: parameters.isLabelShifted ? 1 % parameters.components : 0
        ).measure(into: &measured, in: context)
        return measured
    }
}

/// The ratio of signal to noise, `1 / sigma`, at the levels of the trajectory.
private let signalToNoise = RecordedDimension<DenoiserJacobian.Parameters>(
    "signalToNoise", "ratio of signal and noise 1/sigma"
) { _ in DenoiserJacobian.deviations.map { 1 / $0 } }
