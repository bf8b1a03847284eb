import LinearAlgebra
import SweepGrid

/// The return of a frame that has left the manifold of orthonormal frames: the QR factor with positive diagonal.
///
/// The sign matters: were a column to come back negated, the momentum gathered along it would push the wrong way. Computed
/// from the Cholesky factor of the Gram matrix, which is accurate for the nearly orthonormal frames that an optimiser's step
/// leaves: one product and a small triangular solve.
enum Retraction {
    /// Replaces each block of columns of a frame by the orthonormal one, whatever the angles between the blocks.
    ///
    /// `gram` is scratch space of one row and column per column of the frame; the blocks are equally wide.
    ///
    /// - Throws: `Diverged` when the columns of a block are not independent or not finite.
    static func qr<Scalar: MatrixScalar>(
        _ frame: inout Matrix<Scalar>, gram: inout Matrix<Scalar>, blocks: Int = 1
    ) throws {
        gram.setProduct(frame, frame, transposing: .first)
        let width = frame.columns / blocks
        for block in 0..<blocks {
            guard divideByCholeskyFactor(&frame, gram: &gram, block: block * width..<(block + 1) * width) else {
                throw Diverged("the columns of the trained frame are no longer independent and finite")
            }
        }
    }

    /// Solves `Q R = frame` in place for a block of columns, where `R^T R = gram` and `R` has a positive diagonal; false when
    /// there is no such R.
    private static func divideByCholeskyFactor<Scalar: MatrixScalar>(
        _ frame: inout Matrix<Scalar>, gram: inout Matrix<Scalar>, block: Range<Int>
    ) -> Bool {
        let (rows, stride) = (frame.rows, frame.columns)
        let (first, columns) = (block.lowerBound, block.count)
        return gram.withUnsafeMutablePointer { gram in
            frame.withUnsafeMutablePointer { frame in
                let r = gram + first + first * stride
                let frame = frame + first * rows
                for column in 0..<columns {
                    // Row `column` of R, from the upper triangle of the Gram matrix.
                    var pivot = r[column + column * stride]
                    for above in 0..<column {
                        let factor = r[above + column * stride]
                        pivot -= factor * factor
                    }
                    guard pivot > 0, pivot.isFinite else { return false }
                    let diagonal = pivot.squareRoot()
                    r[column + column * stride] = diagonal
                    let inverse = 1 / diagonal
                    for right in column + 1..<max(columns, column + 1) {
                        var entry = r[column + right * stride]
                        for above in 0..<column { entry -= r[above + column * stride] * r[above + right * stride] }
                        r[column + right * stride] = entry * inverse
                    }
                    let target = frame + column * rows
                    for above in 0..<column {
                        let factor = r[above + column * stride]
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
