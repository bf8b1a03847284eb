import LinearAlgebra
import SweepGrid
import Testing

@Suite struct MatrixTests {
    @Test func aMatrixIsStoredColumnAfterColumn() {
        let matrix = Matrix<Double>(rows: 2, columns: 3, columnMajor: [1, 2, 3, 4, 5, 6])
        #expect(matrix == Matrix(rows: 2, columns: 3) { Double(1 + $0 + 2 * $1) })
        #expect(matrix[1, 2] == 6)
        #expect(matrix.elements == [1, 2, 3, 4, 5, 6])
        #expect(matrix.transposed == Matrix(rows: 3, columns: 2, columnMajor: [1, 3, 5, 2, 4, 6]))
        #expect(matrix.columns(1..<3) == Matrix(rows: 2, columns: 2, columnMajor: [3, 4, 5, 6]))
        #expect(matrix.columns(0..<1).appending(matrix.columns(1..<3)) == matrix)
    }

    @Test func aCopyKeepsItsElementsWhenTheOriginalChanges() {
        var original = Matrix<Float>.identity(3)
        let copy = original
        original[0, 0] = 7
        original.setProduct(copy, copy, scale: 2)
        original.withUnsafeMutablePointer { $0[1] = 5 }
        #expect(copy == .identity(3))
        #expect(original == Matrix(rows: 3, columns: 3, columnMajor: [2, 5, 0, 0, 2, 0, 0, 0, 2]))
    }

    @Test(arguments: [(1, 1, 1), (2, 3, 4), (8, 48, 75), (48, 8, 60), (5, 1, 5)])
    func productsAreThoseOfTheDefinition(rows: Int, inner: Int, columns: Int) {
        var stream = RandomStream(key: 1, highCounter: 2)
        let a = Matrix<Double>.normal(rows: rows, columns: inner, using: &stream)
        let b = Matrix<Double>.normal(rows: inner, columns: columns, using: &stream)
        let expected = Matrix<Double>(rows: rows, columns: columns) { row, column in
            (0..<inner).reduce(0) { $0 + a[row, $1] * b[$1, column] }
        }
        #expect((a * b - expected).norm < 1e-12)
        #expect((Matrix.product(a.transposed, b, transposing: .first) - expected).norm < 1e-12)
        #expect((Matrix.product(a, b.transposed, transposing: .second) - expected).norm < 1e-12)
        var accumulated = expected
        accumulated.setProduct(a, b, scale: 3, keeping: -2)
        #expect((accumulated - expected).norm < 1e-12)
        let single = (a.converted(to: Float.self) * b.converted(to: Float.self)).converted(to: Double.self)
        #expect((single - expected).norm < 1e-4)
    }

    @Test func emptyMatricesMultiply() {
        let tall = Matrix<Double>(rows: 3, columns: 0)
        #expect(Matrix.product(tall, tall, transposing: .first) == Matrix(rows: 0, columns: 0))
        #expect(Matrix.product(tall, tall, transposing: .second) == Matrix(rows: 3, columns: 3))
    }

    @Test(arguments: [(48, 8), (5, 5), (1, 1), (4, 0)])
    func theQRFactorsAreOrthonormalAndUpperTriangularWithPositiveDiagonal(rows: Int, columns: Int) throws {
        var stream = RandomStream(key: 3, highCounter: 4)
        let matrix = Matrix<Double>.normal(rows: rows, columns: columns, using: &stream)
        let factors = try matrix.qrDecomposition()
        let gram = Matrix.product(factors.orthonormal, factors.orthonormal, transposing: .first)
        #expect((gram - .identity(columns)).norm < 1e-13)
        #expect((factors.orthonormal * factors.triangular - matrix).norm < 1e-12)
        for column in 0..<columns {
            #expect(factors.triangular[column, column] > 0)
            for row in column + 1..<max(columns, column + 1) { #expect(factors.triangular[row, column] == 0) }
        }
        let single = try matrix.converted(to: Float.self).qrDecomposition().orthonormal.converted(to: Double.self)
        #expect((single - factors.orthonormal).norm < 1e-5)
    }

    @Test func theUnfixedSignsAreThoseOfLAPACK() throws {
        var stream = RandomStream(key: 3, highCounter: 4)
        let matrix = Matrix<Double>.normal(rows: 6, columns: 3, using: &stream)
        let factors = try matrix.qrDecomposition(positiveDiagonal: false)
        #expect((factors.orthonormal * factors.triangular - matrix).norm < 1e-13)
        #expect((0..<3).contains { factors.triangular[$0, $0] < 0 })
    }

    @Test(arguments: [(48, 5), (5, 48), (7, 7), (3, 0)])
    func singularVectorsAndValuesRebuildTheMatrix(rows: Int, columns: Int) throws {
        var stream = RandomStream(key: 5, highCounter: 6)
        let matrix = Matrix<Double>.normal(rows: rows, columns: columns, using: &stream)
        let found = try matrix.singularValueDecomposition()
        let rank = min(rows, columns)
        #expect(found.values == found.values.sorted(by: >) && found.values.count == rank)
        let diagonal = Matrix<Double>(rows: rank, columns: rank) { $0 == $1 ? found.values[$0] : 0 }
        #expect((found.left * diagonal * found.right - matrix).norm < 1e-12)
        let gram = Matrix.product(found.left, found.left, transposing: .first)
        #expect((gram - .identity(rank)).norm < 1e-13)
        #expect(abs(try matrix.spectralNorm() - (found.values.first ?? 0)) < 1e-13)
    }

    @Test func eigenvectorsAreScaledByTheirEigenvalues() throws {
        var stream = RandomStream(key: 7, highCounter: 8)
        let square = Matrix<Double>.normal(rows: 12, columns: 12, using: &stream)
        let symmetric = square + square.transposed
        let found = try symmetric.symmetricEigendecomposition()
        #expect(found.values == found.values.sorted())
        let scaled = Matrix<Double>(rows: 12, columns: 12) { found.vectors[$0, $1] * found.values[$1] }
        #expect((symmetric * found.vectors - scaled).norm < 1e-12)
    }

    @Test func aMatrixThatIsNotFiniteIsRefusedByName() {
        let matrix = Matrix<Double>(rows: 4, columns: 3) { _, _ in .nan }
        let error = #expect(throws: LAPACKError.self) { try matrix.singularValueDecomposition() }
        #expect(error?.routine == "dgesdd")
        #expect(error?.description.contains("4 x 3") == true)
    }

    /// Each coordinate of a uniform frame has mean 0 and variance 1/n; without the sign fix the first column is one-sided.
    @Test func framesAreUniformlyDistributed() throws {
        var stream = RandomStream(key: 9, highCounter: 10)
        var (sum, squares) = (0.0, 0.0)
        let trials = 4_000
        for _ in 0..<trials {
            let frame = try Matrix<Double>.orthonormalFrame(rows: 8, columns: 3, using: &stream)
            sum += frame[0, 0]
            squares += frame[5, 2] * frame[5, 2]
        }
        #expect(abs(sum / Double(trials)) < 5 * (0.125 / Double(trials)).squareRoot())
        #expect(abs(squares / Double(trials) - 0.125) < 5 * (0.025 / Double(trials)).squareRoot())
    }

    @Test func theArithmeticOfTheProcessIsReported() {
        #expect(BLAS.version.first?.isNumber == true)
        #expect(!BLAS.kernelFamily.isEmpty && BLAS.kernelFamily != "unknown")
        #expect(BLAS.configuration.contains(BLAS.version))
        #expect(BLAS.threads == 1)
    }
}
