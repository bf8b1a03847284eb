/// How results are turned into rates, verdicts and pictures; changing it never makes a run another run.
public struct View: Hashable, Sendable {
    /// What the sweep shows, in a sentence or two.
    public var description: String
    /// The success rules of the figures, the first one being the primary.
    public var success: [SuccessRule]
    /// The figures, the first one being `phase-diagram`.
    public var figures: [Figure]
    /// The rules that decide the sweep's claims.
    public var checks: [Check]
    /// The names of rules that must fail, because the run is deliberately wrong: a negative control.
    public var mustFail: [String]

    /// Creates a view.
    public init(
        description: String, success: [SuccessRule], figures: [Figure], checks: [Check] = [], mustFail: [String] = []
    ) {
        self.description = description
        self.success = success
        self.figures = figures
        self.checks = checks
        self.mustFail = mustFail
    }
}

extension View: Codable {
    private enum CodingKeys: String, CodingKey {
        case description, success, figures, checks, mustFail
    }

    /// Reads a view; those of earlier releases have no rules.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            description: try container.decode(String.self, forKey: .description),
            success: try container.decode([SuccessRule].self, forKey: .success),
            figures: try container.decode([Figure].self, forKey: .figures),
            checks: try container.decodeIfPresent([Check].self, forKey: .checks) ?? [],
            mustFail: try container.decodeIfPresent([String].self, forKey: .mustFail) ?? [])
    }

    /// Writes the view; without rules as earlier releases did, so that its hash stays.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(description, forKey: .description)
        try container.encode(success, forKey: .success)
        try container.encode(figures, forKey: .figures)
        if !checks.isEmpty { try container.encode(checks, forKey: .checks) }
        if !mustFail.isEmpty { try container.encode(mustFail, forKey: .mustFail) }
    }
}

/// When a trial counts as a success: a scalar measurement below or above a threshold.
public struct SuccessRule: Codable, Hashable, Sendable {
    /// The side of the threshold on which success lies.
    public enum Side: String, Codable, Hashable, Sendable {
        case below, above
    }

    /// The scalar measurement.
    public var measurement: String
    /// The side of success.
    public var side: Side
    /// The threshold, which itself is no success.
    public var threshold: Double

    /// Creates a rule.
    public init(measurement: String, side: Side, threshold: Double) {
        self.measurement = measurement
        self.side = side
        self.threshold = threshold
    }

    /// Whether a value is a success; what is not a number is none.
    public func holds(_ value: Double) -> Bool {
        side == .below ? value < threshold : value > threshold
    }
}
