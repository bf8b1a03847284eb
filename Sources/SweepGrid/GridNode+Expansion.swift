/// Turns the grid of a sweep into points and collects everything that is wrong with it.
struct GridExpander<Parameters: Sendable> {
    let declared: [Parameter<Parameters>]
    let defaults: Parameters
    private(set) var problems: [String] = []
    /// Axes by parameter, for their shared streams.
    private(set) var axes: [Int: AxisNode<Parameters>] = [:]
    private let defaultValues: [Value]

    init(declared: [Parameter<Parameters>], defaults: Parameters) {
        self.declared = declared
        self.defaults = defaults
        defaultValues = declared.map { $0.get(defaults) }
    }

    /// The largest number of points that a grid may have.
    static var largestPointCount: Int { Design.largestPointCount }

    /// The points of a block: its dimensions multiplied, then its filters and derived parameters in their order.
    mutating func expand(block elements: [GridNode<Parameters>]) -> Expansion {
        var expansion = Expansion()
        for element in elements {
            guard let part = factor(element) else { continue }
            let taken = Set(expansion.parameters)
            let doubled = part.parameters.filter { taken.contains($0) }
            for parameter in doubled {
                problems.append("parameter '\(declared[parameter].name)' is set twice in one block")
            }
            guard doubled.isEmpty else { continue }
            let (count, overflow) = (expansion.pointCount ?? 0).multipliedReportingOverflow(by: part.pointCount ?? 0)
            guard !overflow, count <= Self.largestPointCount, part.boxCount != nil else {
                problems.append("the grid has more than \(Self.largestPointCount) points")
                return Expansion(kept: [])
            }
            expansion = expansion.times(part)
        }
        for element in elements { apply(element, to: &expansion) }
        return expansion
    }

    /// The part of a block that an element contributes; nil for filters and derived parameters.
    private mutating func factor(_ element: GridNode<Parameters>) -> Expansion? {
        switch element {
        case .axis(let axis):
            return column(of: axis).map { Expansion(dimensions: [[$0]]) }
        case .zip(let members):
            return zip(members)
        case .fixed(let keyPath, let value):
            guard let parameter = index(of: keyPath) else { return nil }
            check([value], of: parameter)
            return Expansion(fixed: [(parameter, value)])
        case .product(let elements):
            return expand(block: elements)
        case .union(let members):
            let parts = members.map { expand(block: [$0]) }
            var duplicates: [[(parameter: Int, value: Value)]] = []
            let union = Expansion.union(of: parts, defaults: defaultValues) { duplicates.append($0) }
            for point in duplicates.prefix(3) {
                let values = point.map { "\(declared[$0.parameter].name)=\($0.value)" }.joined(separator: ", ")
                problems.append("the point \(values) occurs twice in a union")
            }
            if duplicates.count > 3 { problems.append("\(duplicates.count - 3) more points occur twice in a union") }
            if union == nil { problems.append("the enclosing box of a union has too many cells") }
            return union ?? Expansion(kept: [])
        case .filter, .derived:
            return nil
        }
    }

    private mutating func zip(_ members: [GridNode<Parameters>]) -> Expansion? {
        var columns: [Expansion.Column] = []
        for member in members {
            guard case .axis(let axis) = member else {
                problems.append("a zip holds something that is not an axis")
                continue
            }
            if let column = column(of: axis, isZipped: true) { columns.append(column) }
        }
        guard let first = columns.first else {
            problems.append("a zip without an axis")
            return nil
        }
        for column in columns.dropFirst() where column.values.count != first.values.count {
            let (one, two) = (declared[first.parameter].name, declared[column.parameter].name)
            problems.append(
                "zipped axes differ in length: '\(one)' has \(first.values.count) values, "
                    + "'\(two)' has \(column.values.count)")
            return nil
        }
        var seen: Set<[Value]> = []
        for index in first.values.indices where !seen.insert(columns.map { $0.values[index] }).inserted {
            let names = columns.map { "\(declared[$0.parameter].name)=\($0.values[index])" }
            problems.append("the point \(names.joined(separator: ", ")) occurs twice in a zip")
        }
        return Expansion(dimensions: [columns])
    }

    private mutating func column(of axis: AxisNode<Parameters>, isZipped: Bool = false) -> Expansion.Column? {
        guard let parameter = index(of: axis.keyPath) else { return nil }
        let name = declared[parameter].name
        if axis.values.isEmpty { problems.append("axis '\(name)' has no values") }
        check(axis.values, of: parameter)
        if !isZipped, Swift.zip(axis.values, axis.values.dropFirst()).contains(where: { $0 >= $1 }) {
            var seen: Set<Value> = []
            for value in axis.values where !seen.insert(value).inserted {
                problems.append("axis '\(name)' has the value \(value) twice")
            }
        }
        axes[parameter] = axis
        return Expansion.Column(parameter: parameter, values: axis.values)
    }

    private mutating func apply(_ element: GridNode<Parameters>, to expansion: inout Expansion) {
        switch element {
        case .filter(let isKept):
            var kept: [Bool] = []
            kept.reserveCapacity(expansion.pointCount ?? 0)
            forEachPoint(of: expansion) { _, parameters in kept.append(isKept(parameters)) }
            expansion = expansion.keeping(kept)
        case .derived(let keyPath, let compute):
            guard let parameter = index(of: keyPath) else { return }
            guard !expansion.parameters.contains(parameter) else {
                problems.append("parameter '\(declared[parameter].name)' is set twice in one block")
                return
            }
            var values: [Value] = []
            forEachPoint(of: expansion) { _, parameters in values.append(compute(parameters)) }
            check(values, of: parameter)
            expansion.derived.append(Expansion.Column(parameter: parameter, values: values))
        default:
            break
        }
    }

    /// Calls `body` with the parameters of every point in order.
    func forEachPoint(of expansion: Expansion, _ body: (Int, Parameters) -> Void) {
        var parameters = defaults
        for (parameter, value) in expansion.fixed { _ = declared[parameter].set(&parameters, value) }
        var last = Array(repeating: -1, count: expansion.dimensions.count)
        expansion.forEachPoint { point, indices in
            for (dimension, columns) in expansion.dimensions.enumerated() where last[dimension] != indices[dimension] {
                last[dimension] = indices[dimension]
                for column in columns {
                    _ = declared[column.parameter].set(&parameters, column.values[indices[dimension]])
                }
            }
            for column in expansion.derived { _ = declared[column.parameter].set(&parameters, column.values[point]) }
            body(point, parameters)
        }
    }

    /// The declaration that a key path belongs to; a problem when there is none.
    mutating func index(of keyPath: any PartialKeyPath<Parameters> & Sendable) -> Int? {
        if let index = declared.firstIndex(where: { ($0.keyPath as AnyKeyPath) == (keyPath as AnyKeyPath) }) {
            return index
        }
        problems.append("the parameter at \(keyPath) is not declared by the experiment")
        return nil
    }

    /// Values of one parameter that are not allowed, each objection once with the values that it is about.
    private mutating func check(_ values: [Value], of parameter: Int) {
        var objections: [(text: String, values: [Value])] = []
        var seen: Set<Value> = []
        for value in values {
            guard let text = declared[parameter].objection(to: value), seen.insert(value).inserted else { continue }
            if let index = objections.firstIndex(where: { $0.text == text }) {
                objections[index].values.append(value)
            } else {
                objections.append((text, [value]))
            }
        }
        for (text, values) in objections {
            let few = values.prefix(5).map(\.description).joined(separator: ", ")
            let more = values.count > 5 ? " and \(values.count - 5) more, each of which" : ""
            problems.append("\(declared[parameter].name)=\(few)\(more) \(text)")
        }
    }
}
