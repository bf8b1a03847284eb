import LinearAlgebra
import SweepGrid

extension ExpectedDenoisingLoss {
    /// A minimiser, and how it was reached.
    struct Minimum {
        let frame: Matrix<Double>
        /// The norm of the Riemannian gradient in units of `2 gain lambda_max`.
        let relativeGradient: Double
        let iterations: Int
    }

    /// Where the relative gradient counts as zero.
    static let tolerance = 1e-12

    /// Minimises the loss from a start by locally optimal conjugate gradients on the Grassmann manifold.
    ///
    /// Each iteration minimises the loss exactly over the subspaces within the span of the frame, its gradient and the
    /// previous move (a Rayleigh-Ritz step; Knyazev, SIAM J. Sci. Comput. 23, 2001). Plain descent would need about
    /// `lambda_max / lambda_min` steps, which reaches 10^6 for as many samples as dimensions.
    ///
    /// - Throws: `Diverged` if the gradient does not vanish in 500 iterations, and `LAPACKError`.
    func minimum(from start: Matrix<Double>) throws -> Minimum {
        var frame = start
        var previous: Matrix<Double>?
        for iteration in 0..<500 {
            let slope = gradient(at: frame)
            var basis = frame.appending(slope.withUnitColumns())
            if let previous {
                var move = previous
                move.setProduct(
                    frame, Matrix.product(frame, previous, transposing: .first), scale: -1, keeping: 1)
                basis = basis.appending(move.withUnitColumns())
            }
            basis = try basis.columns(0..<min(basis.columns, basis.rows)).qrDecomposition().orthonormal
            let section = Matrix.product(basis, moment * basis, transposing: .first)
            let ritz = try section.symmetricEigendecomposition()
            let largest = ritz.values[ritz.values.count - 1]
            let relativeGradient = largest > 0 ? slope.norm / (2 * gain * largest) : 0
            if relativeGradient <= Self.tolerance {
                return Minimum(frame: frame, relativeGradient: relativeGradient, iterations: iteration)
            }
            previous = frame
            let leading = ritz.vectors.columns(ritz.vectors.columns - frame.columns..<ritz.vectors.columns)
            frame = try (basis * leading).qrDecomposition().orthonormal
        }
        throw Diverged("the exact loss has not reached a vanishing gradient in 500 iterations")
    }
}

extension Matrix<Double> {
    /// Each column divided by its norm; columns of zeros stay.
    fileprivate func withUnitColumns() -> Matrix {
        var unit = self
        for column in 0..<columns {
            let norm = columns(column..<column + 1).norm
            guard norm > 0 else { continue }
            for row in 0..<rows { unit[row, column] /= norm }
        }
        return unit
    }
}
