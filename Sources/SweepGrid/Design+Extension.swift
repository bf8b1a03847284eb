extension Design {
    /// Why results of an older design cannot stand in this one, a clause each; empty when they can.
    ///
    /// They can when every task keeps its meaning, its streams and the layout of its result. Points and replicates that are
    /// missing here are another matter, see `PointTranslation`. A recorded dimension may have become longer.
    public func obstacles(toExtending old: Design) -> [String] {
        var clauses: [String] = []
        if experiment != old.experiment {
            return ["the run is of experiment '\(old.experiment)', the sweep now of '\(experiment)'"]
        }
        if version != old.version {
            clauses.append(
                "the run is of version \(old.version) of experiment '\(experiment)', the sweep now of \(version)")
        }
        if seed != old.seed { clauses.append("the run has the seed \(old.seed), the sweep now \(seed)") }
        for parameter in old.parameters {
            // A parameter at its default is part of no identity, so another default would silently mean other tasks.
            guard let new = parameters.first(where: { $0.name == parameter.name }),
                new.defaultValue != parameter.defaultValue
            else { continue }
            clauses.append(
                "the default of '\(new.name)' was \(parameter.defaultValue) and is now \(new.defaultValue), which needs another version of the experiment"
            )
        }
        for name in namesSharedOtherwise(than: old) where !old.isAtDefault(name) {
            clauses.append(
                "'\(name)' is paired or nested otherwise than in the run, so that its tasks have other streams")
        }
        if !schema.holds(old.schema) {
            let change = differenceOfSchema(from: old) ?? "its measurements are recorded otherwise"
            clauses.append("what the sweep records has changed: \(change)")
        }
        return clauses
    }

    private func namesSharedOtherwise(than old: Design) -> [String] {
        func sharing(_ design: Design, _ name: String) -> [Set<String>?] {
            // One that is shared on all streams is not distinguished by further entries.
            let entries = design.shared.filter { $0.name == name }.map { $0.streams.map(Set.init) }
            if entries.contains(nil) { return [nil] }
            return entries.isEmpty ? [] : [entries.compactMap(\.self).reduce(into: []) { $0.formUnion($1) }]
        }
        var names: [String] = []
        for name in (old.shared + shared).map(\.name) where !names.contains(name) {
            if sharing(old, name) != sharing(self, name) { names.append(name) }
        }
        return names
    }

    /// Whether a parameter has its default at every point; such a one is part of no identity and no stream.
    private func isAtDefault(_ name: String) -> Bool {
        guard let standard = parameters.first(where: { $0.name == name })?.defaultValue else { return true }
        if let fixed = fixed.first(where: { $0.name == name }) { return fixed.value == standard }
        let varied = coordinate(name) ?? derived.first { $0.parameter == name }
        return varied?.values.allSatisfy { $0 == standard } ?? true
    }
}

extension Schema {
    /// Whether every result of an older schema can be laid out by this one, padded where a dimension has become longer.
    public func holds(_ old: Schema) -> Bool {
        let same = zip(measurements, old.measurements).allSatisfy {
            ($0.name, $0.unit, $0.dimension ?? "") == ($1.name, $1.unit, $1.dimension ?? "")
        }
        guard same, measurements.count == old.measurements.count, dimensions.count == old.dimensions.count else {
            return false
        }
        return old.dimensions.allSatisfy { dimension in
            guard let new = self.dimension(dimension.name), new.unit == dimension.unit else { return false }
            return new.coordinates.starts(with: dimension.coordinates) { $0.bitPattern == $1.bitPattern }
        }
    }

    /// A result of an older schema that this one `holds`, laid out by this one.
    public func padded(_ result: TaskResult, from old: Schema) -> TaskResult {
        guard width != old.width else { return result }
        var values = Array(repeating: Double.nan, count: width)
        for measurement in measurements {
            guard let from = old.columns(of: measurement.name), let to = columns(of: measurement.name) else { continue }
            values.replaceSubrange(to.prefix(from.count), with: result.values[from])
        }
        return TaskResult(status: result.status, values: values, lengths: result.lengths)
    }
}

/// Where the points of an older design stand in a newer one of the same sweep, by the identities of their tasks.
public struct PointTranslation: Sendable {
    /// The new number of every old point; nil for those that the new design does not have.
    public let points: [Int?]
    private let replicates: (old: Int, new: Int)

    /// Finds every old point in the new design.
    ///
    /// - Complexity: linear in the points of both, with about 40 bytes a new point meanwhile.
    public init(from old: Design, to new: Design) {
        var identities = TaskIdentities(new)
        var places: [TaskID: Int] = Dictionary(minimumCapacity: new.pointCount)
        for point in 0..<new.pointCount { places[identities[point * new.replicates]] = point }
        identities = TaskIdentities(old)
        points = (0..<old.pointCount).map { places[identities[$0 * old.replicates]] }
        replicates = (old.replicates, new.replicates)
    }

    /// The old points that the new design does not have, ascending.
    public var vanished: [Int] { points.indices.filter { points[$0] == nil } }

    /// The new number of an old task; nil when there is none.
    public subscript(task: Int) -> Int? {
        let (point, replicate) = task.quotientAndRemainder(dividingBy: replicates.old)
        guard points.indices.contains(point), replicate < replicates.new, let new = points[point] else { return nil }
        return new * replicates.new + replicate
    }
}
