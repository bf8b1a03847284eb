internal import Foundation

/// The edges of the bins of a histogram.
enum Bins {
    /// About `count` equal bins over a range, ascending.
    ///
    /// Values that lie on a lattice, such as counts or times in whole steps, get bins of as many places each: a width beside
    /// the lattice's would hold now one place and now two. These bins may reach beyond the range.
    static func edges(over range: (low: Double, high: Double), count: Int, of values: [Double]) -> [Double] {
        let width = range.high > range.low ? (range.high - range.low) / Double(count) : 1
        guard let (first, spacing) = lattice(of: values, precision: width * 1e-3), width < 8 * spacing else {
            return (0...count).map { range.low + Double($0) * width }
        }
        let wide = max(1, (width / spacing).rounded()) * spacing
        let start = first - spacing / 2
        let before = max(0, ((start - range.low) / wide).rounded(.up))
        let bins = max(1, Int(((range.high - start) / wide).rounded(.up) + before))
        return (0...bins).map { start + (Double($0) - before) * wide }
    }

    /// The first of the values and the spacing of the lattice they lie on; nil when they lie on none.
    private static func lattice(of values: [Double], precision: Double) -> (first: Double, spacing: Double)? {
        var distinct: [Double] = []
        for value in values.sorted() where distinct.last.map({ value - $0 > precision }) ?? true {
            distinct.append(value)
        }
        let gaps = zip(distinct.dropFirst(), distinct).map { $0 - $1 }
        guard let first = distinct.first, let spacing = gaps.min(), gaps.count > 2,
            gaps.allSatisfy({ abs($0 / spacing - ($0 / spacing).rounded()) < 0.01 })
        else { return nil }
        return (first, spacing)
    }
}
