import LinearAlgebra
public import SweepGrid

/// How linear denoisers are: their best affine fits, their linearity, and their distance from Wiener filter and memory.
///
/// The measures of Li, Dai and Qu, arXiv 2410.24060, on denoisers that are known in closed form: a linear one, the posterior
/// mean of a mixture of low-rank Gaussians, and one that memorises. See `docs/experiments/linear-distillation.md`.
public enum LinearDistillation: Experiment {
    /// The denoiser under study.
    public enum Teacher: String, CaseIterable, ParameterValue {
        /// The Wiener filter of the mixture's moments: linear.
        case wiener
        /// The posterior mean of the mixture: what perfect generalisation would give.
        case generalising
        /// The posterior mean of the training samples (multi-delta): what perfect memorisation would give.
        case memorising
    }

    /// What the noisy inputs are made of.
    public enum Inputs: String, CaseIterable, ParameterValue {
        /// The samples that the teacher knows: the training set for the memorising one, else fresh samples.
        case matched
        /// Fresh samples of the mixture.
        case heldOut
    }

    /// What a task is told.
    public struct Parameters: Sendable {
        /// The dimension n of a sample.
        public var ambientDimension = 24
        /// The number K of components of the mixture.
        public var components = 3
        /// The dimension d of each component.
        public var intrinsicDimension = 3
        /// The number N of training samples.
        public var sampleCount = 120
        /// The standard deviation of the diffusion noise.
        public var deviation = 0.3
        /// The denoiser under study.
        public var teacher = Teacher.memorising
        /// What the noisy inputs are made of.
        public var inputs = Inputs.matched
        /// The number M of noisy inputs.
        public var inputCount = 20_000

        /// The defaults.
        public init() {}
    }

    /// What a task measures at one noise level.
    public struct Measurements: Sendable {
        /// The linearity score of the teacher, in 0...1.
        public var linearityScore: Double
        /// The relative distance of the distilled denoiser W from the Wiener filter W_0 of the teacher's own law, on noisy
        /// samples of that law: `||(W - W_0) C^(1/2)||_F / ||W_0 C^(1/2)||_F` with `C = Sigma + sigma^2 I`.
        public var distillationError: Double
        /// The share of the teacher's variance that the distilled denoiser misses.
        public var nonlinearFraction: Double
        /// The root mean square distance of the teacher from the Wiener filter of the training samples.
        public var gapToWiener: Double
        /// The root mean square distance of the teacher from its distilled denoiser.
        public var gapToDistilled: Double
        /// The root mean square distance of the teacher from the memorising denoiser.
        public var gapToMemory: Double
    }

    /// The experiment's name.
    public static let name = "linear-distillation"
    /// The version of its results.
    public static let version = 2
    /// The default of every parameter.
    public static let defaults = Parameters()

    /// The declared parameters.
    public static let parameters: [Parameter<Parameters>] = [
        Parameter(\.ambientDimension, "ambientDimension", "dimension of a sample", in: 1...1_024),
        Parameter(\.components, "components", "number of components of the mixture", in: 1...64),
        Parameter(\.intrinsicDimension, "intrinsicDimension", "dimension of each component", in: 1...1_024),
        Parameter(\.sampleCount, "sampleCount", "number of training samples", in: 1...100_000),
        Parameter(\.deviation, "deviation", "standard deviation of the diffusion noise", in: 0.001...1_000),
        Parameter(\.teacher, "teacher", "denoiser under study"),
        Parameter(\.inputs, "inputs", "samples that are noised"),
        Parameter(\.inputCount, "inputCount", "number of noisy inputs", in: 2...10_000_000),
    ]

    /// The declared measurements.
    public static let measurements: [Measurement<Parameters, Measurements>] = [
        Measurement(\.linearityScore, "linearityScore", "linearity score of the teacher"),
        Measurement(
            \.distillationError, "distillationError",
            "relative distance of the distilled denoiser from the Wiener filter of the teacher's law"),
        Measurement(
            \.nonlinearFraction, "nonlinearFraction", "share of the variance that the distilled denoiser misses"),
        Measurement(
            \.gapToWiener, "gapToWiener", "RMSE between the teacher and the Wiener filter of the training samples"),
        Measurement(\.gapToDistilled, "gapToDistilled", "RMSE between the teacher and its distilled denoiser"),
        Measurement(\.gapToMemory, "gapToMemory", "RMSE between the teacher and the memorising denoiser"),
    ]

    /// The components must fit into the space, and a batch of inputs and its softmax into memory.
    public static func problems(with parameters: Parameters) -> [String] {
        var problems: [String] = []
        let (n, k, d) = (parameters.ambientDimension, parameters.components, parameters.intrinsicDimension)
        if d > n / k {
            problems.append(
                "\(k) orthogonal subspaces of dimension \(d) do not fit into \(n) dimensions: "
                    + "components * intrinsicDimension must be at most ambientDimension")
        }
        if parameters.inputCount <= n {
            problems.append("an affine fit in \(n) dimensions needs more than \(n) inputs: raise inputCount")
        }
        if parameters.inputCount > 1 << 27 / n {
            problems.append(
                "\(parameters.inputCount) inputs of dimension \(n) are more than \(1 << 27) numbers: lower inputCount")
        }
        return problems
    }

    /// The expected cost of a task in microseconds, from timings on one core.
    public static func work(_ parameters: Parameters) -> Double {
        let (n, m) = (Double(parameters.ambientDimension), Double(parameters.inputCount))
        let memory = m * Double(parameters.sampleCount) * (0.02 + 4 * n / 20_000)
        let evaluations = parameters.teacher == .memorising ? 3.0 : 1.0
        return 200 + m * n * (0.1 + n / 2_000) + evaluations * memory
    }

    /// Draws the samples and the noisy inputs, and compares the teacher with its affine fit and with the two extremes.
    public static func run(_ parameters: Parameters, in context: Context) throws -> Measurements {
        var subspaces = context.stream("subspaces")
        var samplesStream = context.stream("samples")
        let mixture = try LowRankGaussianMixture.random(
            ambientDimension: parameters.ambientDimension, intrinsicDimension: parameters.intrinsicDimension,
            components: parameters.components, using: &subspaces)
        let training = EmpiricalDistribution(samples: mixture.samples(parameters.sampleCount, using: &samplesStream))
        let level = NoiseLevel(deviation: parameters.deviation)
        let count = parameters.inputCount
        // The inputs, two halves and their mixture; and the inputs once more for the distance from memory.
        let blocks =
            (parameters.teacher == .wiener ? 0 : count + 3 * (count / 2))
            + (parameters.teacher == .memorising ? 0 : count)
        var done = 0
        let tell = { (columns: Int) in
            done += columns
            context.report(progress: Double(done) / Double(blocks))
        }
        let memory: Denoiser = { Self.inBlocks($0, tell) { training.posteriorMeans(of: $0, at: level) } }

        let teacher: Denoiser
        let law: SampleMoments
        switch parameters.teacher {
        case .wiener:
            law = mixture.moments
            teacher = try AffineDenoiser.wiener(law, deviation: parameters.deviation).denoised
        case .generalising:
            law = mixture.moments
            teacher = { Self.inBlocks($0, tell) { mixture.posteriorMeans(of: $0, at: level) } }
        case .memorising:
            law = SampleMoments(of: training.samples)
            teacher = memory
        }

        let ofTraining = parameters.inputs == .matched && parameters.teacher == .memorising
        var inputs = Inputs.Source(noise: context.stream("noise"), clean: context.stream("clean"))
        let noisy = inputs.draw(count, ofTraining ? training : nil, mixture, level)
        let pairs = (
            inputs.draw(count / 2, ofTraining ? training : nil, mixture, level),
            inputs.draw(count / 2, ofTraining ? training : nil, mixture, level)
        )

        let outputs = try teacher(noisy)
        let distilled = try AffineDenoiser.distilled(from: outputs, at: noisy)
        let fit = distilled.denoised(noisy)
        let ideal = try AffineDenoiser.wiener(law, deviation: parameters.deviation)
        let wiener = try AffineDenoiser.wiener(SampleMoments(of: training.samples), deviation: parameters.deviation)
        return Measurements(
            linearityScore: try DenoiserMetrics.linearityScore(of: teacher, first: pairs.0, second: pairs.1),
            distillationError: relativeDistance(distilled.weights, ideal.weights, law, parameters.deviation),
            nonlinearFraction: DenoiserMetrics.missedVariance(of: outputs, by: fit),
            gapToWiener: DenoiserMetrics.gap(outputs, wiener.denoised(noisy)),
            gapToDistilled: DenoiserMetrics.gap(outputs, fit),
            gapToMemory: parameters.teacher == .memorising ? 0 : DenoiserMetrics.gap(outputs, try memory(noisy)))
    }

    /// The root mean square of `(W - W_0) x` over that of `W_0 x`, for noisy centred samples x of a law.
    private static func relativeDistance(
        _ weights: Matrix<Double>, _ ideal: Matrix<Double>, _ law: SampleMoments, _ deviation: Double
    ) -> Double {
        let second = law.covariance + deviation * deviation * Matrix.identity(weights.rows)
        func energy(_ map: Matrix<Double>) -> Double {
            let image = map * second
            return zip(image.elements, map.elements).reduce(0) { $0 + $1.0 * $1.1 }
        }
        return (max(energy(weights - ideal), 0) / energy(ideal)).squareRoot()
    }

    /// Denoises a few hundred samples at a time, so that the softmax of a block stays small; tells how many it did.
    private static func inBlocks(
        _ noisy: Matrix<Double>, _ tell: (Int) -> Void, _ denoise: (Matrix<Double>) -> Matrix<Double>
    ) -> Matrix<Double> {
        let width = 256
        var outputs = Matrix<Double>(rows: noisy.rows, columns: noisy.columns)
        for first in stride(from: 0, to: noisy.columns, by: width) {
            let range = first..<min(first + width, noisy.columns)
            let block = denoise(noisy.columns(range))
            outputs.withUnsafeMutablePointer { outputs in
                block.withUnsafePointer {
                    (outputs + first * noisy.rows).update(from: $0, count: block.count)
                }
            }
            tell(range.count)
        }
        return outputs
    }
}

extension LinearDistillation.Inputs {
    /// Draws noisy inputs.
    struct Source {
        var noise: RandomStream
        var clean: RandomStream

        /// Noisy copies of samples chosen from a training set, or of fresh samples where there is none.
        mutating func draw(
            _ count: Int, _ training: EmpiricalDistribution?, _ mixture: LowRankGaussianMixture, _ level: NoiseLevel
        ) -> Matrix<Double> {
            let samples: Matrix<Double>
            if let known = training?.samples {
                let chosen = (0..<count).map { _ in
                    min(Int(clean.nextUniform() * Double(known.columns)), known.columns - 1)
                }
                samples = Matrix(rows: known.rows, columns: count) { known[$0, chosen[$1]] }
            } else {
                // Components by chance: two draws must not belong to the same ones in the same order.
                let chosen = (0..<count).map { _ in
                    min(Int(clean.nextUniform() * Double(mixture.bases.count)), mixture.bases.count - 1)
                }
                var drawn = Matrix<Double>(rows: mixture.ambientDimension, columns: count)
                for (column, component) in chosen.enumerated() {
                    let basis = mixture.bases[component]
                    let sample = basis * Matrix.normal(rows: basis.columns, columns: 1, using: &clean)
                    for row in 0..<sample.rows { drawn[row, column] = sample[row, 0] }
                }
                samples = drawn
            }
            return samples + level.deviation
                * Matrix.normal(rows: samples.rows, columns: count, using: &noise)
        }
    }
}
