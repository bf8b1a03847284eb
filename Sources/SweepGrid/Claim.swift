/// A claim of a sweep with the rule that decides it: what is measured, of which points, and what is allowed.
///
/// ```swift
/// Claim("pca", "Principal components recover the subspace if and only if N >= d.", rateOf: \.recoveryError, below: 0.5)
///     .at(\.method, .pca).forEach(\.intrinsicDimension, \.sampleCount)
///     .equals { $0.sampleCount >= $0.intrinsicDimension ? 1 : 0 }
/// ```
/// Points that agree in the axes of `forEach` are measured together, by default all of them.
public struct Claim<Parameters: Sendable, Measurements: Sendable>: Sendable {
    /// What a claim measures, before its names are looked up.
    enum Quantity: Sendable {
        case rate, mean, difference, crossing, threshold, exponent, fall, sameDistribution
    }

    typealias ParameterPath = any PartialKeyPath<Parameters> & Sendable
    typealias MeasurementPath = any PartialKeyPath<Measurements> & Sendable

    let name: String
    let claim: String
    let quantity: Quantity
    let measurement: MeasurementPath
    var other: MeasurementPath?
    var success: (side: SuccessRule.Side, threshold: Double)?
    var level = Double.nan
    var along: ParameterPath?
    var against: ParameterPath?
    var rows = 3
    /// What each row of an exponent must have: cells within its transition, and trials in every cell.
    var resolved: (cells: Int, trials: Int)?
    var fit = Check.Fit.logistic
    var axes: [ParameterPath] = []
    var selections: [(axis: ParameterPath, value: Value)] = []
    var filters: [@Sendable (Parameters) -> Bool] = []
    var compared: (axis: ParameterPath, value: Value, reference: Value)?
    var scale: @Sendable (Parameters) -> Double = { _ in 1 }
    /// From the parameters, the recorded coordinate and the number of trials of a group.
    var allowed: @Sendable (Parameters, Double, Int) -> (lower: Double, upper: Double)? = { _, _, _ in nil }
    var decision = Check.Decision.value
    var resolution: Double?
    var sigmas: Double?
    var isRelativeToMean = false

    private init(_ name: String, _ claim: String, _ quantity: Quantity, _ measurement: MeasurementPath) {
        self.name = name
        self.claim = claim
        self.quantity = quantity
        self.measurement = measurement
    }

    // MARK: What is measured

    /// Measures the rate of trials whose measurement lies below a threshold.
    public init(
        _ name: String, _ claim: String, rateOf measurement: any KeyPath<Measurements, Double> & Sendable,
        below threshold: Double
    ) {
        self.init(name, claim, .rate, measurement)
        success = (.below, threshold)
    }

    /// Measures the rate of trials whose measurement lies above a threshold.
    public init(
        _ name: String, _ claim: String, rateOf measurement: any KeyPath<Measurements, Double> & Sendable,
        above threshold: Double
    ) {
        self.init(name, claim, .rate, measurement)
        success = (.above, threshold)
    }

    /// Measures where along an axis a measurement below a threshold becomes more likely than not.
    public init(
        _ name: String, _ claim: String, thresholdOf measurement: any KeyPath<Measurements, Double> & Sendable,
        below threshold: Double, along axis: any PartialKeyPath<Parameters> & Sendable
    ) {
        self.init(name, claim, .threshold, measurement)
        success = (.below, threshold)
        along = axis
    }

    /// Measures where along an axis a measurement above a threshold becomes more likely than not.
    public init(
        _ name: String, _ claim: String, thresholdOf measurement: any KeyPath<Measurements, Double> & Sendable,
        above threshold: Double, along axis: any PartialKeyPath<Parameters> & Sendable
    ) {
        self.init(name, claim, .threshold, measurement)
        success = (.above, threshold)
        along = axis
    }

    /// Measures the exponent of the power law that such thresholds follow against another axis.
    public init(
        _ name: String, _ claim: String, exponentOf measurement: any KeyPath<Measurements, Double> & Sendable,
        above threshold: Double, along axis: any PartialKeyPath<Parameters> & Sendable,
        against other: any PartialKeyPath<Parameters> & Sendable, atLeast rows: Int = 3
    ) {
        self.init(name, claim, .exponent, measurement)
        success = (.above, threshold)
        along = axis
        against = other
        self.rows = rows
    }

    /// Measures by how much the rate of a measurement above a threshold falls along an axis, at most: whether it is monotone.
    public init(
        _ name: String, _ claim: String, fallOf measurement: any KeyPath<Measurements, Double> & Sendable,
        above threshold: Double, along axis: any PartialKeyPath<Parameters> & Sendable
    ) {
        self.init(name, claim, .fall, measurement)
        success = (.above, threshold)
        along = axis
    }

    /// Measures by how much the rate of a measurement below a threshold falls along an axis, at most: whether it is monotone.
    public init(
        _ name: String, _ claim: String, fallOf measurement: any KeyPath<Measurements, Double> & Sendable,
        below threshold: Double, along axis: any PartialKeyPath<Parameters> & Sendable
    ) {
        self.init(name, claim, .fall, measurement)
        success = (.below, threshold)
        along = axis
    }

    /// Measures the mean of a scalar.
    public init(_ name: String, _ claim: String, meanOf measurement: any KeyPath<Measurements, Double> & Sendable) {
        self.init(name, claim, .mean, measurement)
    }

    /// Measures the mean of an array at every coordinate of its recorded dimension.
    public init(_ name: String, _ claim: String, meanOf measurement: any KeyPath<Measurements, [Double]> & Sendable) {
        self.init(name, claim, .mean, measurement)
    }

    /// Measures the mean difference of two arrays of one replicate at every coordinate of their recorded dimension.
    public init(
        _ name: String, _ claim: String, differenceOf measurement: any KeyPath<Measurements, [Double]> & Sendable,
        and other: any KeyPath<Measurements, [Double]> & Sendable
    ) {
        self.init(name, claim, .difference, measurement)
        self.other = other
    }

    /// Measures where the mean of an array passes a level along its recorded dimension.
    public init(
        _ name: String, _ claim: String, crossingOf measurement: any KeyPath<Measurements, [Double]> & Sendable,
        level: Double
    ) {
        self.init(name, claim, .crossing, measurement)
        self.level = level
    }

    /// Measures where the mean of a scalar passes a level along an axis.
    public init(
        _ name: String, _ claim: String, crossingOf measurement: any KeyPath<Measurements, Double> & Sendable,
        level: Double, along axis: any PartialKeyPath<Parameters> & Sendable
    ) {
        self.init(name, claim, .crossing, measurement)
        self.level = level
        along = axis
    }

    /// Measures the probability by which two samples of one distribution differ as much: Kolmogorov and Smirnov's test.
    ///
    /// Goes with `comparing`, which says what the two samples are.
    public init(
        _ name: String, _ claim: String, distributionOf measurement: any KeyPath<Measurements, Double> & Sendable
    ) {
        self.init(name, claim, .sameDistribution, measurement)
    }
}

// MARK: Of which points

extension Claim {
    private func changing(_ change: (inout Self) -> Void) -> Self {
        var copy = self
        change(&copy)
        return copy
    }

    /// Measures the points of each combination of values of these axes on their own.
    public func forEach(_ axes: any PartialKeyPath<Parameters> & Sendable...) -> Self {
        changing { $0.axes += axes }
    }

    /// Takes only points with this value of an axis.
    public func at<V: ParameterValue>(_ axis: any KeyPath<Parameters, V> & Sendable, _ value: V) -> Self {
        changing { $0.selections.append((axis, value.value)) }
    }

    /// Takes only points that fulfil a condition.
    public func `where`(_ isTaken: @escaping @Sendable (Parameters) -> Bool) -> Self {
        changing { $0.filters.append(isTaken) }
    }

    /// Compares the points with one value of an axis with those of another: their difference, for thresholds the ratio.
    public func comparing<V: ParameterValue>(
        _ axis: any KeyPath<Parameters, V> & Sendable, _ value: V, with reference: V
    ) -> Self {
        changing { $0.compared = (axis, value.value, reference.value) }
    }

    /// Finds thresholds by isotonic interpolation of the rates in place of a logistic fit.
    public func isotonic() -> Self { changing { $0.fit = .isotonic } }

    /// Leaves an exponent undecided unless every row has this many cells with a rate between 0.05 and 0.95, and trials in each.
    public func needing(cells: Int, trials: Int) -> Self { changing { $0.resolved = (cells, trials) } }

    /// Divides the quantity by a scale, as a threshold by the law that it should follow.
    public func divided(by scale: @escaping @Sendable (Parameters) -> Double) -> Self { changing { $0.scale = scale } }
}

// MARK: What is allowed

extension Claim {
    /// The measured value must be this one.
    public func equals(_ value: @escaping @Sendable (Parameters) -> Double) -> Self {
        changing {
            $0.allowed = { parameters, _, _ in (value(parameters), value(parameters)) }
            $0.decision = .value
        }
    }

    /// The quantity must be at least this, judged by its whole interval or as said.
    public func atLeast(_ value: Double, by decision: Check.Decision = .interval) -> Self {
        changing {
            $0.allowed = { _, _, _ in (value, .infinity) }
            $0.decision = decision
        }
    }

    /// The quantity must be at most this, judged by its whole interval or as said.
    public func atMost(_ value: Double, by decision: Check.Decision = .interval) -> Self {
        changing {
            $0.allowed = { _, _, _ in (-.infinity, value) }
            $0.decision = decision
        }
    }

    /// The quantity must be at most what the parameters say.
    public func atMost(
        by decision: Check.Decision = .interval, _ value: @escaping @Sendable (Parameters) -> Double
    ) -> Self {
        changing {
            $0.allowed = { parameters, _, _ in (-.infinity, value(parameters)) }
            $0.decision = decision
        }
    }

    /// The quantity must be at least what the parameters say.
    public func atLeast(
        by decision: Check.Decision = .interval, _ value: @escaping @Sendable (Parameters) -> Double
    ) -> Self {
        changing {
            $0.allowed = { parameters, _, _ in (value(parameters), .infinity) }
            $0.decision = decision
        }
    }

    /// The quantity must lie in a range, judged by its whole interval or as said.
    public func within(_ range: ClosedRange<Double>, by decision: Check.Decision = .interval) -> Self {
        changing {
            $0.allowed = { _, _, _ in (range.lowerBound, range.upperBound) }
            $0.decision = decision
        }
    }

    /// The quantity must lie in a range that the parameters say; where that is nil, nothing is claimed.
    public func within(
        by decision: Check.Decision = .interval, _ range: @escaping @Sendable (Parameters) -> ClosedRange<Double>?
    ) -> Self {
        changing {
            $0.allowed = { parameters, _, _ in range(parameters).map { ($0.lowerBound, $0.upperBound) } }
            $0.decision = decision
        }
    }

    /// The quantity must lie in a range that the parameters and the recorded coordinate say; where that is nil, nothing is claimed.
    public func within(
        by decision: Check.Decision = .interval,
        _ range: @escaping @Sendable (Parameters, Double) -> ClosedRange<Double>?
    ) -> Self {
        changing {
            $0.allowed = { parameters, coordinate, _ in
                range(parameters, coordinate).map { ($0.lowerBound, $0.upperBound) }
            }
            $0.decision = decision
        }
    }

    /// The quantity must be near a theory of the parameters; where that is not a number, nothing is claimed.
    ///
    /// By default the interval has to reach into the tolerance, and `resolved` must say how wide it may be.
    public func near(
        _ tolerance: Double, by decision: Check.Decision = .compatible,
        _ theory: @escaping @Sendable (Parameters) -> Double
    ) -> Self {
        near(by: decision, { _, _, _ in tolerance }, { parameters, _ in theory(parameters) })
    }

    /// The quantity must be near a theory of the parameters and the recorded coordinate.
    public func near(
        _ tolerance: Double, by decision: Check.Decision = .compatible,
        _ theory: @escaping @Sendable (Parameters, Double) -> Double
    ) -> Self {
        near(by: decision, { _, _, _ in tolerance }, theory)
    }

    /// The quantity must be near a theory, by a tolerance of the parameters, the theory's value and the number of trials.
    public func near(
        by decision: Check.Decision = .value, _ tolerance: @escaping @Sendable (Parameters, Double, Int) -> Double,
        _ theory: @escaping @Sendable (Parameters, Double) -> Double
    ) -> Self {
        changing {
            $0.allowed = { parameters, coordinate, trials in
                let value = theory(parameters, coordinate)
                let tolerance = tolerance(parameters, value, trials)
                return value.isNaN || tolerance.isNaN ? nil : (value - tolerance, value + tolerance)
            }
            $0.decision = decision
        }
    }

    /// The groups must agree: each may deviate from their mean by this part of it.
    public func constant(within part: Double, by decision: Check.Decision = .value) -> Self {
        changing {
            $0.allowed = { _, _, _ in (-part, part) }
            $0.isRelativeToMean = true
            $0.decision = decision
        }
    }

    /// Makes intervals this many standard errors wide to either side, instead of 95 % jointly over all groups.
    public func sigmas(_ count: Double) -> Self { changing { $0.sigmas = count } }

    /// Leaves the claim undecided while the half-width of an interval is larger than this.
    public func resolved(to halfWidth: Double) -> Self { changing { $0.resolution = halfWidth } }
}

/// Reads the `checks:` block of a sweep.
@resultBuilder
public enum ClaimBuilder<Parameters: Sendable, Measurements: Sendable> {
    public static func buildExpression(
        _ claim: Claim<Parameters, Measurements>
    ) -> [Claim<Parameters, Measurements>] { [claim] }

    public static func buildBlock(
        _ parts: [Claim<Parameters, Measurements>]...
    ) -> [Claim<Parameters, Measurements>] { parts.flatMap { $0 } }
}
