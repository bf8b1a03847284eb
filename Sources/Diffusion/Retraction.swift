import LinearAlgebra
import SweepGrid

/// The return of a frame that has left the manifold of orthonormal frames: the QR factor with positive diagonal.
///
/// The sign matters: were a column to come back negated, the momentum gathered along it would push the wrong way. Computed
/// from the Cholesky factor of the Gram matrix, which is accurate for the nearly orthonormal frames that an optimiser's step
/// leaves, at a fifth of the cost of Householder's reflections.
enum Retraction {
    /// Replaces a frame by the orthonormal one; `gram` is scratch space of one row and column per column of the frame.
    ///
    /// - Throws: `Diverged` when the columns are not independent or not finite.
    static func qr<Scalar: MatrixScalar>(_ frame: inout Matrix<Scalar>, gram: inout Matrix<Scalar>) throws {
        gram.setProduct(frame, frame, transposing: .first)
        guard divideByCholeskyFactor(&frame, gram: &gram) else {
            throw Diverged("the columns of the trained frame are no longer independent and finite")
        }
    }

    /// Solves `Q R = frame` in place, where `R^T R = gram` and `R` has a positive diagonal; false when there is no such R.
    private static func divideByCholeskyFactor<Scalar: MatrixScalar>(
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
