extension Design {
    /// How this design differs from another one, a clause each about this one; empty exactly when their hashes agree.
    public func differences(from other: Design) -> [String] {
        if experiment != other.experiment { return ["it is of experiment '\(experiment)', not '\(other.experiment)'"] }
        var clauses: [String] = []
        if version != other.version {
            clauses.append("it is of version \(version) of '\(experiment)', not \(other.version)")
        }
        if seed != other.seed { clauses.append("its seed is \(seed), not \(other.seed)") }
        if replicates != other.replicates { clauses.append("it has \(replicates) replicates, not \(other.replicates)") }
        clauses += differencesOfValues(from: other)
        if clauses.isEmpty, dimensions.map(\.names) != other.dimensions.map(\.names) {
            clauses.append("its axes stand in the order \(axisNames), not \(other.axisNames)")
        }
        if clauses.isEmpty, kept != other.kept {
            clauses.append("its filters or unions keep other points (\(pointCount), not \(other.pointCount))")
        }
        if shared.map(\.identity) != other.shared.map(\.identity) { clauses.append("other axes are paired or nested") }
        if let clause = differenceOfSchema(from: other) { clauses.append(clause) }
        if clauses.isEmpty, digest != other.digest {
            clauses.append("the experiment declares its parameters otherwise")
        }
        return clauses
    }

    /// The parameters that have other values, in declared order.
    private func differencesOfValues(from other: Design) -> [String] {
        let names = parameters.map(\.name)
        return (names + other.parameters.map(\.name).filter { !names.contains($0) }).compactMap { name in
            let (own, others) = (values(of: name), other.values(of: name))
            guard own != others else { return nil }
            return "its '\(name)' is \(own?.text ?? "at its default"), not \(others?.text ?? "at its default")"
        }
    }

    /// The values that a parameter takes; nil when it stays at its default.
    private func values(of name: String) -> ParameterValues? {
        if let fixed = fixed.first(where: { $0.name == name }) { return ParameterValues(values: [fixed.value]) }
        if let axis = coordinate(name) { return ParameterValues(values: axis.values) }
        return derived.first { $0.parameter == name }.map { ParameterValues(values: $0.values, isDerived: true) }
    }

    /// The first difference in what is recorded; nil when there is none.
    func differenceOfSchema(from other: Design) -> String? {
        let (own, others) = (schema.measurements, other.schema.measurements)
        if own.map(\.identity) != others.map(\.identity) {
            return "its measurements are \(own.map(\.name).joined(separator: ", ")), not "
                + "\(others.map(\.name).joined(separator: ", ")), or have other units or dimensions"
        }
        for dimension in schema.dimensions {
            guard let old = other.schema.dimension(dimension.name) else { continue }
            if dimension.coordinates.count != old.coordinates.count {
                return "its dimension '\(dimension.name)' has \(dimension.coordinates.count) coordinates, not "
                    + "\(old.coordinates.count)"
            }
            if dimension.coordinates != old.coordinates {
                return "its dimension '\(dimension.name)' has other coordinates"
            }
        }
        return nil
    }

    private var axisNames: String { dimensions.map(\.name).joined(separator: ", ") }
}

/// Values of one parameter, for comparing and for people.
private struct ParameterValues: Equatable {
    var values: CoordinateValues
    var isDerived = false

    /// `2, 3, 4`, or the first, the last and their number when there are many.
    var text: String {
        if isDerived { return "derived" }
        guard values.count > 6, let first = values.first, let last = values.last else {
            return values.map(\.description).joined(separator: ", ")
        }
        return "\(first) ... \(last) (\(values.count) values)"
    }
}

extension GridDimension {
    fileprivate var names: [String] { coordinates.map(\.parameter) }
}

extension Design.SharedParameter {
    /// What the design's hash covers; why the streams are shared does not matter to it.
    fileprivate var identity: [String] { [name, streams == nil ? "all" : "some"] + (streams ?? []) }
}

extension MeasurementSpec {
    fileprivate var identity: [String] { [name, unit, dimension ?? ""] }
}
