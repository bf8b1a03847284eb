import LinearAlgebra

/// The expected loss of the low-rank denoising auto-encoder with one component, as a function of its subspace.
///
/// With `c = s / (s^2 + gamma^2)` the noise averages to
/// `E ||c U U^T (s x + gamma e) - x||^2 = ||x||^2 - (2 c s - c^2 s^2) ||U^T x||^2 + c^2 gamma^2 d`,
/// here with s = 1, averaged over samples and noise levels. The factor of `||U^T x||^2` is positive at every level, so that
/// the minimiser is the principal subspace whatever the levels and their weights (derived; cf. arXiv 2409.02426, Theorem 1).
struct ExpectedDenoisingLoss {
    /// The second moment of the samples: `X X^T / N`.
    let moment: Matrix<Double>
    /// The mean of `||x||^2`.
    let energy: Double
    /// The mean of `2 c - c^2` over the noise levels.
    let gain: Double
    /// The mean of `c^2 gamma^2` over the noise levels: the loss of each dimension to the noise.
    let noise: Double

    init(samples: Matrix<Double>, levels: NoiseLevels) {
        let scale = 1 / Double(samples.columns)
        moment = scale * Matrix.product(samples, samples, transposing: .second)
        energy = scale * samples.squaredNorm
        var (gain, noise) = (0.0, 0.0)
        for (deviation, shrinkage) in zip(levels.deviations, levels.shrinkages) {
            gain += shrinkage * (2 - shrinkage)
            noise += shrinkage * shrinkage * deviation * deviation
        }
        self.gain = gain / Double(levels.deviations.count)
        self.noise = noise / Double(levels.deviations.count)
    }

    /// The loss of a subspace with orthonormal basis `frame`.
    func value(at frame: Matrix<Double>) -> Double {
        let image = moment * frame
        var captured = 0.0
        for column in 0..<frame.columns {
            for row in 0..<frame.rows { captured += frame[row, column] * image[row, column] }
        }
        return energy - gain * captured + noise * Double(frame.columns)
    }

    /// The Riemannian gradient on the Grassmann manifold: `-2 gain (I - U U^T) C U`.
    func gradient(at frame: Matrix<Double>) -> Matrix<Double> {
        var gradient = moment * frame
        gradient.setProduct(frame, Matrix.product(frame, gradient, transposing: .first), scale: -1, keeping: 1)
        return -2 * gain * gradient
    }
}
