/// A part of a grid as the sweep language builds it; the points come from `GridNode+Expansion`.
indirect enum GridNode<Parameters: Sendable>: Sendable {
    case axis(AxisNode<Parameters>)
    case zip([GridNode])
    case fixed(any PartialKeyPath<Parameters> & Sendable, Value)
    case product([GridNode])
    case union([GridNode])
    case filter(@Sendable (Parameters) -> Bool)
    case derived(any PartialKeyPath<Parameters> & Sendable, @Sendable (Parameters) -> Value)
}

/// One varied parameter in a grid.
struct AxisNode<Parameters: Sendable>: Sendable {
    var keyPath: any PartialKeyPath<Parameters> & Sendable
    var values: [Value]
    var paired: SharedStreams
    var nested: SharedStreams
}

/// The random streams that all values of an axis share: `false` for none, `true` for all, or a list of names.
public struct SharedStreams: ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral, Hashable, Sendable {
    let isShared: Bool
    let names: [String]?

    /// All streams, or none.
    public init(booleanLiteral value: Bool) {
        isShared = value
        names = nil
    }

    /// The streams of these names.
    public init(arrayLiteral elements: String...) {
        isShared = !elements.isEmpty
        names = elements.sorted()
    }
}

/// One varied parameter: `Axis(\.sampleCount, 2...15)`.
///
/// A *paired* axis (a method, an optimiser) compares its values on the same random streams. On a *nested* axis (a sample
/// count) the smaller values use the beginning of what the larger ones use. Both take the parameter out of the streams'
/// keys; the words say why, and `merge` gives paired differences for paired axes.
public struct Axis<Parameters: Sendable>: Sendable {
    let node: GridNode<Parameters>

    /// Varies a parameter over a list of values.
    public init<V: ParameterValue>(
        _ keyPath: any WritableKeyPath<Parameters, V> & Sendable, _ values: [V],
        paired: SharedStreams = false, nested: SharedStreams = false
    ) {
        node = .axis(AxisNode(keyPath: keyPath, values: values.map(\.value), paired: paired, nested: nested))
    }

    /// Varies an integer parameter over a range in steps of one.
    public init(
        _ keyPath: any WritableKeyPath<Parameters, Int> & Sendable, _ values: ClosedRange<Int>,
        paired: SharedStreams = false, nested: SharedStreams = false
    ) {
        self.init(keyPath, Array(values), paired: paired, nested: nested)
    }
}

/// Parameters that vary together: the first values of all axes make one point, the second ones another.
public struct Zip<Parameters: Sendable>: Sendable {
    let node: GridNode<Parameters>

    /// Zips axes of equal length.
    public init(@GridBuilder<Parameters> _ axes: () -> Grid<Parameters>) { node = .zip(axes().elements) }
}

/// A parameter set to one value that is not its default.
public struct Fixed<Parameters: Sendable>: Sendable {
    let node: GridNode<Parameters>

    /// Sets a parameter.
    public init<V: ParameterValue>(_ keyPath: any WritableKeyPath<Parameters, V> & Sendable, _ value: V) {
        node = .fixed(keyPath, value.value)
    }
}

/// All combinations of its elements; the blocks of a sweep and of `for` are products already.
public struct Product<Parameters: Sendable>: Sendable {
    let node: GridNode<Parameters>

    /// Combines the elements of a block.
    public init(@GridBuilder<Parameters> _ elements: () -> Grid<Parameters>) { node = .product(elements().elements) }
}

/// The points of any of its elements; a point that two of them share is refused.
public struct Union<Parameters: Sendable>: Sendable {
    let node: GridNode<Parameters>

    /// Joins the elements of a block, each a grid of its own.
    public init(@GridBuilder<Parameters> _ elements: () -> Grid<Parameters>) { node = .union(elements().elements) }
}

/// A filter on the points of the block it stands in: `Where { $0.sampleCount >= $0.intrinsicDimension }`.
public struct Where<Parameters: Sendable>: Sendable {
    let node: GridNode<Parameters>

    /// Keeps the points for which `isKept` holds; values derived above it are set.
    public init(_ isKept: @escaping @Sendable (Parameters) -> Bool) { node = .filter(isKept) }
}

/// A parameter computed from the others: `Derived(\.learningRate) { 1 / Double($0.dimension).squareRoot() }`.
public struct Derived<Parameters: Sendable>: Sendable {
    let node: GridNode<Parameters>

    /// Computes a parameter at every point of the block it stands in.
    public init<V: ParameterValue>(
        _ keyPath: any WritableKeyPath<Parameters, V> & Sendable, _ value: @escaping @Sendable (Parameters) -> V
    ) {
        node = .derived(keyPath, { value($0).value })
    }
}

/// What a block of the sweep language makes.
public struct Grid<Parameters: Sendable>: Sendable {
    let elements: [GridNode<Parameters>]
}

/// Reads the blocks of the sweep language: statements multiply, `for` joins, `if` includes.
@resultBuilder
public enum GridBuilder<Parameters: Sendable> {
    public static func buildExpression(_ axis: Axis<Parameters>) -> Grid<Parameters> { Grid(elements: [axis.node]) }
    public static func buildExpression(_ zip: Zip<Parameters>) -> Grid<Parameters> { Grid(elements: [zip.node]) }
    public static func buildExpression(_ fixed: Fixed<Parameters>) -> Grid<Parameters> { Grid(elements: [fixed.node]) }
    public static func buildExpression(_ product: Product<Parameters>) -> Grid<Parameters> {
        Grid(elements: [product.node])
    }
    public static func buildExpression(_ union: Union<Parameters>) -> Grid<Parameters> { Grid(elements: [union.node]) }
    public static func buildExpression(_ filter: Where<Parameters>) -> Grid<Parameters> {
        Grid(elements: [filter.node])
    }
    public static func buildExpression(_ derived: Derived<Parameters>) -> Grid<Parameters> {
        Grid(elements: [derived.node])
    }
    public static func buildBlock(_ parts: Grid<Parameters>...) -> Grid<Parameters> {
        Grid(elements: parts.flatMap(\.elements))
    }
    public static func buildOptional(_ part: Grid<Parameters>?) -> Grid<Parameters> { part ?? Grid(elements: []) }
    public static func buildEither(first part: Grid<Parameters>) -> Grid<Parameters> { part }
    public static func buildEither(second part: Grid<Parameters>) -> Grid<Parameters> { part }
    public static func buildArray(_ parts: [Grid<Parameters>]) -> Grid<Parameters> {
        Grid(elements: [.union(parts.map { .product($0.elements) })])
    }
}
