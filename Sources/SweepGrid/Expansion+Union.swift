extension Expansion {
    /// The points of all parts in their enclosing box, every varied parameter a dimension of its own.
    ///
    /// A parameter that a part does not set has its default there. Values ascend along a dimension, texts stand in order
    /// of appearance. A parameter derived in every part stays derived, one fixed to the same value in all stays fixed.
    ///
    /// - Parameters:
    ///   - parts: the parts to join; empty ones are passed over.
    ///   - defaults: the default of every declared parameter.
    ///   - duplicate: called with the parameters of a point that occurs twice.
    /// - Returns: nil when the enclosing box has more cells than an `Int` holds.
    static func union(
        of parts: [Expansion], defaults: [Value], duplicate: ([(parameter: Int, value: Value)]) -> Void
    ) -> Expansion? {
        let parts = parts.filter { $0.pointCount != 0 }
        guard let first = parts.first else { return Expansion(kept: []) }
        if parts.count == 1 { return first }
        let everywhereDerived = first.derived.map(\.parameter).filter { parameter in
            parts.allSatisfy { $0.derived.contains { $0.parameter == parameter } }
        }
        let everywhereFixed = first.fixed.filter { fixed in
            parts.allSatisfy { $0.fixed.contains { $0 == fixed } }
        }
        var varied: [Int] = []
        for parameter in parts.flatMap(\.parameters)
        where !varied.contains(parameter) && !everywhereDerived.contains(parameter)
            && !everywhereFixed.contains(where: { $0.parameter == parameter })
        {
            varied.append(parameter)
        }

        let axes = varied.map { parameter in axis(of: parameter, in: parts, defaults: defaults) }
        var union = Expansion(dimensions: axes.map { [$0] }, fixed: everywhereFixed)
        guard let boxCount = union.boxCount else { return nil }
        let lookup = axes.map { axis in
            Dictionary(axis.values.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
        }

        var points: [(position: Int, part: Int, point: Int)] = []
        for (number, part) in parts.enumerated() {
            let sources = varied.map { part.source(of: $0, default: defaults[$0]) }
            part.forEachPoint { point, indices in
                var position = 0
                for (axis, source) in sources.enumerated() {
                    let value = source.value(point: point, indices: indices)
                    position = position * axes[axis].values.count + (lookup[axis][value] ?? 0)
                }
                points.append((position, number, point))
            }
        }
        points.sort { ($0.position, $0.part, $0.point) < ($1.position, $1.part, $1.point) }
        for index in points.indices.dropFirst() where points[index].position == points[index - 1].position {
            var rest = points[index].position
            var values: [(parameter: Int, value: Value)] = []
            for axis in axes.reversed() {
                values.insert((axis.parameter, axis.values[rest % axis.values.count]), at: 0)
                rest /= axis.values.count
            }
            duplicate(values)
        }
        union.kept = points.count == boxCount ? nil : points.map(\.position)
        union.derived = everywhereDerived.map { parameter in
            let columns = parts.map { part in part.derived.first { $0.parameter == parameter }?.values ?? [] }
            return Column(parameter: parameter, values: points.map { columns[$0.part][$0.point] })
        }
        return union
    }

    /// The distinct values of a parameter over all parts.
    private static func axis(of parameter: Int, in parts: [Expansion], defaults: [Value]) -> Column {
        var seen: Set<Value> = []
        var values: [Value] = []
        for part in parts {
            for value in part.source(of: parameter, default: defaults[parameter]).allValues
            where seen.insert(value).inserted {
                values.append(value)
            }
        }
        if defaults[parameter].kind != .text { values.sort() }
        return Column(parameter: parameter, values: values)
    }

    /// Where the value of a parameter at a point comes from.
    private enum Source {
        case dimension(Int, [Value])
        case perPoint([Value])
        case constant(Value)

        var allValues: [Value] {
            switch self {
            case .dimension(_, let values), .perPoint(let values): values
            case .constant(let value): [value]
            }
        }

        func value(point: Int, indices: [Int]) -> Value {
            switch self {
            case .dimension(let dimension, let values): values[indices[dimension]]
            case .perPoint(let values): values[point]
            case .constant(let value): value
            }
        }
    }

    private func source(of parameter: Int, default defaultValue: Value) -> Source {
        for (index, dimension) in dimensions.enumerated() {
            for column in dimension where column.parameter == parameter { return .dimension(index, column.values) }
        }
        if let column = derived.first(where: { $0.parameter == parameter }) { return .perPoint(column.values) }
        return .constant(fixed.first { $0.parameter == parameter }?.value ?? defaultValue)
    }
}
