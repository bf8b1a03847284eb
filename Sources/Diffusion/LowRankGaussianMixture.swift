public import LinearAlgebra
public import SweepGrid

/// A mixture of low-rank Gaussians: `sum_k weight_k N(0, U_k U_k^T)` with mutually orthogonal subspaces (arXiv 2409.02426).
public struct LowRankGaussianMixture: Sendable {
    /// The basis of each component: ambient dimension x intrinsic dimension, orthonormal columns.
    public let bases: [Matrix<Double>]
    /// The probability of each component; the sum is 1.
    public let weights: [Double]

    /// The mixture of given bases; equal weights unless given.
    public init(bases: [Matrix<Double>], weights: [Double]? = nil) {
        precondition(!bases.isEmpty, "a mixture without components")
        precondition(bases.allSatisfy { $0.rows == bases[0].rows }, "components of different ambient dimensions")
        self.bases = bases
        self.weights = weights ?? Array(repeating: 1 / Double(bases.count), count: bases.count)
        precondition(self.weights.count == bases.count, "\(self.weights.count) weights of \(bases.count) components")
    }

    /// A mixture of equal weights whose subspaces are drawn uniformly, orthogonal to one another.
    ///
    /// - Throws: `LAPACKError` only on a failure of LAPACK. `components * intrinsicDimension <= ambientDimension` must hold.
    public static func random(
        ambientDimension: Int, intrinsicDimension: Int, components: Int = 1, using stream: inout RandomStream
    ) throws(LAPACKError) -> LowRankGaussianMixture {
        let frame = try Matrix<Double>.orthonormalFrame(
            rows: ambientDimension, columns: components * intrinsicDimension, using: &stream)
        return LowRankGaussianMixture(
            bases: (0..<components).map {
                frame.columns($0 * intrinsicDimension..<($0 + 1) * intrinsicDimension)
            })
    }

    /// The dimension of a sample.
    public var ambientDimension: Int { bases[0].rows }

    /// Draws clean samples, one per column; sample i belongs to component i modulo their number.
    ///
    /// The stream is consumed sample by sample, so that fewer samples are a beginning of more.
    public func samples(_ count: Int, using stream: inout RandomStream) -> Matrix<Double> {
        var samples = Matrix<Double>(rows: ambientDimension, columns: count)
        for index in 0..<count {
            // One product a sample: the bits of a sample must not depend on how many others there are.
            let basis = bases[index % bases.count]
            let sample = basis * Matrix.normal(rows: basis.columns, columns: 1, using: &stream)
            for row in 0..<ambientDimension { samples[row, index] = sample[row, 0] }
        }
        return samples
    }
}

extension Matrix<Double> {
    /// This matrix of samples with observation noise of a given standard deviation added, sample by sample.
    public func observed(noise deviation: Double, using stream: inout RandomStream) -> Matrix {
        deviation == 0 ? self : self + deviation * Matrix.normal(rows: rows, columns: columns, using: &stream)
    }
}
