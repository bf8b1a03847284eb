import LinearAlgebra
public import SweepGrid

/// Principal components of samples with one spike in their covariance: the batch counterpart of the covariance spike.
///
/// With d variates and n samples of `Cov = I + strength u u^T` the leading eigenvector finds u when the strength exceeds
/// `sqrt(d / n)` (Baik, Ben Arous & Peche 2005). See `docs/experiments/spiked-covariance.md`.
public enum SpikedCovariance: Experiment {
    /// What a task is told.
    public struct Parameters: Sendable {
        /// The dimension d of a sample.
        public var dimension = 256
        /// The ratio d / n of dimension and number of samples.
        public var aspectRatio = 0.5
        /// The excess variance along u in units of the threshold `sqrt(d / n)`.
        public var relativeStrength = 1.0
        /// The variance in all other directions, for which the theory takes 1: another value is a negative control.
        public var noiseVariance = 1.0

        /// The defaults.
        public init() {}

        /// The number n of samples, rounded.
        public var sampleCount: Int { Int((Double(dimension) / aspectRatio).rounded()) }

        /// The limit of many dimensions.
        public var theory: SpikedCovarianceTheory {
            SpikedCovarianceTheory(
                aspectRatio: aspectRatio, strength: relativeStrength * aspectRatio.squareRoot())
        }

        /// The limit of the density of `spectrum` at a position.
        public func spectrumLimit(at position: Double) -> Double {
            BulkHistogram.theory(MarchenkoPastur(aspectRatio: aspectRatio), at: position)
        }
    }

    /// What a task measures.
    public struct Measurements: Sendable {
        /// The squared overlap of the leading eigenvector of the sample covariance with u, in 0...1.
        public var overlapSquared: Double
        /// The largest eigenvalue of the sample covariance.
        public var largestEigenvalue: Double
        /// The density of the other eigenvalues over the bulk.
        public var spectrum: [Double]
    }

    /// The experiment's name.
    public static let name = "spiked-covariance"
    /// The version of its results.
    public static let version = 1
    /// The default of every parameter.
    public static let defaults = Parameters()

    /// The declared parameters.
    public static let parameters: [Parameter<Parameters>] = [
        Parameter(\.dimension, "dimension", "dimension of a sample", in: 2...8_192),
        Parameter(\.aspectRatio, "aspectRatio", "dimension over number of samples", in: 0.001...1_000),
        Parameter(\.relativeStrength, "relativeStrength", "strength of the spike over sqrt(d/n)", in: 0...1_000),
        Parameter(\.noiseVariance, "noiseVariance", "variance in all other directions", in: 0.001...1_000),
    ]

    /// The declared measurements.
    public static let measurements: [Measurement<Parameters, Measurements>] = [
        Measurement(\.overlapSquared, "overlapSquared", "squared overlap of the leading eigenvector with the spike"),
        Measurement(\.largestEigenvalue, "largestEigenvalue", "largest eigenvalue of the sample covariance"),
        Measurement(\.spectrum, "spectrum", "density of the other eigenvalues in the bulk", along: bulkPosition),
    ]

    /// There must be two samples, and no more numbers than fit into memory.
    public static func problems(with parameters: Parameters) -> [String] {
        let count = Double(parameters.dimension) / parameters.aspectRatio
        guard count >= 1.5, count * Double(parameters.dimension) <= Double(1 << 27) else {
            return [
                "dimension / aspectRatio is \(count) samples of dimension \(parameters.dimension): there must be at least "
                    + "2 samples and at most \(1 << 27) numbers in all"
            ]
        }
        return []
    }

    /// The expected cost of a task in microseconds, from timings on one core.
    public static func work(_ parameters: Parameters) -> Double {
        let (d, n) = (Double(parameters.dimension), Double(parameters.dimension) / parameters.aspectRatio)
        let side = min(d, n)
        return 20 + d * n / 150 + d * n * side / 10_000 + side * side * side / 1_500 + side * side / 5
    }

    /// Draws the samples, and compares the leading eigenvector of their covariance with u.
    ///
    /// The law is the same in every rotated frame, so u is the first coordinate. The mean is known to be 0.
    public static func run(_ parameters: Parameters, in context: Context) throws -> Measurements {
        let (dimension, count) = (parameters.dimension, parameters.sampleCount)
        var noise = context.stream("noise")
        var samples = Matrix<Double>.normal(rows: dimension, columns: count, using: &noise)
        let stretch = (parameters.noiseVariance + parameters.theory.strength).squareRoot()
        if parameters.noiseVariance != 1 { samples = parameters.noiseVariance.squareRoot() * samples }
        samples.withUnsafeMutablePointer { samples in
            for column in 0..<count { samples[column * dimension] *= stretch / parameters.noiseVariance.squareRoot() }
        }
        // What takes long are three calls of the library, which cannot be looked into.
        context.report(progress: 0.05)
        let isTall = dimension > count
        let scale = 1 / Double(count)
        let moment = scale * Matrix.product(samples, samples, transposing: isTall ? .first : .second)
        context.report(progress: 0.4)
        let decomposition = try moment.symmetricEigendecomposition()
        context.report(progress: 0.95)
        let side = moment.rows
        var leading = decomposition.vectors.columns(side - 1..<side)
        if isTall { leading = samples * leading }
        let overlap = leading[0, 0] * leading[0, 0] / leading.squaredNorm
        let law = MarchenkoPastur(aspectRatio: Double(dimension) / Double(count))
        return Measurements(
            overlapSquared: overlap, largestEigenvalue: decomposition.values[side - 1],
            spectrum: BulkHistogram.density(of: decomposition.values.dropLast(), total: dimension, law: law))
    }
}

/// Where an eigenvalue lies in the bulk: 0 at the lower edge, 1 at the upper one.
private let bulkPosition = RecordedDimension<SpikedCovariance.Parameters>(
    "bulkPosition", "position of the eigenvalue between the edges of the bulk"
) { _ in BulkHistogram.positions }
