import LinearAlgebra
import SweepGrid

/// Detection of a spiked direction in Gaussian data by the leading principal component (Baik, Ben Arous, Péché 2005).
///
/// Samples are x = sqrt(strength) λ u + z with λ, z standard normal. The component overlaps with u once
/// strength > sqrt(dimension / sampleCount).
enum SpikeDetection: Experiment {
    struct Parameters: Sendable {
        var dimension = 32
        var sampleCount = 64
        var strength = 1.0
    }

    struct Measurements: Sendable {
        /// |w · u| of the unit vectors.
        var overlap: Double
    }

    static let name = "spike-detection"
    static let version = 1
    static let defaults = Parameters()
    static let parameters: [Parameter<Parameters>] = [
        Parameter(\.dimension, "dimension", "dimension of a sample", in: 1...4096),
        Parameter(\.sampleCount, "sampleCount", "number of samples", in: 1...1_000_000),
        Parameter(\.strength, "strength", "variance of the spike", in: 0...1000),
    ]
    static let measurements: [Measurement<Parameters, Measurements>] = [
        Measurement(\.overlap, "overlap", "overlap of the leading component with the spike")
    ]

    static func work(_ parameters: Parameters) -> Double {
        Double(parameters.dimension * parameters.dimension * parameters.sampleCount) / 2000
    }

    static func run(_ parameters: Parameters, in context: Context) throws -> Measurements {
        var stream = context.stream("samples")
        // By rotation invariance the spike may point along the first coordinate.
        var samples = Matrix<Double>.normal(rows: parameters.dimension, columns: parameters.sampleCount, using: &stream)
        for column in 0..<parameters.sampleCount {
            samples[0, column] *= (1 + parameters.strength).squareRoot()
        }
        let leading = try samples.singularValueDecomposition().left
        return Measurements(overlap: abs(leading[0, 0]))
    }
}
