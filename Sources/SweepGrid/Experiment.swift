/// Code that turns parameters and random streams into measurements: a pure function, declared with its words and units.
///
/// Conform a caseless enum. The same parameters and streams must give the same bits; an experiment reads no clock, file
/// or other source of chance. Raise `version` whenever a result changes: the version is part of every task's identity.
public protocol Experiment: Sendable {
    /// What the experiment is told: a struct whose initial property values are the defaults.
    associatedtype Parameters: Sendable
    /// What it measures: a struct of `Double` and `[Double]`.
    associatedtype Measurements: Sendable

    /// The name in identities, files and commands: lower-case words joined by hyphens.
    static var name: String { get }
    /// Raised whenever a result changes.
    static var version: Int { get }
    /// The default of every parameter.
    static var defaults: Parameters { get }
    /// The declaration of every parameter.
    static var parameters: [Parameter<Parameters>] { get }
    /// The declaration of every measurement.
    static var measurements: [Measurement<Parameters, Measurements>] { get }
    /// The expected cost of a task, in about microseconds of one core; only ratios matter to the order of work.
    static func work(_ parameters: Parameters) -> Double
    /// What is impossible about a combination of parameters, one sentence each; checked before a sweep starts.
    static func problems(with parameters: Parameters) -> [String]
    /// Computes one task; throws `Diverged` for a diverged training and any other error for a failed attempt.
    static func run(_ parameters: Parameters, in context: Context) throws -> Measurements
}

extension Experiment {
    /// No combination is impossible.
    public static func problems(with parameters: Parameters) -> [String] { [] }
}

/// The declaration of one parameter: where it is stored, its name, unit, meaning and allowed range.
public struct Parameter<Parameters: Sendable>: Sendable {
    /// The name in code, identities, commands and files.
    public let name: String
    /// The unit; empty when dimensionless.
    public let unit: String
    /// What the parameter is, in words.
    public let longName: String
    let kind: Value.Kind
    let allValues: [Value]?
    let lowest: Value?
    let highest: Value?
    let keyPath: any PartialKeyPath<Parameters> & Sendable
    let get: @Sendable (Parameters) -> Value
    let set: @Sendable (inout Parameters, Value) -> Bool

    /// Declares a parameter that takes any value of its type.
    public init<V: ParameterValue>(
        _ keyPath: any WritableKeyPath<Parameters, V> & Sendable, _ name: String, _ longName: String, unit: String = ""
    ) {
        self.init(keyPath, name, longName, unit: unit, lowest: nil, highest: nil)
    }

    /// Declares a parameter with its allowed range.
    public init<V: ParameterValue & Comparable>(
        _ keyPath: any WritableKeyPath<Parameters, V> & Sendable, _ name: String, _ longName: String,
        unit: String = "", in range: ClosedRange<V>
    ) {
        self.init(keyPath, name, longName, unit: unit, lowest: range.lowerBound.value, highest: range.upperBound.value)
    }

    /// Declares a parameter with its smallest allowed value.
    public init<V: ParameterValue & Comparable>(
        _ keyPath: any WritableKeyPath<Parameters, V> & Sendable, _ name: String, _ longName: String,
        unit: String = "", in range: PartialRangeFrom<V>
    ) {
        self.init(keyPath, name, longName, unit: unit, lowest: range.lowerBound.value, highest: nil)
    }

    private init<V: ParameterValue>(
        _ keyPath: any WritableKeyPath<Parameters, V> & Sendable, _ name: String, _ longName: String, unit: String,
        lowest: Value?, highest: Value?
    ) {
        self.name = name
        self.unit = unit
        self.longName = longName
        self.kind = V.kind
        self.allValues = V.allValues
        self.lowest = lowest
        self.highest = highest
        self.keyPath = keyPath
        self.get = { $0[keyPath: keyPath].value }
        self.set = { parameters, value in
            guard let typed = V(value) else { return false }
            parameters[keyPath: keyPath] = typed
            return true
        }
    }

    /// Why a value is not allowed, as the end of a sentence about it; nil when it is.
    func objection(to value: Value) -> String? {
        guard value.kind == kind else { return "is not a value of kind \(kind.rawValue)" }
        if case .real(let real) = value, real.isNaN { return "is not a number" }
        if let allValues, !allValues.contains(value) {
            return "is none of \(allValues.map(\.description).joined(separator: ", "))"
        }
        if let lowest, value < lowest { return "is below the smallest allowed value \(lowest)" }
        if let highest, value > highest { return "is above the largest allowed value \(highest)" }
        return nil
    }
}

/// The declaration of one measurement: where the result stores it, its name, unit and meaning.
public struct Measurement<Parameters: Sendable, Measurements: Sendable>: Sendable {
    /// The name in code, commands and files.
    public let name: String
    /// The unit; empty when dimensionless.
    public let unit: String
    /// What is measured, in words.
    public let longName: String
    let dimension: RecordedDimension<Parameters>?
    let keyPath: any PartialKeyPath<Measurements> & Sendable
    let read: @Sendable (Measurements) -> [Double]

    /// Declares a scalar measurement.
    public init(
        _ keyPath: any KeyPath<Measurements, Double> & Sendable, _ name: String, _ longName: String, unit: String = ""
    ) {
        self.name = name
        self.unit = unit
        self.longName = longName
        self.dimension = nil
        self.keyPath = keyPath
        self.read = { [$0[keyPath: keyPath]] }
    }

    /// Declares an array measurement along a recorded dimension.
    public init(
        _ keyPath: any KeyPath<Measurements, [Double]> & Sendable, _ name: String, _ longName: String,
        unit: String = "", along dimension: RecordedDimension<Parameters>
    ) {
        self.name = name
        self.unit = unit
        self.longName = longName
        self.dimension = dimension
        self.keyPath = keyPath
        self.read = { $0[keyPath: keyPath] }
    }

    var spec: MeasurementSpec {
        MeasurementSpec(name: name, unit: unit, longName: longName, dimension: dimension?.name)
    }
}

/// A dimension that tasks record along (training step, noise level, time).
///
/// Its coordinates are fixed when a run is frozen: the longest over all points, of which the others must be a beginning.
public struct RecordedDimension<Parameters: Sendable>: Sendable {
    /// The name in code, commands and files.
    public let name: String
    /// The unit of the coordinates; empty when dimensionless.
    public let unit: String
    /// What the dimension is, in words.
    public let longName: String
    let coordinates: @Sendable (Parameters) -> [Double]

    /// Declares a recorded dimension with its coordinates for given parameters.
    public init(
        _ name: String, _ longName: String, unit: String = "",
        coordinates: @escaping @Sendable (Parameters) -> [Double]
    ) {
        self.name = name
        self.unit = unit
        self.longName = longName
        self.coordinates = coordinates
    }
}
