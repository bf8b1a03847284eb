/// The values of a coordinate in order, all of one kind: a collection of `Value` that takes no more memory than the bare
/// numbers.
///
/// An axis of a million tasks would take 24 MB as an array of `Value`; evenly spaced integers take nothing.
public struct CoordinateValues: Hashable, Sendable {
    // Equal values have one form, so that equality can compare the forms.
    private enum Form: Hashable, Sendable {
        /// At least three integers: the first, what each is more than the one before, and how many.
        case progression(first: Int, step: Int, count: Int)
        case integers([Int])
        case reals([Double])
        /// Texts, truth values, or what a damaged file mixes.
        case others([Value])
    }

    private let form: Form

    /// Creates the collection of `values`.
    public init(_ values: [Value]) {
        let kind = values.first?.kind
        let isUniform = values.allSatisfy { $0.kind == kind }
        switch kind {
        case .integer where isUniform: form = Self.form(values.lazy.map { Int($0) ?? 0 })
        case .real where isUniform: form = .reals(Array(values.lazy.map { Double($0) ?? .nan }))
        default: form = .others(values)
        }
    }

    init(_ integers: [Int]) { form = Self.form(integers) }

    init(_ reals: [Double]) { form = reals.isEmpty ? .others([]) : .reals(reals) }

    /// The integers `first`, `first + step`, ...; nil when one is out of range or there are over `limit`.
    init?(first: Int, step: Int, count: Int, limit: Int) {
        // The span of a progression may be larger than an integer, its ends may not.
        guard (0...limit).contains(count),
            let _ = Int(exactly: Int128(first) + Int128(step) * Int128(Swift.max(0, count - 1)))
        else { return nil }
        if count > 2, step != 0 {
            form = .progression(first: first, step: step, count: count)
        } else {
            form = Self.form((0..<count).map { first &+ $0 &* step })
        }
    }

    private static func form(_ integers: some RandomAccessCollection<Int>) -> Form {
        guard integers.count > 2, let first = integers.first, let second = integers.dropFirst().first else {
            return integers.isEmpty ? .others([]) : .integers(Array(integers))
        }
        let (step, overflow) = second.subtractingReportingOverflow(first)
        let isEven = zip(integers, integers.dropFirst()).allSatisfy { $0.addingReportingOverflow(step) == ($1, false) }
        guard isEven, !overflow, step != 0 else { return .integers(Array(integers)) }
        return .progression(first: first, step: step, count: integers.count)
    }

    /// The first integer, the step and how many there are; nil for values that are not evenly spaced integers.
    var progression: (first: Int, step: Int, count: Int)? {
        if case .progression(let first, let step, let count) = form { (first, step, count) } else { nil }
    }
}

extension CoordinateValues: RandomAccessCollection {
    public var startIndex: Int { 0 }

    public var endIndex: Int {
        switch form {
        case .progression(_, _, let count): count
        case .integers(let integers): integers.count
        case .reals(let reals): reals.count
        case .others(let values): values.count
        }
    }

    public subscript(index: Int) -> Value {
        switch form {
        case .progression(let first, let step, let count):
            precondition(index >= 0 && index < count, "no value has this index")
            // What lies between two integers is one, however far they are apart.
            return .integer(first &+ index &* step)
        case .integers(let integers): return .integer(integers[index])
        case .reals(let reals): return .real(reals[index])
        case .others(let values): return values[index]
        }
    }
}

extension CoordinateValues: ExpressibleByArrayLiteral {
    /// Creates the collection of the values in brackets.
    public init(arrayLiteral values: Value...) { self.init(values) }
}

extension CoordinateValues: CustomStringConvertible {
    public var description: String { "\(Array(self))" }
}
