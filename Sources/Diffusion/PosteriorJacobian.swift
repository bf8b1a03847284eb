public import LinearAlgebra

extension LowRankGaussianMixture {
    /// The Jacobian of the posterior mean at a noisy sample (one column): symmetric, ambient x ambient.
    ///
    /// With the projections `q_k = U_k U_k^T x`, their mean m under the responsibilities w, `c = s / (s^2 + gamma^2)` and
    /// `phi = s^2 / (2 gamma^2 (s^2 + gamma^2))` it is (derived)
    ///
    ///     J = c [sum_k w_k U_k U_k^T + 2 phi (sum_k w_k q_k q_k^T - m m^T)].
    ///
    /// At little noise one weight is 1 and J has rank d; at much noise the weights are those of the mixture and J has rank K d.
    public func posteriorJacobian(of noisy: Matrix<Double>, at level: NoiseLevel) -> Matrix<Double> {
        let (signal, variance) = (level.signal * level.signal, level.deviation * level.deviation)
        let twicePhi = signal / (variance * (signal + variance))
        let weights = responsibilities(of: noisy, at: level)
        var jacobian = Matrix<Double>(rows: ambientDimension, columns: ambientDimension)
        var mean = Matrix<Double>(rows: ambientDimension, columns: 1)
        for (basis, weight) in zip(bases, weights) {
            let projection = basis * Matrix.product(basis, noisy, transposing: .first)
            jacobian.setProduct(basis, basis, transposing: .second, scale: weight, keeping: 1)
            jacobian.setProduct(projection, projection, transposing: .second, scale: twicePhi * weight, keeping: 1)
            mean = mean + weight * projection
        }
        jacobian.setProduct(mean, mean, transposing: .second, scale: -twicePhi, keeping: 1)
        return level.shrinkage * jacobian
    }
}

/// The numerical rank of a matrix: how many singular values hold a part of its Frobenius norm.
public enum NumericalRank {
    /// The least r with `sqrt(sum of the r largest s_i^2) > part sqrt(sum of all)`; 0 for a matrix of zeros.
    ///
    /// Of d equal values it is the integer part of `part^2 d`, plus one. Values in descending order.
    public static func of(_ singularValues: [Double], part: Double = 0.99) -> Int {
        let total = singularValues.reduce(0) { $0 + $1 * $1 }
        guard total > 0 else { return 0 }
        var held = 0.0
        for (index, value) in singularValues.enumerated() {
            held += value * value
            if held > part * part * total { return index + 1 }
        }
        return singularValues.count
    }
}
