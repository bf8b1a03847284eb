import LinearAlgebra
import SweepGrid

/// How a frame that has left the manifold of orthonormal frames returns to it.
enum Retraction: Sendable {
    /// The QR factor with positive diagonal, by the Cholesky factor of the Gram matrix.
    ///
    /// Accurate for frames near orthonormal ones, which an optimiser's steps leave; then it costs a fifth of Householder's.
    case cholesky
    /// LAPACK's QR factor with or without the sign fix; without it columns change their signs under the optimiser's momentum.
    case householder(positiveDiagonal: Bool)

    /// Replaces a frame by an orthonormal one of the same span; throws `Diverged` when its columns are not independent.
    func callAsFunction<Scalar: MatrixScalar>(_ frame: inout Matrix<Scalar>, gram: inout Matrix<Scalar>) throws {
        switch self {
        case .cholesky:
            gram.setProduct(frame, frame, transposing: .first)
            guard choleskyOrthonormalize(&frame, gram: &gram) else {
                throw Diverged("the columns of the trained frame are no longer independent and finite")
            }
        case .householder(let positiveDiagonal):
            frame = try frame.qrDecomposition(positiveDiagonal: positiveDiagonal).orthonormal
        }
    }

    /// Solves `Q R = frame` in place, where `R^T R = gram` and `R` has a positive diagonal; false when there is no such R.
    private func choleskyOrthonormalize<Scalar: MatrixScalar>(
        _ frame: inout Matrix<Scalar>, gram: inout Matrix<Scalar>
    ) -> Bool {
        let (rows, columns) = (frame.rows, frame.columns)
        return gram.withUnsafeMutablePointer { r in
            frame.withUnsafeMutablePointer { frame in
                for column in 0..<columns {
                    // Row `column` of R, from the upper triangle of the Gram matrix.
                    var pivot = r[column + column * columns]
                    for above in 0..<column {
                        let factor = r[above + column * columns]
                        pivot -= factor * factor
                    }
                    guard pivot > 0, pivot.isFinite else { return false }
                    let diagonal = pivot.squareRoot()
                    r[column + column * columns] = diagonal
                    let inverse = 1 / diagonal
                    for right in column + 1..<max(columns, column + 1) {
                        var entry = r[column + right * columns]
                        for above in 0..<column { entry -= r[above + column * columns] * r[above + right * columns] }
                        r[column + right * columns] = entry * inverse
                    }
                    let target = frame + column * rows
                    for above in 0..<column {
                        let factor = r[above + column * columns]
                        let source = frame + above * rows
                        for row in 0..<rows { target[row] -= factor * source[row] }
                    }
                    for row in 0..<rows { target[row] *= inverse }
                }
                return true
            }
        }
    }
}
