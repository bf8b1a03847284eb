public import SweepGrid

/// The factors of a tall matrix: `matrix = orthonormal triangular`.
public struct QRDecomposition<Scalar: MatrixScalar>: Sendable {
    /// As many orthonormal columns as the matrix has.
    public let orthonormal: Matrix<Scalar>
    /// Upper triangular.
    public let triangular: Matrix<Scalar>
}

extension Matrix {
    /// The Householder QR decomposition of a matrix with no more columns than rows (LAPACK geqrf, orgqr).
    ///
    /// With `positiveDiagonal` each column of the orthonormal factor takes the sign that makes the diagonal of the triangular
    /// one positive. Then the factor is unique for a matrix of full rank and depends on it continuously, so that it can serve
    /// as a retraction of an optimiser with momentum; LAPACK's own signs jump.
    public func qrDecomposition(positiveDiagonal: Bool = true) throws(LAPACKError) -> QRDecomposition<Scalar> {
        precondition(columns <= rows, "a QR decomposition of \(rows) rows and \(columns) columns")
        var factors = self
        var tau = [Scalar](repeating: 0, count: Swift.max(columns, 1))
        var workspace = [Scalar](repeating: 0, count: 64 * Swift.max(columns, 1))
        var triangular = Matrix(rows: columns, columns: columns)
        var (routine, info) = ("geqrf", 0)
        let (rows, columns) = (self.rows, self.columns)
        workspace.withUnsafeMutableBufferPointer { workspace in
            factors.withUnsafeMutablePointer { a in
                guard columns > 0 else { return }
                info = Scalar.geqrf(rows: rows, columns: columns, a: a, tau: &tau, work: workspace)
                guard info == 0 else { return }
                for column in 0..<columns {
                    for row in 0...column { triangular[row, column] = a[row + column * rows] }
                }
                routine = "orgqr"
                info = Scalar.orgqr(rows: rows, columns: columns, a: a, tau: tau, work: workspace)
                guard info == 0, positiveDiagonal else { return }
                for index in 0..<columns where triangular[index, index] < 0 {
                    for row in 0..<rows { a[row + index * rows].negate() }
                    for column in index..<columns { triangular[index, column].negate() }
                }
            }
        }
        guard info == 0 else { throw LAPACKError(routine: routine, info: info, rows: rows, columns: columns) }
        return QRDecomposition(orthonormal: factors, triangular: triangular)
    }
}

extension Matrix {
    /// A matrix of independent standard normal elements, column after column from the stream.
    public static func normal(rows: Int, columns: Int, using stream: inout RandomStream) -> Matrix {
        var matrix = Matrix(rows: rows, columns: columns)
        matrix.withUnsafeMutablePointer {
            Scalar.fillNormals(UnsafeMutableBufferPointer(start: $0, count: rows * columns), using: &stream)
        }
        return matrix
    }

    /// Orthonormal columns that span a uniformly distributed subspace (Haar measure).
    ///
    /// The QR factor of a normal matrix with positive diagonal (Mezzadri, Notices of the AMS 54, 2007).
    public static func orthonormalFrame(
        rows: Int, columns: Int, using stream: inout RandomStream
    ) throws(LAPACKError) -> Matrix {
        try normal(rows: rows, columns: columns, using: &stream).qrDecomposition().orthonormal
    }
}
