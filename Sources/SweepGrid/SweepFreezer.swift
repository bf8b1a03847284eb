/// Turns a sweep into data, or lists every mistake in it.
struct SweepFreezer<E: Experiment> {
    let name: String
    let description: String
    let limits: TaskLimits
    private let declared = E.parameters
    private let measured = E.measurements
    private let defaults = E.defaults
    private var problems: [String] = []

    init(name: String, description: String, limits: TaskLimits) {
        self.name = name
        self.description = description
        self.limits = limits
    }

    mutating func freeze(
        _ elements: [GridNode<E.Parameters>], figures: [FigureDeclaration<E.Parameters, E.Measurements>],
        claims: [Claim<E.Parameters, E.Measurements>], presets: [Preset<E.Parameters>], replicates: Int, seed: UInt64,
        options: Sweep.Options
    ) throws(SweepError) -> FrozenRun {
        checkDeclarations()
        var elements = elements
        var replicates = replicates
        var mustFail: [String] = []
        if let wanted = options.preset {
            if let preset = presets.first(where: { $0.name == wanted }) {
                let base = preset.base.flatMap { base in presets.first { $0.name == base } }
                if preset.base != nil && base == nil {
                    problems.append(
                        "control '\(wanted)' changes the preset '\(preset.base ?? "")', which does not exist")
                }
                replicates = preset.replicates ?? base?.replicates ?? replicates
                for element in (base?.axes.elements ?? []) + preset.axes.elements {
                    replace(element, in: &elements, source: "preset '\(wanted)'")
                }
                mustFail = preset.mustFail
            } else {
                let hint = presets.isEmpty ? "; it has none" : suggestion(for: wanted, among: presets.map(\.name))
                problems.append("there is no preset '\(wanted)'\(hint)")
            }
        }
        for override in options.overrides { apply(override, to: &elements) }
        replicates = options.replicates ?? replicates
        if replicates < 1 { problems.append("replicates is \(replicates), it must be at least 1") }

        var expander = GridExpander(declared: declared, defaults: defaults)
        let expansion = expander.expand(block: elements)
        problems += expander.problems
        try stopIfWrong()
        let points = expansion.pointCount ?? 0
        if points == 0 { problems.append("the grid is empty: no point passes its filters") }
        if points.multipliedReportingOverflow(by: replicates).overflow || points * replicates > 1 << 31 {
            problems.append("there are more than \(1 << 31) tasks")
        }
        try stopIfWrong()

        let (work, schema) = visit(expansion, with: expander)
        try stopIfWrong()
        let design = design(
            of: expansion, axes: expander.axes, replicates: replicates, seed: options.seed ?? seed, schema: schema)
        let view = try view(of: design, figures: figures, claims: claims, mustFail: mustFail)
        return FrozenRun(
            sweep: name, preset: options.preset, design: design, view: view, work: work, limits: limits)
    }

    /// Freezes figures and claims for a design.
    mutating func view(
        of design: Design, figures: [FigureDeclaration<E.Parameters, E.Measurements>],
        claims: [Claim<E.Parameters, E.Measurements>], mustFail: [String]
    ) throws(SweepError) -> View {
        var figureFreezer = FigureFreezer(
            declared: declared, measurements: measured, defaults: defaults, design: design)
        let frozenFigures = figureFreezer.freeze(figures)
        var checks: [Check] = []
        problems += figureFreezer.problems
        if !claims.isEmpty {
            var claimFreezer = ClaimFreezer(
                declared: declared, measurements: measured, defaults: defaults, design: design)
            checks = claimFreezer.freeze(claims)
            problems += claimFreezer.problems
        }
        for name in mustFail where !claims.contains(where: { $0.name == name }) {
            problems.append("a control is to fail claim '\(name)', which does not exist")
        }
        try stopIfWrong()
        var rules: [SuccessRule] = []
        for rule in frozenFigures.compactMap(\.success) where !rules.contains(rule) { rules.append(rule) }
        return View(
            description: description, success: rules, figures: frozenFigures, checks: checks, mustFail: mustFail)
    }

    private func stopIfWrong() throws(SweepError) {
        if !problems.isEmpty { throw SweepError(sweep: name, problems: problems) }
    }

    /// Names that are used twice or that files could not hold.
    private mutating func checkDeclarations() {
        if !isWord(name, allowing: "-") { problems.append("its name must be letters, digits, hyphens and underscores") }
        let dimensions = Set(measured.compactMap { $0.dimension?.name })
        let names = declared.map(\.name) + measured.map(\.name) + dimensions.sorted() + ["replicate", "point"]
        // Names of variables that every phase-diagram file has.
        let taken = [
            "status", "trials", "successes", "success_rate", "success_lower", "success_upper", "complete", "boundary",
        ]
        for name in names where taken.contains(name) {
            problems.append("the name '\(name)' is taken by the phase-diagram file: choose another")
        }
        var seen: Set<String> = []
        for name in names {
            if !isWord(name, allowing: "_") {
                problems.append("the name '\(name)' must be letters, digits and underscores")
            }
            if !seen.insert(name).inserted { problems.append("the name '\(name)' is declared twice") }
        }
        for parameter in declared {
            if let objection = parameter.objection(to: parameter.get(defaults)) {
                problems.append("the default \(parameter.name)=\(parameter.get(defaults)) \(objection)")
            }
        }
        if measured.isEmpty { problems.append("experiment '\(E.name)' declares no measurement") }
    }

    private func isWord(_ name: String, allowing extra: Character) -> Bool {
        guard let first = name.first, first.isASCII, first.isLetter else { return false }
        return name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_" || $0 == extra) }
    }

    /// What a user wrote after `--set`.
    private mutating func apply(_ override: Sweep.Options.Override, to elements: inout [GridNode<E.Parameters>]) {
        guard let parameter = declared.first(where: { $0.name == override.axis }) else {
            problems.append(
                "there is no axis '\(override.axis)'\(suggestion(for: override.axis, among: declared.map(\.name)))")
            return
        }
        do {
            let values = try AxisText.values(of: override.text, kind: parameter.kind)
            if let allowed = parameter.allValues, let unknown = values.first(where: { !allowed.contains($0) }) {
                problems.append(
                    "axis '\(parameter.name)' has no value '\(unknown)'"
                        + suggestion(for: unknown.description, among: allowed.map(\.description)))
                return
            }
            let axis = AxisNode(keyPath: parameter.keyPath, values: values, paired: false, nested: false)
            replace(.axis(axis), in: &elements, source: "--set")
        } catch {
            problems.append("axis '\(parameter.name)' \(error.description)")
        }
    }

    /// Gives an axis other values wherever it stands; a parameter that is no axis becomes one.
    private mutating func replace(
        _ element: GridNode<E.Parameters>, in elements: inout [GridNode<E.Parameters>], source: String
    ) {
        switch element {
        case .axis(let axis):
            var found = 0
            elements = elements.compactMap { replacing(axis, in: $0, found: &found) }
            if found == 0 { elements.insert(element, at: 0) }
            if found > 1 {
                let name = declared.first { ($0.keyPath as AnyKeyPath) == (axis.keyPath as AnyKeyPath) }?.name ?? "?"
                problems.append("\(source) cannot replace '\(name)', which the sweep sets in \(found) places")
            }
        case .fixed(let keyPath, let value):
            let axis = AxisNode(keyPath: keyPath, values: [value], paired: false, nested: false)
            replace(.axis(axis), in: &elements, source: source)
        default:
            problems.append("\(source) may hold axes and fixed parameters only")
        }
    }

    private func replacing(
        _ axis: AxisNode<E.Parameters>, in node: GridNode<E.Parameters>, found: inout Int
    ) -> GridNode<E.Parameters>? {
        func isSame(_ keyPath: any PartialKeyPath<E.Parameters> & Sendable) -> Bool {
            (keyPath as AnyKeyPath) == (axis.keyPath as AnyKeyPath)
        }
        switch node {
        case .axis(var old):
            guard isSame(old.keyPath) else { return node }
            found += 1
            old.values = axis.values
            return .axis(old)
        case .fixed(let keyPath, _):
            guard isSame(keyPath) else { return node }
            found += 1
            return .axis(axis)
        case .derived(let keyPath, _):
            guard isSame(keyPath) else { return node }
            found += 1
            return .axis(axis)
        case .zip(let members): return .zip(members.compactMap { replacing(axis, in: $0, found: &found) })
        case .product(let members): return .product(members.compactMap { replacing(axis, in: $0, found: &found) })
        case .union(let members): return .union(members.compactMap { replacing(axis, in: $0, found: &found) })
        case .filter: return node
        }
    }

    /// Visits every point once: its cost, what is impossible about it, and how long its recorded dimensions are.
    private mutating func visit(
        _ expansion: Expansion, with expander: GridExpander<E.Parameters>
    ) -> (PointWork, Schema) {
        var work = PointWork()
        var impossible: [(problem: String, count: Int)] = []
        var coordinates: [String: [Double]] = [:]
        let dimensions = measured.compactMap(\.dimension)
        var conflicts: Set<String> = []
        expander.forEachPoint(of: expansion) { _, parameters in
            for problem in E.problems(with: parameters) {
                if let index = impossible.firstIndex(where: { $0.problem == problem }) {
                    impossible[index].count += 1
                } else if impossible.count < 20 {
                    impossible.append((problem, 1))
                }
            }
            work.append(E.work(parameters))
            for dimension in dimensions {
                let new = dimension.coordinates(parameters)
                let old = coordinates[dimension.name] ?? []
                if zip(old, new).contains(where: { $0 != $1 }) { conflicts.insert(dimension.name) }
                if new.count > old.count { coordinates[dimension.name] = new }
            }
        }
        problems += impossible.map { $0.count == 1 ? $0.problem : "\($0.problem) (at \($0.count) points)" }
        for name in conflicts.sorted() {
            problems.append(
                "the coordinates of '\(name)' differ between points: the shorter must be a beginning of the longest")
        }
        var specs: [RecordedDimensionSpec] = []
        for dimension in dimensions where !specs.contains(where: { $0.name == dimension.name }) {
            specs.append(
                RecordedDimensionSpec(
                    name: dimension.name, unit: dimension.unit, longName: dimension.longName,
                    coordinates: coordinates[dimension.name] ?? []))
        }
        return (work, Schema(measurements: measured.map(\.spec), dimensions: specs))
    }

    private func design(
        of expansion: Expansion, axes: [Int: AxisNode<E.Parameters>], replicates: Int, seed: UInt64, schema: Schema
    ) -> Design {
        func coordinate(_ column: Expansion.Column) -> Coordinate {
            let parameter = declared[column.parameter]
            return Coordinate(
                parameter: parameter.name, unit: parameter.unit, longName: parameter.longName, values: column.values)
        }
        var shared: [Design.SharedParameter] = []
        for (parameter, axis) in axes {
            for (streams, reason) in [(axis.paired, Design.SharedParameter.Reason.paired), (axis.nested, .nested)]
            where streams.isShared {
                shared.append(.init(name: declared[parameter].name, reason: reason, streams: streams.names))
            }
        }
        return Design(
            experiment: E.name, version: E.version,
            parameters: declared.map {
                ParameterSpec(name: $0.name, unit: $0.unit, longName: $0.longName, defaultValue: $0.get(defaults))
            },
            dimensions: expansion.dimensions.map { GridDimension(coordinates: $0.map(coordinate)) },
            kept: expansion.kept,
            fixed: expansion.fixed.map { .init(name: declared[$0.parameter].name, value: $0.value) }
                .sorted { $0.name < $1.name },
            derived: expansion.derived.map(coordinate),
            shared: shared.sorted { ($0.name, $0.reason.rawValue) < ($1.name, $1.reason.rawValue) },
            replicates: replicates, seed: seed, schema: schema)
    }
}
