import Foundation
public import LinearAlgebra

/// The marginal `x_t = signal x_0 + noise epsilon` of a diffusion at one time; `signal = 1` is the EDM parametrisation.
public struct NoiseLevel: Hashable, Sendable {
    /// The factor of the clean sample.
    public var signal: Double
    /// The standard deviation of the noise: a deviation, never a variance.
    public var deviation: Double

    /// Creates a level; without a signal it is that of the EDM parametrisation.
    public init(signal: Double = 1, deviation: Double) {
        self.signal = signal
        self.deviation = deviation
    }

    /// The factor of the projection in the posterior mean: `s / (s^2 + gamma^2)`.
    public var shrinkage: Double { signal / (signal * signal + deviation * deviation) }
}

extension LowRankGaussianMixture {
    /// The probability of each component given a noisy sample: the softmax of its evidence.
    public func responsibilities(of noisy: Matrix<Double>, at level: NoiseLevel) -> [Double] {
        let evidence = logEvidence(of: noisy, at: level)
        let largest = evidence.max() ?? 0
        let exponentials = evidence.map { exp($0 - largest) }
        let sum = exponentials.reduce(0, +)
        return exponentials.map { $0 / sum }
    }

    /// The exact posterior mean `E[x_0 | x_t]` of a noisy sample (one column).
    ///
    /// `s / (s^2 + gamma^2) sum_k w_k U_k U_k^T x_t`, where the weights are the responsibilities.
    public func posteriorMean(of noisy: Matrix<Double>, at level: NoiseLevel) -> Matrix<Double> {
        var mean = Matrix<Double>(rows: ambientDimension, columns: 1)
        for (basis, weight) in zip(bases, responsibilities(of: noisy, at: level)) {
            let code = Matrix.product(basis, noisy, transposing: .first)
            mean.setProduct(basis, code, scale: weight * level.shrinkage, keeping: 1)
        }
        return mean
    }

    /// The logarithm of the density of a noisy sample.
    public func logDensity(of noisy: Matrix<Double>, at level: NoiseLevel) -> Double {
        let evidence = logEvidence(of: noisy, at: level)
        let largest = evidence.max() ?? 0
        let variance = level.deviation * level.deviation
        let background =
            -0.5 * noisy.squaredNorm / variance - 0.5 * Double(ambientDimension) * log(2 * Double.pi * variance)
        return largest + log(evidence.reduce(0) { $0 + exp($1 - largest) }) + background
    }

    /// The logarithm of each component's weight and density, up to the part that all components share.
    private func logEvidence(of noisy: Matrix<Double>, at level: NoiseLevel) -> [Double] {
        let (signal, variance) = (level.signal * level.signal, level.deviation * level.deviation)
        let factor = signal / (2 * variance * (signal + variance))
        return zip(bases, weights).map { basis, weight in
            let code = Matrix.product(basis, noisy, transposing: .first)
            return log(weight) + factor * code.squaredNorm - 0.5 * Double(basis.columns) * log(1 + signal / variance)
        }
    }
}
