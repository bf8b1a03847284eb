package import SweepGrid

/// What the results say about a claim.
package enum Outcome: String, Codable, Hashable, Sendable {
    case pass
    case fail
    /// The data are incomplete, or an interval is too wide to tell.
    case undecided
}

/// What was measured of one group of points, and what was allowed.
package struct Finding: Hashable, Sendable {
    /// What the points have in common.
    package var label: String
    /// The measured value; NaN when there is none.
    package var value: Double
    package var interval: Interval
    /// What is allowed; nil for no bound.
    package var lower: Double?
    package var upper: Double?
    package var outcome: Outcome
    /// Why nothing can be said, or what else a reader should know; empty for nothing.
    package var note: String

    /// By how much of the larger of tolerance and half-width a finding leaves the allowed range; negative inside.
    package var excess: Double {
        if value.isNaN { return -.infinity }
        let below = lower.map { $0 - value } ?? -.infinity
        let above = upper.map { value - $0 } ?? -.infinity
        return max(below, above)
    }
}

/// A rule with its verdict and the findings that it rests on.
package struct Verdict: Hashable, Sendable {
    package let check: Check
    package let findings: [Finding]

    package init(check: Check, findings: [Finding]) {
        self.check = check
        self.findings = findings
    }

    /// Fail when any finding fails, pass when all pass, else undecided.
    package var outcome: Outcome {
        if findings.contains(where: { $0.outcome == .fail }) { return .fail }
        return findings.isEmpty || findings.contains { $0.outcome == .undecided } ? .undecided : .pass
    }

    /// The finding that speaks most against the claim.
    package var worst: Finding? {
        func rank(_ outcome: Outcome) -> Int { outcome == .fail ? 2 : outcome == .undecided ? 1 : 0 }
        return findings.max { (rank($0.outcome), $0.excess) < (rank($1.outcome), $1.excess) }
    }
}

extension Check {
    /// Judges a value and its interval against a range.
    func judge(_ value: Double, _ interval: Interval, lower: Double?, upper: Double?) -> Outcome {
        guard !value.isNaN else { return .undecided }
        let (least, most) = (lower ?? -.infinity, upper ?? .infinity)
        let isDisjoint = interval.lower > most || interval.upper < least
        let isTooWide = resolution.map { !(interval.upper - interval.lower <= 2 * $0) } ?? false
        switch decision {
        case .value:
            if isTooWide && !isDisjoint { return .undecided }
            return value >= least && value <= most ? .pass : .fail
        case .interval:
            if isDisjoint { return .fail }
            return interval.lower >= least && interval.upper <= most && !isTooWide ? .pass : .undecided
        case .compatible:
            if isDisjoint { return .fail }
            return isTooWide ? .undecided : .pass
        }
    }
}
