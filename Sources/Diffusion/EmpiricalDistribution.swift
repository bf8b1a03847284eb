import Foundation
public import LinearAlgebra

/// Equal weights on the given samples: the distribution that a perfectly trained, memorising denoiser knows.
public struct EmpiricalDistribution: Sendable {
    /// The samples, one per column.
    public let samples: Matrix<Double>

    /// Creates the distribution of at least one sample.
    public init(samples: Matrix<Double>) {
        precondition(samples.columns >= 1, "a distribution of no samples")
        self.samples = samples
    }

    /// The probability of each sample given a noisy point (one column): `softmax(-||x - s a||^2 / (2 gamma^2))`.
    public func weights(of noisy: Matrix<Double>, at level: NoiseLevel) -> [Double] {
        let exponents = (0..<samples.columns).map { column in
            let square = (0..<samples.rows).reduce(0.0) { sum, row in
                let difference = noisy[row, 0] - level.signal * samples[row, column]
                return sum + difference * difference
            }
            return -square / (2 * level.deviation * level.deviation)
        }
        let largest = exponents.max() ?? 0
        let weights = exponents.map { exp($0 - largest) }
        let sum = weights.reduce(0, +)
        return weights.map { $0 / sum }
    }

    /// The posterior mean of the sample behind a noisy point (one column).
    public func posteriorMean(of noisy: Matrix<Double>, at level: NoiseLevel) -> Matrix<Double> {
        let weights = weights(of: noisy, at: level)
        return samples * Matrix(rows: weights.count, columns: 1, columnMajor: weights)
    }

    /// The score at a noisy point (one column): `(s E[a | x] - x) / gamma^2`.
    public func score(of noisy: Matrix<Double>, at level: NoiseLevel) -> Matrix<Double> {
        (1 / (level.deviation * level.deviation)) * (level.signal * posteriorMean(of: noisy, at: level) - noisy)
    }
}
