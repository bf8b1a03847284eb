internal import Foundation

/// Where success becomes more likely than not along one row of a phase diagram (SCIENCE: "fitted boundary").
package enum Boundary: Hashable, Sendable {
    /// No trial at all, or too few cells to say.
    case unknown
    /// Every cell is below one half: the boundary, if any, is above the last value.
    case above(Double)
    /// Every cell is at least one half: the boundary, if any, is at or below the first value.
    case below(Double)
    /// No cell lies strictly between 0 and 1: the boundary is in (last, first].
    case bracket(last: Double, first: Double)
    /// The value where the fitted success is one half, with its 95 % profile-likelihood interval.
    ///
    /// An infinite end means that the interval leaves the grid on that side: nothing is extrapolated.
    case fitted(Double, Interval)

    /// Finds the boundary of a row.
    ///
    /// - Parameter cells: any order; x in the units of the axis. The fit is in log x when every x is positive, else in x.
    ///   Success may rise or fall with x.
    /// - Parameter z: half the width of the interval in standard errors; by default that of 95 %.
    package init(_ cells: [Cell], z: Double = normalQuantile) {
        let cells = cells.filter { $0.trials > 0 && $0.x.isFinite }.sorted { $0.x < $1.x }
        guard let first = cells.first, let last = cells.last else {
            self = .unknown
            return
        }
        if cells.allSatisfy({ 2 * $0.successes < $0.trials }) {
            self = .above(last.x)
        } else if cells.allSatisfy({ 2 * $0.successes >= $0.trials }) {
            self = .below(first.x)
        } else if let bracket = Boundary.bracket(of: cells) {
            self = bracket
        } else {
            self = Boundary.fit(cells, from: first.x, to: last.x, z: z)
        }
    }

    /// The one value to draw or store: the first success of a bracket, the fitted value, or an infinity beyond the grid.
    package var value: Double {
        switch self {
        case .unknown: .nan
        case .above: .infinity
        case .below: -.infinity
        case .bracket(_, let first): first
        case .fitted(let value, _): value
        }
    }

    /// The bracket or the interval; unknown: NaN; beyond the grid: from its end to infinity.
    package var interval: Interval {
        switch self {
        case .unknown: Interval(lower: .nan, upper: .nan)
        case .above(let last): Interval(lower: last, upper: .infinity)
        case .below(let first): Interval(lower: -.infinity, upper: first)
        case .bracket(let last, let first): Interval(lower: last, upper: first)
        case .fitted(_, let interval): interval
        }
    }

    /// The number that files hold for the kind.
    package var code: UInt8 {
        switch self {
        case .unknown: 0
        case .below: 1
        case .above: 2
        case .bracket: 3
        case .fitted: 4
        }
    }

    /// Names of the codes, in their order.
    package static let codeNames = ["unknown", "below_grid", "above_grid", "bracket", "fitted"]

    /// The bracket of cells that are all 0 or 1 and change once; nil otherwise.
    private static func bracket(of cells: [Cell]) -> Boundary? {
        guard cells.allSatisfy({ $0.successes == 0 || $0.successes == $0.trials }) else { return nil }
        var changes: [Int] = []
        for index in 1..<cells.count where (cells[index].successes > 0) != (cells[index - 1].successes > 0) {
            changes.append(index)
        }
        guard changes.count == 1 else { return nil }
        return .bracket(last: cells[changes[0] - 1].x, first: cells[changes[0]].x)
    }

    private static func fit(_ cells: [Cell], from start: Double, to end: Double, z: Double) -> Boundary {
        let inLog = start > 0
        // Centred and scaled, so that the search for the slope does not depend on the units.
        let low = inLog ? log(start) : start
        let width = (inLog ? log(end) : end) - low
        guard width > 0 else { return .unknown }
        func scaled(_ x: Double) -> Double { ((inLog ? log(x) : x) - low) / width }
        func unscaled(_ u: Double) -> Double { inLog ? exp(low + width * u) : low + width * u }

        let fit = LogisticFit(cells.map { Cell(x: scaled($0.x), trials: $0.trials, successes: $0.successes) })
        guard fit.converged, fit.slope != 0 else { return .unknown }
        let midpoint = fit.midpoint
        // A fit whose midpoint leaves the grid says only on which side of it the boundary is.
        let rises = fit.slope > 0
        guard midpoint >= 0 else { return rises ? .below(start) : .above(end) }
        guard midpoint <= 1 else { return rises ? .above(end) : .below(start) }

        // Two times the drop of the likelihood is chi-squared with one degree of freedom.
        let allowed =
            fit.penalisedLikelihood(intercept: fit.intercept, slope: fit.slope)
            - z * z / 2
        func isInside(_ u: Double) -> Bool { fit.profile(midpoint: u) >= allowed }
        func edge(towards limit: Double) -> Double? {
            guard !isInside(limit) else { return nil }
            var (inside, outside) = (midpoint, limit)
            // To 6e-8 of the axis: far below the width of any interval.
            for _ in 0..<24 {
                let middle = (inside + outside) / 2
                if isInside(middle) { inside = middle } else { outside = middle }
            }
            return unscaled(inside)
        }
        return .fitted(
            unscaled(midpoint),
            Interval(lower: edge(towards: 0) ?? -.infinity, upper: edge(towards: 1) ?? .infinity))
    }
}
