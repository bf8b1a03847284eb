import LinearAlgebra
public import SweepGrid

/// A linear denoiser trained by gradient descent on few samples: what it memorises and when it generalises, solved exactly.
///
/// White samples of dimension n; the modes of the descent are those of the samples' second moment, whose spectrum is the
/// Marchenko-Pastur law, and the test loss has its transition at N = n. See `docs/experiments/linear-memorization.md`.
public enum LinearMemorization: Experiment {
    /// How the weights after some steps are computed.
    public enum Engine: String, CaseIterable, ParameterValue {
        /// Gradient descent, step by step.
        case descent
        /// The formula of the modes, in the eigenbasis of the second moment.
        case modes
    }

    /// What a task is told.
    public struct Parameters: Sendable {
        /// The dimension n of a sample.
        public var dimension = 64
        /// The ratio N / n of samples and dimension.
        public var sampleRatio = 1.0
        /// The standard deviation of the diffusion noise.
        public var deviation = 0.1
        /// The variance of each coordinate of a sample, for which the theory takes 1: another value is a negative control.
        public var variance = 1.0
        /// The length of the training; the curves are recorded at the powers of two and at the end.
        public var steps = 4_096
        /// How the weights are computed.
        public var engine = Engine.modes

        /// The defaults.
        public init() {}

        /// The number N of samples, rounded.
        public var sampleCount: Int { Int((sampleRatio * Double(dimension)).rounded()) }

        /// The limit of many dimensions.
        public var theory: LinearDescentTheory {
            LinearDescentTheory(aspectRatio: 1 / sampleRatio, noiseVariance: deviation * deviation)
        }

        /// The limit of the density of `spectrum` at a position.
        public func spectrumLimit(at position: Double) -> Double {
            BulkHistogram.theory(MarchenkoPastur(aspectRatio: 1 / sampleRatio), at: position)
        }
    }

    /// What a task measures; losses are per coordinate, with the noise averaged exactly.
    public struct Measurements: Sendable {
        /// The loss on the training samples at the end of training.
        public var trainingLoss: Double
        /// The loss on the population at the end of training.
        public var testLoss: Double
        /// Their difference: what is memorised and does not generalise.
        public var gap: Double
        /// The training loss along the training.
        public var trainingLosses: [Double]
        /// The test loss along the training.
        public var testLosses: [Double]
        /// The density of the eigenvalues of the second moment over the bulk.
        public var spectrum: [Double]
    }

    /// The experiment's name.
    public static let name = "linear-memorization"
    /// The version of its results.
    public static let version = 2
    /// The default of every parameter.
    public static let defaults = Parameters()

    /// The declared parameters.
    public static let parameters: [Parameter<Parameters>] = [
        Parameter(\.dimension, "dimension", "dimension of a sample", in: 1...4_096),
        Parameter(\.sampleRatio, "sampleRatio", "number of samples over dimension", in: 0.001...1_000),
        Parameter(\.deviation, "deviation", "standard deviation of the diffusion noise", in: 0.001...1_000),
        Parameter(\.variance, "variance", "variance of each coordinate of a sample", in: 0.001...1_000),
        Parameter(\.steps, "steps", "steps of gradient descent", in: 1...100_000_000),
        Parameter(\.engine, "engine", "how the weights are computed"),
    ]

    /// The declared measurements.
    public static let measurements: [Measurement<Parameters, Measurements>] = [
        Measurement(\.trainingLoss, "trainingLoss", "denoising loss on the training samples at the end"),
        Measurement(\.testLoss, "testLoss", "denoising loss on the population at the end"),
        Measurement(\.gap, "gap", "test loss minus training loss at the end"),
        Measurement(\.trainingLosses, "trainingLosses", "training loss during training", along: descentStep),
        Measurement(\.testLosses, "testLosses", "test loss during training", along: descentStep),
        Measurement(\.spectrum, "spectrum", "density of the eigenvalues in the bulk", along: bulkPosition),
    ]

    /// There must be a sample, and no more numbers than fit into memory.
    public static func problems(with parameters: Parameters) -> [String] {
        let count = parameters.sampleRatio * Double(parameters.dimension)
        guard count >= 0.5, count * Double(parameters.dimension) <= Double(1 << 27) else {
            return [
                "sampleRatio * dimension is \(count) samples of dimension \(parameters.dimension): there must be at least "
                    + "1 sample and at most \(1 << 27) numbers in all"
            ]
        }
        return []
    }

    /// The steps at which the curves are recorded: the powers of two, and the last one.
    static func recordedSteps(_ steps: Int) -> [Int] {
        var recorded: [Int] = []
        var next = 1
        while next < steps {
            recorded.append(next)
            next *= 2
        }
        return recorded + [steps]
    }

    /// The expected cost of a task in microseconds, from timings on one core.
    public static func work(_ parameters: Parameters) -> Double {
        let n = Double(parameters.dimension)
        let samples = parameters.sampleRatio * n
        let data = 30 + n * samples / 100 + n * n * samples / 10_000 + n * n * n / 1_500
        let records = Double(recordedSteps(parameters.steps).count)
        switch parameters.engine {
        case .descent: return data + records * n * n * n / 5_000 + Double(parameters.steps) * n * n * n / 10_000
        case .modes: return data + records * n
        }
    }

    /// Draws white samples, trains on them, and records the losses on the way; can be interrupted between steps.
    ///
    /// - Throws: `Diverged` when the loss is no number any more, `Interrupted` when the worker stops.
    public static func run(_ parameters: Parameters, in context: Context) throws -> Measurements {
        let (dimension, count) = (parameters.dimension, parameters.sampleCount)
        var stream = context.stream("samples")
        let samples = Matrix<Double>.normal(rows: dimension, columns: count, using: &stream)
        let moment = (parameters.variance / Double(count)) * Matrix.product(samples, samples, transposing: .second)
        let eigenvalues = try moment.symmetricEigendecomposition().values.map { max($0, 0) }
        let law = MarchenkoPastur(aspectRatio: Double(dimension) / Double(count))
        let noiseVariance = parameters.deviation * parameters.deviation
        let rate = LinearDescentTheory.rate(aspectRatio: law.aspectRatio, noiseVariance: noiseVariance)

        var (training, test) = ([Double](), [Double]())
        switch parameters.engine {
        case .descent:
            let descent = LinearDescent(moment: moment, noiseVariance: noiseVariance, rate: rate)
            var run = RecordedDescent(descent, variance: parameters.variance, steps: parameters.steps)
            try run.finish(in: context)
            (training, test) = (run.training, run.test)
        case .modes:
            for step in recordedSteps(parameters.steps) {
                let losses = modeLosses(eigenvalues, parameters, rate: rate, step: step)
                training.append(losses.training)
                test.append(losses.test)
                let largest = RecordedDescent.largestLoss(variance: parameters.variance)
                guard losses.training < largest, losses.test < largest else {
                    throw Diverged("the loss grows beyond a million times the variance of the samples")
                }
                context.report(progress: Double(step) / Double(parameters.steps))
            }
        }
        // As many eigenvalues as samples lie in the bulk; with fewer samples than dimensions the others are 0.
        let bulk = eigenvalues.suffix(min(count, dimension))
        return Measurements(
            trainingLoss: training[training.count - 1], testLoss: test[test.count - 1],
            gap: test[test.count - 1] - training[training.count - 1], trainingLosses: training, testLosses: test,
            spectrum: BulkHistogram.density(of: bulk, total: dimension, law: law))
    }

    private static func modeLosses(
        _ eigenvalues: [Double], _ parameters: Parameters, rate: Double, step: Int
    ) -> (training: Double, test: Double) {
        let noiseVariance = parameters.deviation * parameters.deviation
        var (training, test) = (0.0, 0.0)
        for eigenvalue in eigenvalues {
            let weight = LinearDescent.modeWeight(
                lambda: eigenvalue, noiseVariance: noiseVariance, rate: rate, step: step)
            let (miss, noise) = ((1 - weight) * (1 - weight), noiseVariance * weight * weight)
            training += miss * eigenvalue + noise
            test += miss * parameters.variance + noise
        }
        return (training / Double(eigenvalues.count), test / Double(eigenvalues.count))
    }
}

/// The step of gradient descent.
private let descentStep = RecordedDimension<LinearMemorization.Parameters>("step", "step of gradient descent") {
    LinearMemorization.recordedSteps($0.steps).map(Double.init)
}

/// Where an eigenvalue lies in the bulk: 0 at the lower edge, 1 at the upper one.
private let bulkPosition = RecordedDimension<LinearMemorization.Parameters>(
    "bulkPosition", "position of the eigenvalue between the edges of the bulk"
) { _ in BulkHistogram.positions }
