/// A rule that decides a claim of a sweep from its results, frozen as data: what is measured where, and what is allowed.
public struct Check: Codable, Hashable, Sendable {
    /// What is measured of a group of points.
    public enum Quantity: Codable, Hashable, Sendable {
        /// The share of successes among all trials of the group.
        case rate(success: SuccessRule)
        /// The mean of a measurement over all replicates of the group.
        case mean(measurement: String)
        /// The mean of the difference of two measurements of the same replicate.
        case difference(measurement: String, minus: String)
        /// Where the mean of a measurement passes a level along an axis, or that of an array along its recorded dimension.
        case crossing(measurement: String, level: Double, along: String?)
        /// The value of an axis at which success becomes more likely than not.
        case threshold(success: SuccessRule, along: String, fit: Fit)
        /// The exponent k of `threshold = C * against^k`, fitted to at least so many thresholds.
        case exponent(success: SuccessRule, along: String, against: String, fit: Fit, rows: Int)
        /// The same, of rows that each have at least so many cells with a rate between 0.05 and 0.95, and so many trials a cell.
        case resolvedExponent(
            success: SuccessRule, along: String, against: String, fit: Fit, rows: Int, cells: Int, trials: Int)
        /// The largest fall of the success rate from one value of an axis to a later one; 0 where it never falls.
        case fall(success: SuccessRule, along: String)
        /// The probability that two samples of one distribution differ as much as the group's and the reference's.
        case sameDistribution(measurement: String)
    }

    /// How a threshold is found.
    public enum Fit: String, Codable, Hashable, Sendable {
        /// A logistic regression with Firth's penalty.
        case logistic
        /// Interpolation between the rates after the pools of adjacent violators are merged.
        case isotonic
    }

    /// What has to lie in the allowed range.
    public enum Decision: String, Codable, Hashable, Sendable {
        /// The measured value.
        case value
        /// The whole interval; one that reaches over an end leaves the claim undecided.
        case interval
        /// Some part of the interval: the claim and the data may both be true.
        case compatible
    }

    /// Points that are measured together, and what is allowed of them.
    public struct Group: Hashable, Sendable {
        /// What the points have in common, as in `intrinsicDimension = 4`.
        public var label: String
        /// The points, ascending.
        public var points: [Int]
        /// Points whose quantity is subtracted, or whose distribution is compared; nil for none.
        public var reference: [Int]?
        /// The index along the recorded dimension of an array measurement.
        public var coordinate: Int?
        /// The quantity is divided by this before it is judged.
        public var scale: Double
        /// The smallest allowed value; nil for no bound.
        public var lower: Double?
        /// The largest allowed value; nil for no bound.
        public var upper: Double?

        /// Creates a group.
        public init(
            label: String, points: [Int], reference: [Int]? = nil, coordinate: Int? = nil, scale: Double = 1,
            lower: Double? = nil, upper: Double? = nil
        ) {
            self.label = label
            self.points = points
            self.reference = reference
            self.coordinate = coordinate
            self.scale = scale
            self.lower = lower
            self.upper = upper
        }
    }

    /// The name in commands.
    public var name: String
    /// What is claimed, in a sentence.
    public var claim: String
    /// What is measured of each group.
    public var quantity: Quantity
    /// What has to lie in the allowed range.
    public var decision: Decision
    /// The largest half-width of the interval with which the claim counts as decided; nil for any.
    public var resolution: Double?
    /// The half-width of intervals in standard errors; nil for 95 % jointly over all groups.
    public var sigmas: Double?
    /// Whether a quantity is replaced by its relative deviation from the mean of the groups: a claim of constancy.
    public var isRelativeToMean: Bool
    /// What is measured together.
    public var groups: [Group]

    /// Creates a rule.
    public init(
        name: String, claim: String, quantity: Quantity, decision: Decision, resolution: Double? = nil,
        sigmas: Double? = nil, isRelativeToMean: Bool = false, groups: [Group]
    ) {
        self.name = name
        self.claim = claim
        self.quantity = quantity
        self.decision = decision
        self.resolution = resolution
        self.sigmas = sigmas
        self.isRelativeToMean = isRelativeToMean
        self.groups = groups
    }
}

extension Check.Group: Codable {
    private enum CodingKeys: String, CodingKey {
        case label, points, reference, coordinate, scale, lower, upper
    }

    /// Reads a group; points stand as runs `[first, count]`, and a scale of 1 is left out.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            label: try container.decode(String.self, forKey: .label),
            points: try container.decode(IntegerRuns.self, forKey: .points).integers,
            reference: try container.decodeIfPresent(IntegerRuns.self, forKey: .reference)?.integers,
            coordinate: try container.decodeIfPresent(Int.self, forKey: .coordinate),
            scale: try container.decodeIfPresent(Double.self, forKey: .scale) ?? 1,
            lower: try container.decodeIfPresent(Double.self, forKey: .lower),
            upper: try container.decodeIfPresent(Double.self, forKey: .upper))
    }

    /// Writes the group.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(label, forKey: .label)
        try container.encode(IntegerRuns(points), forKey: .points)
        try container.encodeIfPresent(reference.map { IntegerRuns($0) }, forKey: .reference)
        try container.encodeIfPresent(coordinate, forKey: .coordinate)
        if scale != 1 { try container.encode(scale, forKey: .scale) }
        try container.encodeIfPresent(lower, forKey: .lower)
        try container.encodeIfPresent(upper, forKey: .upper)
    }
}
