import Foundation
public import LinearAlgebra

/// The Gaussian `N(mean, diag(variances))` in its own eigenbasis: Wiener filter and exact probability flow.
public struct DiagonalGaussian: Sendable {
    /// The mean of each coordinate.
    public let mean: [Double]
    /// The variance of each coordinate.
    public let variances: [Double]

    /// Creates a Gaussian.
    public init(mean: [Double], variances: [Double]) {
        precondition(mean.count == variances.count, "\(mean.count) means and \(variances.count) variances")
        self.mean = mean
        self.variances = variances
    }

    /// The posterior mean of noisy samples (EDM parametrisation, one per column): `mean + lambda / (lambda + sigma^2) (x - mean)`.
    public func denoised(_ noisy: Matrix<Double>, deviation: Double) -> Matrix<Double> {
        Matrix(rows: noisy.rows, columns: noisy.columns) { row, column in
            let gain = variances[row] / (variances[row] + deviation * deviation)
            return mean[row] + gain * (noisy[row, column] - mean[row])
        }
    }

    /// The exact solution of the probability flow from one deviation to another.
    ///
    /// `z_i(sigma) = mean_i + (z_i(sigma_0) - mean_i) sqrt((lambda_i + sigma^2) / (lambda_i + sigma_0^2))`: the slope of each
    /// coordinate is linear in it, and the equation separates.
    public func flow(_ samples: Matrix<Double>, from high: Double, to low: Double) -> Matrix<Double> {
        Matrix(rows: samples.rows, columns: samples.columns) { row, column in
            let ratio = (variances[row] + low * low) / (variances[row] + high * high)
            return mean[row] + (samples[row, column] - mean[row]) * ratio.squareRoot()
        }
    }
}
