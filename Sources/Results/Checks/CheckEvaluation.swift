internal import Foundation
package import SweepGrid

/// Decides rules from a phase-diagram file.
package struct CheckEvaluation {
    private let data: CheckData
    private let draws: Int

    /// - Parameters:
    ///   - checks: the rules that will be asked about.
    ///   - isShuffled: whether the results are dealt to the points at random: a negative control for any rule.
    ///   - draws: of bootstraps.
    /// - Throws: `StorageError` when the file cannot be read.
    package init(_ file: PhaseDiagramFile, for checks: [Check], isShuffled: Bool = false, draws: Int = 1000)
        throws(StorageError)
    {
        self.draws = draws
        data = try CheckData(
            file, measurements: Set(checks.flatMap(\.quantity.measurements)), isShuffled: isShuffled)
    }

    /// What the results say about a rule.
    ///
    /// A group with a task that has no result is undecided: what is missing could change any quantity. So is one with a diverged
    /// task where values are averaged or compared: the survivors do not speak for it.
    /// - Complexity: linear in the tasks; thresholds and exponents take some thousand logistic fits.
    package func verdict(of check: Check) -> Verdict {
        if let problem = data.problem(with: check) {
            return Verdict(check: check, findings: [Finding(undecided: "", because: problem)])
        }
        guard !check.groups.isEmpty else {
            return Verdict(
                check: check, findings: [Finding(undecided: "", because: "the run has no point it speaks of")])
        }
        var measured: [(estimate: Estimate, group: Check.Group)] = []
        for group in check.groups {
            let points = group.points + (group.reference ?? [])
            let (missing, diverged) = (data.missing(points), data.diverged(points))
            if missing > 0 {
                measured.append((Estimate(note: "\(missing) tasks have no result"), group))
                continue
            }
            if diverged > 0 && check.quantity.isOfValues {
                measured.append((Estimate(note: "\(diverged) of \(data.tasks(of: points).count) diverged"), group))
                continue
            }
            let coverage = check.sigmas.map { erf($0 / 2.0.squareRoot()) } ?? 1 - 0.05 / Double(check.groups.count)
            let measurement = GroupMeasurement(
                data: data, check: check, group: group, draws: draws, coverage: coverage,
                z: check.sigmas ?? (check.groups.count == 1 ? normalQuantile : normalDeviate(coverage: coverage)))
            measured.append((measurement.estimate.divided(by: group.scale), group))
        }
        if check.isRelativeToMean {
            let values = measured.map(\.estimate.value).filter(\.isFinite)
            // Without any mean, what lies beyond the grid stays there and fails.
            let mean = values.isEmpty ? 1 : values.reduce(0, +) / Double(values.count)
            for index in measured.indices { measured[index].estimate = measured[index].estimate.relative(to: mean) }
        }
        let findings = measured.map { estimate, group in
            Finding(
                label: group.label, value: estimate.value, interval: estimate.interval, lower: group.lower,
                upper: group.upper,
                outcome: check.judge(estimate.value, estimate.interval, lower: group.lower, upper: group.upper),
                note: estimate.note)
        }
        return Verdict(check: check, findings: findings)
    }
}

/// A measured quantity with its interval; what cannot be measured is NaN, with the reason.
struct Estimate {
    var value = Double.nan
    var interval = Interval(lower: -.infinity, upper: .infinity)
    var note = ""

    func divided(by scale: Double) -> Estimate {
        guard scale != 1 else { return self }
        var copy = self
        copy.value /= scale
        let (first, second) = (interval.lower / scale, interval.upper / scale)
        copy.interval = Interval(lower: min(first, second), upper: max(first, second))
        return copy
    }

    func relative(to mean: Double) -> Estimate {
        var copy = divided(by: mean)
        copy.value -= 1
        copy.interval.lower -= 1
        copy.interval.upper -= 1
        return copy
    }
}

extension Finding {
    fileprivate init(undecided label: String, because note: String) {
        self.init(
            label: label, value: .nan, interval: Interval(lower: -.infinity, upper: .infinity), lower: nil, upper: nil,
            outcome: .undecided, note: note)
    }
}

extension Check.Quantity {
    /// Whether it is of the measured values themselves, not of successes.
    var isOfValues: Bool {
        switch self {
        case .mean, .difference, .crossing, .sameDistribution: true
        case .rate, .threshold, .exponent, .resolvedExponent, .fall: false
        }
    }

    /// The measurements that it reads.
    var measurements: [String] {
        switch self {
        case .rate(let rule), .threshold(let rule, _, _), .exponent(let rule, _, _, _, _),
            .resolvedExponent(let rule, _, _, _, _, _, _), .fall(let rule, _):
            [rule.measurement]
        case .mean(let name), .crossing(let name, _, _), .sameDistribution(let name): [name]
        case .difference(let name, let other): [name, other]
        }
    }
}

extension CheckData {
    /// Why a rule does not fit the run, as it may when it came from a file; nil when it does.
    fileprivate func problem(with check: Check) -> String? {
        for name in check.quantity.measurements where design.schema.columns(of: name) == nil {
            return "the run has no measurement '\(name)'"
        }
        let points = check.groups.flatMap { $0.points + ($0.reference ?? []) }
        if points.contains(where: { $0 < 0 || $0 >= design.pointCount }) { return "it names points outside the grid" }
        return nil
    }
}
