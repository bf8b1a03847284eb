/// Freezes declared claims for a design and collects what is wrong with them.
struct ClaimFreezer<Parameters: Sendable, Measurements: Sendable> {
    private let declared: [Parameter<Parameters>]
    private let measurements: [Measurement<Parameters, Measurements>]
    private let design: Design
    /// The parameters of every point, typed, and as values in declared order.
    private let points: [(typed: Parameters, values: [Value])]
    private(set) var problems: [String] = []

    init(
        declared: [Parameter<Parameters>], measurements: [Measurement<Parameters, Measurements>], defaults: Parameters,
        design: Design
    ) {
        self.declared = declared
        self.measurements = measurements
        self.design = design
        points = (0..<design.pointCount).map { point in
            let values = design.values(ofPoint: point)
            var typed = defaults
            for (parameter, value) in zip(declared, values) { _ = parameter.set(&typed, value) }
            return (typed, values)
        }
    }

    /// Freezes claims in their order.
    mutating func freeze(_ claims: [Claim<Parameters, Measurements>]) -> [Check] {
        var frozen: [Check] = []
        for claim in claims {
            if frozen.contains(where: { $0.name == claim.name }) {
                problems.append("two claims are named '\(claim.name)': give one another name")
            }
            if let check = freeze(claim) { frozen.append(check) }
        }
        return frozen
    }

    private mutating func freeze(_ claim: Claim<Parameters, Measurements>) -> Check? {
        guard let measurement = name(of: claim.measurement, in: claim) else { return nil }
        guard let quantity = quantity(of: claim, measurement: measurement.name) else { return nil }
        let keys = claim.axes.compactMap { index(of: $0, in: claim) }
        let selections = claim.selections.compactMap { selection in
            index(of: selection.axis, in: claim).map { (index: $0, value: selection.value) }
        }
        let compared = claim.compared.flatMap { index(of: $0.axis, in: claim) }
        guard keys.count == claim.axes.count, selections.count == claim.selections.count,
            (compared == nil) == (claim.compared == nil)
        else { return nil }
        if claim.quantity == .sameDistribution && compared == nil {
            problems.append("claim '\(claim.name)' tests a distribution against none: add .comparing(...)")
        }
        // An interval that is wide enough agrees with anything.
        if claim.decision == .compatible && claim.resolution == nil {
            problems.append(
                "claim '\(claim.name)' passes when its interval is compatible, however wide: add .resolved(to:), or decide "
                    + "by: .value or by: .interval")
        }

        var order: [[Value]] = []
        var members: [[Value]: (points: [Int], reference: [Int])] = [:]
        for (point, parameters) in points.enumerated() {
            guard selections.allSatisfy({ parameters.values[$0.index] == $0.value }),
                claim.filters.allSatisfy({ $0(parameters.typed) })
            else { continue }
            let key = keys.map { parameters.values[$0] }
            if members[key] == nil {
                order.append(key)
                members[key] = ([], [])
            }
            if let compared, let claimed = claim.compared {
                if parameters.values[compared] == claimed.value { members[key]?.points.append(point) }
                if parameters.values[compared] == claimed.reference { members[key]?.reference.append(point) }
            } else {
                members[key]?.points.append(point)
            }
        }
        let coordinates: [(index: Int?, value: Double)] =
            if let dimension = measurement.dimension, claim.quantity != .crossing {
                (design.schema.dimension(dimension)?.coordinates ?? []).enumerated().map { ($0.offset, $0.element) }
            } else {
                [(nil, .nan)]
            }
        var groups: [Check.Group] = []
        for key in order {
            guard let (points, reference) = members[key], let first = points.first else { continue }
            if compared != nil && reference.isEmpty { continue }
            let parameters = self.points[first].typed
            for coordinate in coordinates {
                guard
                    let allowed = claim.allowed(
                        parameters, coordinate.value, points.count * design.replicates)
                else { continue }
                var label = zip(keys, key).map { "\(declared[$0].name) = \($1)" }
                if coordinate.index != nil { label.append("\(measurement.dimension ?? "") = \(coordinate.value)") }
                groups.append(
                    Check.Group(
                        label: label.joined(separator: ", "), points: points,
                        reference: compared == nil ? nil : reference, coordinate: coordinate.index,
                        scale: claim.scale(parameters), lower: allowed.lower.isFinite ? allowed.lower : nil,
                        upper: allowed.upper.isFinite ? allowed.upper : nil))
            }
        }
        return Check(
            name: claim.name, claim: claim.claim, quantity: quantity, decision: claim.decision,
            resolution: claim.resolution, sigmas: claim.sigmas, isRelativeToMean: claim.isRelativeToMean,
            groups: groups)
    }

    private mutating func quantity(
        of claim: Claim<Parameters, Measurements>, measurement: String
    ) -> Check.Quantity? {
        let success = claim.success.map {
            SuccessRule(measurement: measurement, side: $0.side, threshold: $0.threshold)
        }
        let along = claim.along.flatMap { index(of: $0, in: claim) }.map { declared[$0].name }
        let against = claim.against.flatMap { index(of: $0, in: claim) }.map { declared[$0].name }
        switch claim.quantity {
        case .rate: return success.map { .rate(success: $0) }
        case .mean: return .mean(measurement: measurement)
        case .difference:
            guard let other = claim.other.flatMap({ name(of: $0, in: claim) }) else { return nil }
            return .difference(measurement: measurement, minus: other.name)
        case .crossing: return .crossing(measurement: measurement, level: claim.level, along: along)
        case .threshold:
            guard let success, let along else { return nil }
            return .threshold(success: success, along: along, fit: claim.fit)
        case .exponent:
            guard let success, let along, let against else { return nil }
            guard let resolved = claim.resolved else {
                return .exponent(success: success, along: along, against: against, fit: claim.fit, rows: claim.rows)
            }
            return .resolvedExponent(
                success: success, along: along, against: against, fit: claim.fit, rows: claim.rows,
                cells: resolved.cells, trials: resolved.trials)
        case .fall:
            guard let success, let along else { return nil }
            return .fall(success: success, along: along)
        case .sameDistribution: return .sameDistribution(measurement: measurement)
        }
    }

    private mutating func index(
        of keyPath: any PartialKeyPath<Parameters> & Sendable, in claim: Claim<Parameters, Measurements>
    ) -> Int? {
        if let index = declared.firstIndex(where: { ($0.keyPath as AnyKeyPath) == (keyPath as AnyKeyPath) }) {
            return index
        }
        problems.append("claim '\(claim.name)' names the parameter at \(keyPath), which is not declared")
        return nil
    }

    private mutating func name(
        of keyPath: any PartialKeyPath<Measurements> & Sendable, in claim: Claim<Parameters, Measurements>
    ) -> (name: String, dimension: String?)? {
        if let found = measurements.first(where: { ($0.keyPath as AnyKeyPath) == (keyPath as AnyKeyPath) }) {
            return (found.name, found.dimension?.name)
        }
        problems.append("claim '\(claim.name)' measures \(keyPath), which is not declared")
        return nil
    }
}
