package import SweepGrid

/// How the points of a design lie in the phase-diagram file.
///
/// A grid fills the box of its dimensions; where filters or unions leave less than a quarter of it, the points stand
/// in one dimension `point` instead.
package struct Layout: Hashable, Sendable {
    /// A run of consecutive positions that is a box in the file.
    struct Slab: Hashable, Sendable {
        var positions: Range<Int>
        var start: [Int]
        var count: [Int]
    }

    /// Names of the leading dimensions of every variable.
    package let names: [String]
    /// Their lengths.
    package let extent: [Int]
    /// Whether the points stand in one dimension of their own.
    package let isPointList: Bool
    private let kept: [Int]?

    package init(_ design: Design) {
        let sparse = design.kept != nil && 4 * design.pointCount < design.boxCount
        isPointList = sparse || design.dimensions.isEmpty
        names = isPointList ? ["point"] : design.dimensions.map(\.name)
        extent = isPointList ? [design.pointCount] : design.dimensions.map(\.count)
        kept = isPointList ? nil : design.kept
    }

    /// The number of positions, points or not.
    package var count: Int { extent.reduce(1, *) }

    /// The position of a point, row-major.
    package func position(ofPoint point: Int) -> Int { kept?[point] ?? point }

    /// The point at a position; nil where the grid has none.
    package func point(at position: Int) -> Int? {
        guard let kept else { return position }
        let index = Layout.firstIndex(in: kept, notBelow: position)
        return index < kept.count && kept[index] == position ? index : nil
    }

    /// The points in a run of positions, which follow one another too.
    func points(in positions: Range<Int>) -> Range<Int> {
        guard let kept else { return positions }
        return Layout.firstIndex(
            in: kept, notBelow: positions.lowerBound)..<Layout.firstIndex(in: kept, notBelow: positions.upperBound)
    }

    /// The whole file cut into boxes of at most `limit` positions, in order.
    func slabs(limit: Int) -> [Slab] {
        let shape = chunkShape(extent, limit: limit)
        // Positions run on through every dimension behind the first whose slab is longer than one.
        let split = shape.firstIndex { $0 > 1 } ?? extent.count - 1
        let inner = extent[(split + 1)...].reduce(1, *)
        let outer = extent[..<split].reduce(1, *)
        var slabs: [Slab] = []
        for block in 0..<outer {
            var start = Array(repeating: 0, count: extent.count)
            var rest = block
            for dimension in (0..<split).reversed() {
                start[dimension] = rest % extent[dimension]
                rest /= extent[dimension]
            }
            for first in stride(from: 0, to: extent[split], by: shape[split]) {
                let length = min(shape[split], extent[split] - first)
                start[split] = first
                var count = shape
                count[split] = length
                let position = (block * extent[split] + first) * inner
                slabs.append(Slab(positions: position..<position + length * inner, start: start, count: count))
            }
        }
        return slabs
    }

    private static func firstIndex(in sorted: [Int], notBelow value: Int) -> Int {
        var (low, high) = (0, sorted.count)
        while low < high {
            let middle = (low + high) / 2
            if sorted[middle] < value { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

/// A chunk of at most `limit` elements that is a run of consecutive elements: whole trailing dimensions, part of one, ones.
func chunkShape(_ extent: [Int], limit: Int) -> [Int] {
    var shape = Array(repeating: 1, count: extent.count)
    var elements = 1
    for dimension in extent.indices.reversed() {
        shape[dimension] = max(1, min(extent[dimension], limit / elements))
        guard shape[dimension] == extent[dimension] else { break }
        elements *= extent[dimension]
    }
    return shape
}
