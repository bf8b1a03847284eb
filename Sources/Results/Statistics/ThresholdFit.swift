internal import Foundation
package import SweepGrid

/// The value of an axis at which success becomes more likely than not, by either fit, with its interval.
package struct ThresholdFit: Hashable, Sendable {
    /// The threshold; an infinity when it lies beyond the grid, NaN without trials.
    package let value: Double
    /// Its interval; infinite ends where the data do not bound it within the grid.
    package let interval: Interval

    /// - Parameters:
    ///   - cells: in any order; for the isotonic fit success must rise with x.
    ///   - z: half the width of the profile-likelihood interval in standard errors, for the logistic fit.
    ///   - coverage: of the bootstrap interval, for the isotonic fit.
    ///   - draws: of the bootstrap.
    package init(
        _ cells: [Cell], fit: Check.Fit, z: Double, coverage: Double, resampling: inout Resampling, draws: Int = 1000
    ) {
        switch fit {
        case .logistic:
            let boundary = Boundary(cells, z: z)
            value = boundary.value
            let interval = boundary.interval
            switch boundary {
            // The last value without success is no candidate itself.
            case .bracket, .above: self.interval = Interval(lower: interval.lower.nextUp, upper: interval.upper)
            default: self.interval = interval
            }
        case .isotonic:
            let cells = cells.filter { $0.trials > 0 && $0.x.isFinite }.sorted { $0.x < $1.x }
            guard let first = cells.first, let last = cells.last else {
                value = .nan
                interval = Interval(lower: -.infinity, upper: .infinity)
                return
            }
            func threshold(_ cells: [Cell]) -> Double {
                let fit = IsotonicFit(cells)
                return fit.midpoint ?? (fit.points[0].rate >= 0.5 ? -.infinity : .infinity)
            }
            value = threshold(cells)
            guard value.isFinite else {
                interval =
                    value > 0
                    ? Interval(lower: last.x.nextUp, upper: .infinity) : Interval(lower: -.infinity, upper: first.x)
                return
            }
            // Draws beyond the grid count at their infinity, so that an end that they reach is infinite.
            let drawn = (0..<draws).map { _ in threshold(resampling.cells(cells)) }.sorted()
            let tail = Int((1 - coverage) / 2 * Double(draws))
            interval = Interval(lower: drawn[tail], upper: drawn[draws - 1 - tail])
        }
    }

    /// The threshold for a fit through several: finite even where every cell is 0 or 1; nil beyond the grid.
    static func estimate(_ cells: [Cell], fit: Check.Fit) -> Double? {
        let cells = cells.filter { $0.trials > 0 && $0.x.isFinite }.sorted { $0.x < $1.x }
        guard let first = cells.first, let last = cells.last, first.x < last.x else { return nil }
        if fit == .isotonic { return IsotonicFit(cells).midpoint }
        let inLog = first.x > 0
        let (low, high) = inLog ? (log(first.x), log(last.x)) : (first.x, last.x)
        let logistic = LogisticFit(
            cells.map {
                Cell(
                    x: ((inLog ? log($0.x) : $0.x) - low) / (high - low), trials: $0.trials, successes: $0.successes)
            }, tolerance: 1e-6)
        guard logistic.converged, logistic.slope > 0, logistic.midpoint.isFinite else { return nil }
        let position = low + logistic.midpoint * (high - low)
        return inLog ? exp(position) : position
    }
}
