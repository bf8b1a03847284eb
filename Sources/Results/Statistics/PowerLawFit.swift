internal import Foundation
package import SweepGrid

/// A power law `threshold = C x^k` through the thresholds of several rows, with bootstrap intervals.
///
/// The slope of ln threshold against ln x, weighted by the inverse squared errors of the single thresholds. The bootstrap
/// draws the trials of every cell again (stratified) and keeps the weights.
package struct PowerLawFit: Hashable, Sendable {
    /// One threshold.
    package struct Row: Hashable, Sendable {
        /// The variable of the law, positive.
        package var x: Double
        /// The threshold with its 95 % interval, as `Boundary` gives them.
        package var threshold: Double
        package var interval: Interval
        /// Whether the law is fitted to it: its threshold lies in the grid.
        package var isUsed: Bool
    }

    /// The rows in ascending order of x.
    package let rows: [Row]
    /// k; NaN with less than two thresholds in the grid.
    package let exponent: Double
    /// The interval of k.
    package let exponentInterval: Interval
    /// C.
    package let prefactor: Double
    /// Of `draws` bootstrapped laws, ln C and k: for the band around the line.
    package let draws: [SIMD2<Double>]
    private let coverage: Double

    /// - Parameters:
    ///   - rows: x and the cells along the axis of the threshold.
    ///   - coverage: of the intervals.
    /// - Complexity: O(draws * trials).
    package init(
        _ rows: [(x: Double, cells: [Cell])], fit: Check.Fit = .logistic, coverage: Double = 0.95,
        resampling: inout Resampling, draws: Int = 1000
    ) {
        self.coverage = coverage
        let ascending = rows.filter { $0.x > 0 }.sorted { $0.x < $1.x }
        var points: [(x: Double, y: Double, weight: Double, cells: [Cell])] = []
        var shown: [Row] = []
        for row in ascending {
            let whole = ThresholdFit(
                row.cells, fit: fit, z: normalQuantile, coverage: 0.95, resampling: &resampling, draws: 200)
            let estimate = whole.value.isFinite ? ThresholdFit.estimate(row.cells, fit: fit) : nil
            shown.append(
                Row(x: row.x, threshold: whole.value, interval: whole.interval, isUsed: (estimate ?? 0) > 0))
            guard let estimate, estimate > 0 else { continue }
            let error = PowerLawFit.error(of: whole.interval, around: estimate, cells: row.cells)
            points.append((log(row.x), log(estimate), 1 / (error * error), row.cells))
        }
        self.rows = shown
        guard points.count >= 2, let line = Line(points.map { ($0.x, $0.y, $0.weight) }) else {
            (exponent, prefactor, self.draws) = (.nan, .nan, [])
            exponentInterval = Interval(lower: -.infinity, upper: .infinity)
            return
        }
        exponent = line.slope
        prefactor = exp(line.intercept)
        var drawn: [SIMD2<Double>] = []
        for _ in 0..<draws {
            var sample: [(x: Double, y: Double, weight: Double)] = []
            for point in points {
                guard let threshold = PowerLawFit.draw(point.cells, fit: fit, &resampling), threshold > 0 else {
                    continue
                }
                sample.append((point.x, log(threshold), point.weight))
            }
            if sample.count >= 2, let line = Line(sample) { drawn.append([line.intercept, line.slope]) }
        }
        self.draws = drawn
        exponentInterval = percentileInterval(drawn.map(\.y), coverage: coverage)
    }

    /// How many thresholds the law is fitted to.
    package var count: Int { rows.count(where: \.isUsed) }

    /// The law at a value of its variable, with its interval.
    package func value(at x: Double) -> (value: Double, interval: Interval) {
        let band = percentileInterval(draws.map { $0.x + $0.y * log(x) }, coverage: coverage)
        return (prefactor * pow(x, exponent), Interval(lower: exp(band.lower), upper: exp(band.upper)))
    }

    /// A threshold of cells drawn again; where no cell is between 0 and 1, any point of the bracket.
    private static func draw(_ cells: [Cell], fit: Check.Fit, _ resampling: inout Resampling) -> Double? {
        let drawn = resampling.cells(cells).filter { $0.trials > 0 }.sorted { $0.x < $1.x }
        if drawn.allSatisfy({ $0.successes == 0 || $0.successes == $0.trials }),
            let first = drawn.firstIndex(where: { $0.successes > 0 }), first > 0,
            drawn[first...].allSatisfy({ $0.successes > 0 })
        {
            let (low, high) = (drawn[first - 1].x, drawn[first].x)
            let part = resampling.uniform()
            return low > 0 ? low * pow(high / low, part) : low + part * (high - low)
        }
        return ThresholdFit.estimate(drawn, fit: fit)
    }

    /// The standard error of ln threshold; where the interval leaves the grid, from the end that does not, or the grid.
    private static func error(of interval: Interval, around estimate: Double, cells: [Cell]) -> Double {
        let ends = [interval.lower, interval.upper].filter { $0.isFinite && $0 > 0 }
        let widths = ends.map { abs(log($0 / estimate)) }
        let positive = cells.map(\.x).filter { $0 > 0 }
        let whole = log((positive.max() ?? 2) / (positive.min() ?? 1))
        guard !widths.isEmpty else { return max(whole / 2, 1e-3) }
        return max(widths.reduce(0, +) / Double(widths.count) / normalQuantile, 1e-3)
    }

    /// A weighted least-squares line.
    private struct Line {
        let slope: Double
        let intercept: Double

        init?(_ points: [(x: Double, y: Double, weight: Double)]) {
            let total = points.reduce(0) { $0 + $1.weight }
            let x = points.reduce(0) { $0 + $1.weight * $1.x } / total
            let y = points.reduce(0) { $0 + $1.weight * $1.y } / total
            let spread = points.reduce(0) { $0 + $1.weight * ($1.x - x) * ($1.x - x) }
            guard spread > 0 else { return nil }
            slope = points.reduce(0) { $0 + $1.weight * ($1.x - x) * ($1.y - y) } / spread
            intercept = y - slope * x
        }
    }
}
