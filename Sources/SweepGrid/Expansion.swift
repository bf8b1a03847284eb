/// The points of a grid: a box of dimensions, all of it or some positions, with fixed and derived parameters.
///
/// Parameters are indices into the experiment's declarations. Positions are row-major, the last dimension fastest.
struct Expansion {
    /// A parameter and its values: along a dimension, or (derived) one per point.
    struct Column {
        var parameter: Int
        var values: [Value]
    }

    /// Each dimension has one column, or several when it is a zip.
    var dimensions: [[Column]] = []
    /// The positions of the points in the box, ascending; nil for the whole box.
    var kept: [Int]?
    var fixed: [(parameter: Int, value: Value)] = []
    /// Derived parameters: one value per point.
    var derived: [Column] = []

    /// The number of cells in the box; nil when it is beyond what an `Int` holds.
    var boxCount: Int? {
        var count = 1
        for dimension in dimensions {
            let (product, overflow) = count.multipliedReportingOverflow(by: dimension[0].values.count)
            if overflow { return nil }
            count = product
        }
        return count
    }

    /// The number of points; nil when it is beyond what an `Int` holds.
    var pointCount: Int? { kept?.count ?? boxCount }

    /// Every parameter that this part of the grid sets; fixed ones first, so that a loop's variable is the slow dimension.
    var parameters: [Int] {
        fixed.map(\.parameter) + dimensions.flatMap { $0.map(\.parameter) } + derived.map(\.parameter)
    }

    /// All combinations of the points of two parts.
    func times(_ other: Expansion) -> Expansion {
        var product = Expansion(dimensions: dimensions + other.dimensions, fixed: fixed + other.fixed)
        let counts = (pointCount ?? 0, other.pointCount ?? 0)
        if kept != nil || other.kept != nil {
            let width = other.boxCount ?? 0
            let left = kept.map { $0[...] } ?? ArraySlice(0..<counts.0)
            let right = other.kept.map { $0[...] } ?? ArraySlice(0..<counts.1)
            product.kept = left.flatMap { position in right.map { position * width + $0 } }
        }
        product.derived = derived.map { column in
            Column(
                parameter: column.parameter,
                values: column.values.flatMap { Array(repeating: $0, count: counts.1) })
        }
        product.derived += other.derived.map { column in
            Column(parameter: column.parameter, values: (0..<counts.0).flatMap { _ in column.values })
        }
        return product
    }

    /// The part of the points for which `isKept` is true, by their order.
    func keeping(_ isKept: [Bool]) -> Expansion {
        var part = self
        let positions = kept ?? Array(0..<(boxCount ?? 0))
        part.kept = zip(positions, isKept).compactMap { $1 ? $0 : nil }
        if part.kept?.count == boxCount { part.kept = nil }
        part.derived = derived.map { column in
            Column(parameter: column.parameter, values: zip(column.values, isKept).compactMap { $1 ? $0 : nil })
        }
        return part
    }

    /// Calls `body` for each point with its number and its index along each dimension, in order.
    func forEachPoint(_ body: (_ point: Int, _ indices: [Int]) -> Void) {
        let counts = dimensions.map { $0[0].values.count }
        var indices = Array(repeating: 0, count: counts.count)
        let total = pointCount ?? 0
        for point in 0..<total {
            if let kept {
                var rest = kept[point]
                for dimension in counts.indices.reversed() {
                    indices[dimension] = rest % counts[dimension]
                    rest /= counts[dimension]
                }
            } else if point > 0 {
                var dimension = counts.count - 1
                while dimension >= 0 {
                    indices[dimension] += 1
                    if indices[dimension] < counts[dimension] { break }
                    indices[dimension] = 0
                    dimension -= 1
                }
            }
            body(point, indices)
        }
    }
}
