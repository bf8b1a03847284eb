/// A dense matrix in column-major order with storage of its own, aligned for vector registers.
///
/// A value type: a copy shares storage until one of the two is changed. Loops that must not allocate keep their matrices and
/// use the mutating products (`setProduct`) and `withUnsafeMutablePointer`.
public struct Matrix<Scalar: MatrixScalar>: @unchecked Sendable {
    /// The number of rows.
    public let rows: Int
    /// The number of columns.
    public let columns: Int
    @usableFromInline var storage: AlignedStorage<Scalar>

    /// A matrix of zeros.
    public init(rows: Int, columns: Int) {
        precondition(rows >= 0 && columns >= 0, "a matrix of \(rows) rows and \(columns) columns")
        BLAS.prepare()
        self.rows = rows
        self.columns = columns
        storage = AlignedStorage(count: rows * columns)
        storage.base.initialize(repeating: 0, count: rows * columns)
    }

    /// A matrix whose columns follow each other in `elements`.
    public init(rows: Int, columns: Int, columnMajor elements: [Scalar]) {
        precondition(elements.count == rows * columns, "\(elements.count) elements for \(rows) x \(columns)")
        self.init(rows: rows, columns: columns)
        for index in elements.indices { storage.base[index] = elements[index] }
    }

    /// A matrix with the element `element(row, column)` everywhere.
    public init(rows: Int, columns: Int, _ element: (Int, Int) throws -> Scalar) rethrows {
        self.init(rows: rows, columns: columns)
        for column in 0..<columns {
            for row in 0..<rows { storage.base[row + column * rows] = try element(row, column) }
        }
    }

    /// The square matrix with ones on its diagonal and zeros elsewhere.
    public static func identity(_ size: Int) -> Matrix {
        Matrix(rows: size, columns: size) { $0 == $1 ? 1 : 0 }
    }

    /// The number of elements.
    public var count: Int { rows * columns }

    /// The element in a row and a column, both counted from 0.
    @inlinable public subscript(row: Int, column: Int) -> Scalar {
        get {
            precondition(row >= 0 && row < rows && column >= 0 && column < columns, "index outside the matrix")
            return storage.base[row + column * rows]
        }
        set {
            precondition(row >= 0 && row < rows && column >= 0 && column < columns, "index outside the matrix")
            makeUnique()
            storage.base[row + column * rows] = newValue
        }
    }

    /// The columns in `range`, copied.
    public func columns(_ range: Range<Int>) -> Matrix {
        precondition(range.lowerBound >= 0 && range.upperBound <= columns, "columns \(range) of \(columns)")
        let part = Matrix(rows: rows, columns: range.count)
        part.storage.base.update(from: storage.base + range.lowerBound * rows, count: range.count * rows)
        return part
    }

    /// This matrix with the columns of `other` after its own.
    public func appending(_ other: Matrix) -> Matrix {
        precondition(rows == other.rows, "\(rows) and \(other.rows) rows side by side")
        let joined = Matrix(rows: rows, columns: columns + other.columns)
        joined.storage.base.update(from: storage.base, count: count)
        (joined.storage.base + count).update(from: other.storage.base, count: other.count)
        return joined
    }

    /// The matrix with rows and columns exchanged.
    public var transposed: Matrix { Matrix(rows: columns, columns: rows) { self[$1, $0] } }

    /// The elements, one column after another.
    public var elements: [Scalar] { Array(UnsafeBufferPointer(start: storage.base, count: count)) }

    /// The same matrix in another precision; each element is rounded to nearest.
    public func converted<Other: MatrixScalar>(to type: Other.Type) -> Matrix<Other> {
        Matrix<Other>(rows: rows, columns: columns) { Other(self[$0, $1]) }
    }

    // MARK: Storage

    /// Calls `body` with the first element; element (row, column) stands at `row + column * rows`.
    @inlinable public func withUnsafePointer<Result>(
        _ body: (UnsafePointer<Scalar>) throws -> Result
    ) rethrows -> Result {
        try withExtendedLifetime(storage) { try body(UnsafePointer(storage.base)) }
    }

    /// Calls `body` with the first element for writing; no other copy of the matrix sees the changes.
    @inlinable public mutating func withUnsafeMutablePointer<Result>(
        _ body: (UnsafeMutablePointer<Scalar>) throws -> Result
    ) rethrows -> Result {
        makeUnique()
        return try withExtendedLifetime(storage) { try body(storage.base) }
    }

    @inlinable mutating func makeUnique() {
        if !isKnownUniquelyReferenced(&storage) { storage = storage.copy() }
    }
}

extension Matrix: Equatable {
    /// Whether shapes and all elements are equal.
    public static func == (left: Matrix, right: Matrix) -> Bool {
        left.rows == right.rows && left.columns == right.columns
            && (0..<left.count).allSatisfy { left.storage.base[$0] == right.storage.base[$0] }
    }
}

/// The memory of a matrix. Written only while one matrix owns it, which makes sharing it between threads safe.
@usableFromInline final class AlignedStorage<Scalar: MatrixScalar> {
    /// One cache line, and one AVX-512 register.
    static var alignment: Int { 64 }

    @usableFromInline let base: UnsafeMutablePointer<Scalar>
    let count: Int

    init(count: Int) {
        self.count = count
        base = UnsafeMutableRawPointer.allocate(
            byteCount: max(count, 1) * MemoryLayout<Scalar>.stride, alignment: Self.alignment
        ).bindMemory(to: Scalar.self, capacity: max(count, 1))
    }

    deinit { UnsafeMutableRawPointer(base).deallocate() }

    @usableFromInline func copy() -> AlignedStorage {
        let other = AlignedStorage(count: count)
        other.base.initialize(from: base, count: count)
        return other
    }
}
