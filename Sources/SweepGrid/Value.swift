/// One value of a parameter, without its Swift type: what sweeps are frozen as.
///
/// Real values are compared and hashed by their IEEE bits after `-0` became `0`; NaN is refused when a sweep is
/// validated. Enumerations travel as their text.
public enum Value: Hashable, Sendable {
    case integer(Int)
    case real(Double)
    case text(String)
    case boolean(Bool)

    /// The kinds of value that a parameter can have.
    public enum Kind: String, Codable, Hashable, Sendable {
        case integer, real, text, boolean
    }

    /// The kind of this value.
    public var kind: Kind {
        switch self {
        case .integer: .integer
        case .real: .real
        case .text: .text
        case .boolean: .boolean
        }
    }

    /// The value as a number, for plots: integers and reals as they are, booleans 0 or 1, text nil.
    public var number: Double? {
        switch self {
        case .integer(let integer): Double(integer)
        case .real(let real): real
        case .boolean(let boolean): boolean ? 1 : 0
        case .text: nil
        }
    }
}

extension Value: Comparable {
    /// Numbers by size, text by its Unicode scalars, and kinds in the order integer, real, text, boolean.
    public static func < (left: Value, right: Value) -> Bool {
        switch (left, right) {
        case (.integer(let left), .integer(let right)): left < right
        case (.real(let left), .real(let right)): left < right
        case (.text(let left), .text(let right)): left < right
        case (.boolean(let left), .boolean(let right)): !left && right
        default: left.rank < right.rank
        }
    }

    private var rank: Int {
        switch self {
        case .integer: 0
        case .real: 1
        case .text: 2
        case .boolean: 3
        }
    }
}

extension Value: CustomStringConvertible {
    /// The value as a user would type it after `--set`.
    public var description: String {
        switch self {
        case .integer(let integer): "\(integer)"
        case .real(let real): "\(real)"
        case .text(let text): text
        case .boolean(let boolean): "\(boolean)"
        }
    }
}

/// A type that a parameter of an experiment can have: `Int`, `Double`, `Bool`, `String` or a text enumeration.
public protocol ParameterValue: Hashable, Sendable {
    /// The kind of frozen value that this type becomes.
    static var kind: Value.Kind { get }
    /// The only values that exist, for enumerations; nil when there is no such list.
    static var allValues: [Value]? { get }
    /// This value in its frozen form.
    var value: Value { get }
    /// Creates the value from its frozen form; nil when the kind or the name does not fit.
    init?(_ value: Value)
}

extension ParameterValue {
    /// Nil: any value of the kind exists.
    public static var allValues: [Value]? { nil }
}

extension Int: ParameterValue {
    public static var kind: Value.Kind { .integer }
    public var value: Value { .integer(self) }
    /// The value; nil when it is of another kind.
    public init?(_ value: Value) {
        guard case .integer(let integer) = value else { return nil }
        self = integer
    }
}

extension Double: ParameterValue {
    public static var kind: Value.Kind { .real }
    /// The value with `-0` made `0`, so that both are one point.
    public var value: Value { .real(self == 0 ? 0 : self) }
    /// The value; nil when it is of another kind.
    public init?(_ value: Value) {
        guard case .real(let real) = value else { return nil }
        self = real
    }
}

extension Bool: ParameterValue {
    public static var kind: Value.Kind { .boolean }
    public var value: Value { .boolean(self) }
    /// The value; nil when it is of another kind.
    public init?(_ value: Value) {
        guard case .boolean(let boolean) = value else { return nil }
        self = boolean
    }
}

extension String: ParameterValue {
    public static var kind: Value.Kind { .text }
    public var value: Value { .text(self) }
    /// The value; nil when it is of another kind.
    public init?(_ value: Value) {
        guard case .text(let text) = value else { return nil }
        self = text
    }
}

extension ParameterValue where Self: RawRepresentable, RawValue == String, Self: CaseIterable {
    public static var kind: Value.Kind { .text }
    public static var allValues: [Value]? { allCases.map { .text($0.rawValue) } }
    public var value: Value { .text(rawValue) }
    /// The value; nil when it is of another kind.
    public init?(_ value: Value) {
        guard case .text(let text) = value else { return nil }
        self.init(rawValue: text)
    }
}
