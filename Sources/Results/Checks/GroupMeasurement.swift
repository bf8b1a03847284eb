internal import Foundation
internal import SweepGrid

/// Measures the quantity of a rule for one group of points.
struct GroupMeasurement {
    let data: CheckData
    let check: Check
    let group: Check.Group
    /// Of bootstraps.
    let draws: Int
    /// The coverage of the interval, and half its width in standard errors.
    let coverage: Double
    let z: Double

    var estimate: Estimate {
        switch check.quantity {
        case .rate(let rule): rate(rule)
        case .mean(let name): mean(name)
        case .difference(let name, let other): difference(name, other)
        case .crossing(let name, let level, let axis): crossing(name, level, along: axis)
        case .threshold(let rule, let axis, let fit): threshold(rule, axis, fit)
        case .exponent(let rule, let axis, let other, let fit, let rows):
            exponent(rule, axis, other, fit, rows, cells: 0, trials: 0)
        case .resolvedExponent(let rule, let axis, let other, let fit, let rows, let cells, let trials):
            exponent(rule, axis, other, fit, rows, cells: cells, trials: trials)
        case .fall(let rule, let axis): fall(rule, axis)
        case .sameDistribution(let name): sameDistribution(name)
        }
    }

    private var resampling: Resampling {
        Resampling(design: data.design.digest, purpose: "\(check.name)/\(group.label)")
    }

    private func rate(_ rule: SuccessRule) -> Estimate {
        let cell = data.counts(rule, group.points)
        guard let reference = group.reference else {
            return Estimate(
                value: cell.rate, interval: wilsonInterval(successes: cell.successes, trials: cell.trials, z: z),
                note: "\(cell.successes) of \(cell.trials)")
        }
        let (difference, interval) = rateDifference(cell, data.counts(rule, reference), z: z)
        return Estimate(value: difference, interval: interval)
    }

    /// Half the width of the interval of a mean: Student's t, or the standard errors that the rule names.
    private func halfWidth(_ summary: Summary) -> Double {
        guard summary.count > 1 else { return .infinity }
        let multiple = check.sigmas ?? studentQuantile(degrees: summary.count - 1, coverage: coverage)
        return multiple * summary.standardError
    }

    private func values(_ name: String, _ points: [Int]) -> [Double] {
        Array(data.replicates(name, points, coordinate: group.coordinate).joined())
    }

    /// The mean of values with its interval; what is not a number is left out and told.
    private func mean(of values: [Double]) -> Estimate {
        let summary = Summary(values)
        let half = halfWidth(summary)
        return Estimate(
            value: summary.mean, interval: Interval(lower: summary.mean - half, upper: summary.mean + half),
            note: summary.count < values.count
                ? "\(values.count - summary.count) of \(values.count) values are not numbers" : "")
    }

    private func mean(_ name: String) -> Estimate {
        let own = values(name, group.points)
        guard let points = group.reference else { return mean(of: own) }
        let reference = values(name, points)
        // Replicates that share their inputs are compared one by one: what they have in common drops out.
        if data.arePaired(group.points, points) { return mean(of: zip(own, reference).map { $0 - $1 }) }
        let (one, two) = (mean(of: own), mean(of: reference))
        func half(_ estimate: Estimate) -> Double { (estimate.interval.upper - estimate.interval.lower) / 2 }
        let (value, width) = (one.value - two.value, (half(one) * half(one) + half(two) * half(two)).squareRoot())
        return Estimate(
            value: value, interval: Interval(lower: value - width, upper: value + width),
            note: one.note.isEmpty ? two.note : one.note)
    }

    private func difference(_ name: String, _ other: String) -> Estimate {
        mean(of: zip(values(name, group.points), values(other, group.points)).map { $0 - $1 })
    }

    private func threshold(_ rule: SuccessRule, _ axis: String, _ fit: Check.Fit) -> Estimate {
        var resampling = resampling
        func threshold(_ points: [Int]) -> ThresholdFit {
            ThresholdFit(
                data.cells(rule, points, along: axis), fit: fit, z: z, coverage: coverage, resampling: &resampling)
        }
        let own = threshold(group.points)
        guard let reference = group.reference.map(threshold) else {
            return Estimate(value: own.value, interval: own.interval, note: note(own))
        }
        guard own.value > 0, own.value.isFinite, reference.value > 0, reference.value.isFinite else {
            return Estimate(note: "a threshold lies beyond the grid")
        }
        func error(_ fit: ThresholdFit) -> (below: Double, above: Double) {
            (log(fit.value / max(fit.interval.lower, 0)), log(fit.interval.upper / fit.value))
        }
        let (one, two) = (error(own), error(reference))
        let ratio = own.value / reference.value
        let below = (one.below * one.below + two.above * two.above).squareRoot()
        let above = (one.above * one.above + two.below * two.below).squareRoot()
        return Estimate(value: ratio, interval: Interval(lower: ratio * exp(-below), upper: ratio * exp(above)))
    }

    private func note(_ fit: ThresholdFit) -> String {
        fit.value.isNaN ? "no fit" : fit.value.isInfinite ? "the threshold lies beyond the grid" : ""
    }

    private func exponent(
        _ rule: SuccessRule, _ axis: String, _ other: String, _ fit: Check.Fit, _ count: Int, cells: Int, trials: Int
    ) -> Estimate {
        let rows = data.split(group.points, along: other).map {
            (x: $0.x, cells: data.cells(rule, $0.points, along: axis))
        }
        // Nowhere in the grid does success become likely: there is no threshold that could follow a law.
        if rows.count >= count, areBelowHalf(rows.flatMap(\.cells)) {
            return Estimate(
                value: .infinity, interval: Interval(lower: .infinity, upper: .infinity),
                note: "every rate of the grid is below one half")
        }
        for row in rows {
            let within = row.cells.count { $0.rate > 0.05 && $0.rate < 0.95 }
            if within < cells {
                return Estimate(
                    note: "\(within) cells at \(other) = \(row.x) are within the transition, the rule wants \(cells)")
            }
            if let fewest = row.cells.map(\.trials).min(), fewest < trials {
                return Estimate(note: "\(fewest) trials a cell, the rule wants \(trials)")
            }
        }
        var resampling = resampling
        let law = PowerLawFit(rows, fit: fit, coverage: coverage, resampling: &resampling, draws: draws)
        guard law.count >= count else {
            return Estimate(note: "\(law.count) thresholds lie in the grid, the rule wants \(count)")
        }
        return Estimate(value: law.exponent, interval: law.exponentInterval, note: "from \(law.count) thresholds")
    }

    /// Whether the rates of all cells lie below one half, jointly at the coverage of the interval.
    private func areBelowHalf(_ cells: [Cell]) -> Bool {
        let z = normalDeviate(coverage: 1 - (1 - coverage) / Double(max(cells.count, 1)))
        return !cells.isEmpty
            && cells.allSatisfy { wilsonInterval(successes: $0.successes, trials: $0.trials, z: z).upper < 0.5 }
    }

    private func fall(_ rule: SuccessRule, _ axis: String) -> Estimate {
        let cells = data.cells(rule, group.points, along: axis)
        let pairs = cells.count * (cells.count - 1) / 2
        guard pairs > 0 else { return Estimate(note: "a single value of \(axis)") }
        // Jointly over all pairs, since the largest fall is looked for.
        let z = check.sigmas ?? normalDeviate(coverage: 1 - (1 - coverage) / Double(pairs))
        var worst = Estimate(value: 0, interval: Interval(lower: 0, upper: 0))
        for (index, earlier) in cells.enumerated() {
            for later in cells[(index + 1)...] where earlier.rate > later.rate {
                let (fall, interval) = rateDifference(earlier, later, z: z)
                if fall > worst.value {
                    worst = Estimate(
                        value: fall, interval: interval, note: "from \(axis) = \(earlier.x) to \(later.x)")
                }
            }
        }
        return worst
    }

    private func sameDistribution(_ name: String) -> Estimate {
        let (one, two) = (values(name, group.points), values(name, group.reference ?? []))
        let p = sameDistributionProbability(one, two)
        return Estimate(value: p, interval: Interval(lower: p, upper: p), note: "\(one.count) against \(two.count)")
    }

    // MARK: Crossings

    private func crossing(_ name: String, _ level: Double, along axis: String?) -> Estimate {
        // Replicates that are drawn together, by abscissa and replicate.
        var blocks: [[[Double]]] = []
        var x: [Double] = []
        if let axis {
            let cells = data.split(group.points, along: axis)
            x = cells.map(\.x)
            blocks = cells.indices.map { cell in
                x.indices.map {
                    $0 == cell ? Array(data.replicates(name, cells[cell].points, coordinate: nil).joined()) : []
                }
            }
        } else {
            guard let dimension = data.design.schema.measurements.first(where: { $0.name == name })?.dimension,
                let coordinates = data.design.schema.dimension(dimension)?.coordinates
            else { return Estimate(note: "'\(name)' is no array") }
            x = coordinates
            blocks = group.points.map { point in
                x.indices.map { Array(data.replicates(name, [point], coordinate: $0).joined()) }
            }
        }
        func position(_ choose: (_ count: Int) -> [Int]) -> Double {
            var (sums, counts) = (x.map { _ in 0.0 }, x.map { _ in 0.0 })
            for block in blocks {
                let chosen = choose(block.map(\.count).max() ?? 0)
                for (column, values) in block.enumerated() where !values.isEmpty {
                    for index in chosen { sums[column] += values[index] }
                    counts[column] += Double(chosen.count)
                }
            }
            return GroupMeasurement.crossing(x, zip(sums, counts).map { $0 / $1 }, level)
        }
        let value = position { Array(0..<$0) }
        guard value.isFinite else { return Estimate(note: "the mean does not pass \(level)") }
        var resampling = resampling
        let drawn = (0..<draws).map { _ in
            position { count in (0..<count).map { _ in resampling.index(below: count) } }
        }
        return Estimate(value: value, interval: percentileInterval(drawn, coverage: coverage))
    }

    /// Where a curve first passes a level, linear between its points; NaN where it does not.
    static func crossing(_ x: [Double], _ y: [Double], _ level: Double) -> Double {
        for index in x.indices.dropFirst() {
            let (low, high) = (y[index - 1] - level, y[index] - level)
            guard low * high <= 0, low != high else { continue }
            return x[index - 1] + low / (low - high) * (x[index] - x[index - 1])
        }
        return .nan
    }
}
