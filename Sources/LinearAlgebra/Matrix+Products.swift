/// Which factors of a product are transposed.
public enum Transposition: Sendable { case none, first, second }

extension Matrix {
    /// Replaces this matrix by `scale a b + keeping self`, one factor transposed if wanted, without allocating.
    ///
    /// Complexity: 2 rows x columns x inner floating-point operations, in BLAS gemm.
    @inlinable public mutating func setProduct(
        _ a: Matrix, _ b: Matrix, transposing: Transposition = .none, scale: Scalar = 1, keeping: Scalar = 0
    ) {
        let (rowsA, inner) = transposing == .first ? (a.columns, a.rows) : (a.rows, a.columns)
        let (innerB, columnsB) = transposing == .second ? (b.columns, b.rows) : (b.rows, b.columns)
        precondition(inner == innerB, "a product over \(inner) and \(innerB) elements")
        precondition(rowsA == rows && columnsB == columns, "a product of another shape than its result")
        guard count > 0 else { return }
        makeUnique()
        Scalar.gemm(
            transposeA: transposing == .first, transposeB: transposing == .second,
            rows: rows, columns: columns, inner: inner, alpha: scale,
            a: a.storage.base, strideA: max(a.rows, 1), b: b.storage.base, strideB: max(b.rows, 1),
            beta: keeping, c: storage.base, strideC: rows)
    }

    /// The product of two matrices, one of them transposed if wanted.
    public static func product(_ a: Matrix, _ b: Matrix, transposing: Transposition = .none) -> Matrix {
        var result = Matrix(
            rows: transposing == .first ? a.columns : a.rows, columns: transposing == .second ? b.rows : b.columns)
        result.setProduct(a, b, transposing: transposing)
        return result
    }

    /// The matrix product.
    public static func * (left: Matrix, right: Matrix) -> Matrix { product(left, right) }

    /// The sum, element by element.
    public static func + (left: Matrix, right: Matrix) -> Matrix { left.combined(with: right) { $0 + $1 } }

    /// The difference, element by element.
    public static func - (left: Matrix, right: Matrix) -> Matrix { left.combined(with: right) { $0 - $1 } }

    /// Every element multiplied by a factor.
    public static func * (factor: Scalar, matrix: Matrix) -> Matrix {
        Matrix(rows: matrix.rows, columns: matrix.columns) { factor * matrix[$0, $1] }
    }

    /// The sum of the squares of the elements.
    public var squaredNorm: Scalar {
        var sum: Scalar = 0
        for index in 0..<count { sum += storage.base[index] * storage.base[index] }
        return sum
    }

    /// The square root of the sum of the squares of the elements (Frobenius).
    public var norm: Scalar { squaredNorm.squareRoot() }

    private func combined(with other: Matrix, _ operation: (Scalar, Scalar) -> Scalar) -> Matrix {
        precondition(rows == other.rows && columns == other.columns, "matrices of two shapes")
        return Matrix(rows: rows, columns: columns) { operation(self[$0, $1], other[$0, $1]) }
    }
}
