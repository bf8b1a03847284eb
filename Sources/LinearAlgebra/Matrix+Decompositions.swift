internal import COpenBLAS

/// A LAPACK routine that did not reach its result.
public struct LAPACKError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The name in LAPACK's manual.
    public let routine: String
    /// LAPACK's code: positive when an iteration did not converge, negative for an illegal argument.
    public let info: Int
    /// The rows of the matrix.
    public let rows: Int
    /// The columns of the matrix.
    public let columns: Int

    /// What failed on what, and the likely cause.
    public var description: String {
        "\(routine) failed on a \(rows) x \(columns) matrix with info \(info): "
            + "the matrix may hold values that are not finite"
    }
}

/// Singular values in descending order with their vectors: `matrix = left diag(values) right`.
public struct SingularValueDecomposition: Sendable {
    /// One left singular vector per column.
    public let left: Matrix<Double>
    /// The singular values, largest first.
    public let values: [Double]
    /// One right singular vector per row.
    public let right: Matrix<Double>
}

/// Eigenvalues in ascending order, as LAPACK gives them, with one eigenvector per column.
public struct SymmetricEigendecomposition: Sendable {
    /// The eigenvalues, smallest first.
    public let values: [Double]
    /// One eigenvector per column.
    public let vectors: Matrix<Double>
}

extension Matrix<Double> {
    /// The thin singular value decomposition, by divide and conquer (LAPACK dgesdd).
    public func singularValueDecomposition() throws(LAPACKError) -> SingularValueDecomposition {
        let rank = Swift.min(rows, columns)
        guard rank > 0 else {
            return SingularValueDecomposition(
                left: Matrix(rows: rows, columns: 0), values: [], right: Matrix(rows: 0, columns: columns))
        }
        var a = self
        var left = Matrix(rows: rows, columns: rank)
        var right = Matrix(rows: rank, columns: columns)
        var values = [Double](repeating: 0, count: rank)
        var integers = [Int32](repeating: 0, count: 8 * rank)
        var (m, n, k, info) = (Int32(rows), Int32(columns), Int32(rank), Int32(0))
        var job = CChar(UInt8(ascii: "S"))
        // The documented minimum for job S, with room for blocked algorithms.
        var length = Int32(4 * rank * rank + 7 * rank + 64 * (rows + columns))
        var work = [Double](repeating: 0, count: Int(length))
        a.withUnsafeMutablePointer { a in
            left.withUnsafeMutablePointer { left in
                right.withUnsafeMutablePointer { right in
                    dgesdd_(
                        &job, &m, &n, a, &m, &values, left, &m, right, &k, &work, &length, &integers, &info, 1)
                }
            }
        }
        guard info == 0 else {
            throw LAPACKError(routine: "dgesdd", info: Int(info), rows: rows, columns: columns)
        }
        return SingularValueDecomposition(left: left, values: values, right: right)
    }

    /// The eigenvalues and eigenvectors of a symmetric matrix, of which the upper triangle is read (LAPACK dsyevd).
    public func symmetricEigendecomposition() throws(LAPACKError) -> SymmetricEigendecomposition {
        precondition(rows == columns, "eigenvalues of a \(rows) x \(columns) matrix")
        guard rows > 0 else { return SymmetricEigendecomposition(values: [], vectors: self) }
        var vectors = self
        var values = [Double](repeating: 0, count: rows)
        var (n, info) = (Int32(rows), Int32(0))
        var (job, triangle) = (CChar(UInt8(ascii: "V")), CChar(UInt8(ascii: "U")))
        var length = Int32(1 + 6 * rows + 2 * rows * rows)
        var integerLength = Int32(3 + 5 * rows)
        var work = [Double](repeating: 0, count: Int(length))
        var integers = [Int32](repeating: 0, count: Int(integerLength))
        vectors.withUnsafeMutablePointer { vectors in
            dsyevd_(
                &job, &triangle, &n, vectors, &n, &values, &work, &length, &integers, &integerLength, &info, 1, 1)
        }
        guard info == 0 else {
            throw LAPACKError(routine: "dsyevd", info: Int(info), rows: rows, columns: columns)
        }
        return SymmetricEigendecomposition(values: values, vectors: vectors)
    }

    /// The largest singular value, to full relative precision: the root of the largest eigenvalue of the Gram matrix.
    public func spectralNorm() throws(LAPACKError) -> Double {
        let gram =
            rows < columns
            ? Matrix.product(self, self, transposing: .second) : Matrix.product(self, self, transposing: .first)
        return try Swift.max(gram.symmetricEigendecomposition().values.last ?? 0, 0).squareRoot()
    }
}
