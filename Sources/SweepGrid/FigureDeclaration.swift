/// A figure as the sweep language declares it, before it is frozen for a grid.
public struct FigureDeclaration<Parameters: Sendable, Measurements: Sendable>: Sendable {
    var kind: Figure.Kind
    var x: (any PartialKeyPath<Parameters> & Sendable)?
    var y: (any PartialKeyPath<Parameters> & Sendable)?
    var panel: (any PartialKeyPath<Parameters> & Sendable)?
    var color: (any PartialKeyPath<Parameters> & Sendable)?
    var measurement: any PartialKeyPath<Measurements> & Sendable
    var statistic: Figure.Statistic
    var success: (side: SuccessRule.Side, threshold: Double)?
    var band = Figure.Band.none
    var name: String?
    var title = ""
    var xScale = Figure.Scale.linear
    var yScale = Figure.Scale.linear
    var selections: [(axis: any PartialKeyPath<Parameters> & Sendable, value: Value)] = []
    var theory: [(label: String, value: @Sendable (Parameters, Double) -> Double)] = []
    var published: [(label: String, value: @Sendable (Parameters, Double) -> Double)] = []
    var abscissa: (title: String, value: @Sendable (Parameters, Double) -> Double)?
    var guides: [GuideDeclaration] = []
    var contours: [(label: String, axis: any PartialKeyPath<Parameters> & Sendable, value: Value)] = []
    var distribution: (label: String, measurement: any PartialKeyPath<Measurements> & Sendable)?
    var slopes: [Double] = []
    var bins: Int?
    var shape: [Int]?
    var tiles: Figure.Tiles?
    var densities: [(label: String, range: ClosedRange<Double>, value: @Sendable (Parameters, Double) -> Double)] = []

    /// A line or band before it is sampled.
    struct GuideDeclaration: Sendable {
        var label: String
        var isVertical: Bool
        var position: @Sendable (Parameters) -> Double
        var end: Double?
    }

    init(
        kind: Figure.Kind, x: (any PartialKeyPath<Parameters> & Sendable)?,
        y: (any PartialKeyPath<Parameters> & Sendable)? = nil, measurement: any PartialKeyPath<Measurements> & Sendable,
        statistic: Figure.Statistic, success: (side: SuccessRule.Side, threshold: Double)? = nil,
        band: Figure.Band = .none
    ) {
        self.kind = kind
        self.x = x
        self.y = y
        self.measurement = measurement
        self.statistic = statistic
        self.success = success
        self.band = band
    }
}

/// Freezes declared figures for a design and collects what is wrong with them.
struct FigureFreezer<Parameters: Sendable, Measurements: Sendable> {
    let declared: [Parameter<Parameters>]
    let measurements: [Measurement<Parameters, Measurements>]
    let defaults: Parameters
    let design: Design
    private(set) var problems: [String] = []

    init(
        declared: [Parameter<Parameters>], measurements: [Measurement<Parameters, Measurements>], defaults: Parameters,
        design: Design
    ) {
        self.declared = declared
        self.measurements = measurements
        self.defaults = defaults
        self.design = design
    }

    /// Freezes figures in their order; the first one gets the name `phase-diagram` unless it has another.
    mutating func freeze(_ figures: [FigureDeclaration<Parameters, Measurements>]) -> [Figure] {
        var frozen: [Figure] = []
        for declaration in figures {
            guard let figure = freeze(declaration, isFirst: frozen.isEmpty) else { continue }
            if frozen.contains(where: { $0.name == figure.name }) {
                problems.append("two figures are named '\(figure.name)': give one another name with .named(...)")
            }
            frozen.append(figure)
        }
        return frozen
    }

    private mutating func freeze(
        _ declaration: FigureDeclaration<Parameters, Measurements>, isFirst: Bool
    ) -> Figure? {
        guard
            let measurement = measurements.first(where: {
                ($0.keyPath as AnyKeyPath) == (declaration.measurement as AnyKeyPath)
            })
        else {
            problems.append("a figure shows the measurement at \(declaration.measurement), which is not declared")
            return nil
        }
        // A run of an earlier version of the experiment may lack it: its other figures are drawn.
        guard design.schema.columns(of: measurement.name) != nil else { return nil }
        let hasOwnAxis = [.histogram, .matrix, .imageGrid].contains(declaration.kind)
        let ownAxis = hasOwnAxis ? measurement.name : nil
        let abscissa = declaration.x.map { axis(of: $0, in: "x") } ?? ownAxis ?? measurement.dimension?.name
        guard let x = abscissa else { return nil }
        if let problem = misfit(of: declaration, measurement) {
            problems.append(problem)
            return nil
        }
        let y = declaration.y.flatMap { axis(of: $0, in: "y") }
        if declaration.y != nil && y == nil { return nil }
        let panel = declaration.panel.flatMap { axis(of: $0, in: "panel") }
        let color = declaration.color.flatMap { axis(of: $0, in: "color") }
        let success = declaration.success.map {
            SuccessRule(measurement: measurement.name, side: $0.side, threshold: $0.threshold)
        }
        var figure = Figure(
            name: declaration.name ?? (isFirst ? "phase-diagram" : measurement.name), title: declaration.title,
            kind: declaration.kind, x: x, y: y, panel: panel, color: color, measurement: measurement.name,
            statistic: declaration.statistic, success: success, band: declaration.band, xScale: declaration.xScale,
            yScale: declaration.yScale,
            selections: declaration.selections.compactMap { selection in
                axis(of: selection.axis, in: "at").map { Figure.Selection(axis: $0, value: selection.value) }
            })
        if figure.name.isEmpty || !figure.name.utf8.allSatisfy({ isFileNameByte($0) }) {
            problems.append("a figure is named '\(figure.name)': use letters, digits, hyphens and underscores")
        }
        for selection in figure.selections
        where !(design.coordinate(selection.axis)?.values.contains(selection.value) ?? false) {
            // A grid narrowed by a preset or --set may lack the value: the figure then pools what there is.
            figure.selections.removeAll { $0 == selection }
        }
        let sampler = FigureSampler(declared: declared, defaults: defaults, design: design, figure: figure)
        let transform = declaration.abscissa?.value
        figure.theory =
            declaration.theory.flatMap { sampler.curves($0.value, label: $0.label, abscissa: transform) }
            + declaration.densities.flatMap { sampler.densities($0.value, label: $0.label, over: $0.range) }
        if let abscissa = declaration.abscissa {
            figure.abscissa = Figure.Abscissa(
                title: abscissa.title, curves: sampler.curves(abscissa.value, label: abscissa.title, abscissa: nil))
        }
        if !declaration.published.isEmpty {
            figure.published = declaration.published.flatMap {
                sampler.curves($0.value, label: $0.label, abscissa: transform)
            }.filter { !$0.x.isEmpty }
        }
        if !declaration.guides.isEmpty {
            figure.guides = declaration.guides.flatMap {
                sampler.guides($0.position, label: $0.label, isVertical: $0.isVertical, end: $0.end)
            }
        }
        let contours = contours(of: declaration)
        if !contours.isEmpty { figure.contours = contours }
        figure.distribution = distribution(of: declaration)
        if !declaration.slopes.isEmpty { figure.slopes = declaration.slopes }
        figure.bins = declaration.bins
        figure.shape = declaration.shape
        figure.tiles = declaration.tiles
        return figure
    }

    private mutating func distribution(
        of declaration: FigureDeclaration<Parameters, Measurements>
    ) -> Figure.Distribution? {
        guard let (label, keyPath) = declaration.distribution else { return nil }
        guard let measurement = measurements.first(where: { ($0.keyPath as AnyKeyPath) == (keyPath as AnyKeyPath) })
        else {
            problems.append("a figure shows the distribution of the measurement at \(keyPath), which is not declared")
            return nil
        }
        guard declaration.abscissa == nil else {
            problems.append(
                "a figure has a computed abscissa, along which the values of '\(measurement.name)' do not lie: "
                    + "leave out .against or .distribution")
            return nil
        }
        return Figure.Distribution(label: label, measurement: measurement.name)
    }

    /// Why the values of an array are not those of the images that a figure makes of them.
    private func misfit(
        of declaration: FigureDeclaration<Parameters, Measurements>,
        _ measurement: Measurement<Parameters, Measurements>
    ) -> String? {
        let count = measurement.dimension.flatMap { design.schema.dimension($0.name) }?.coordinates.count ?? 1
        let start = "a figure shows the \(count) values of '\(measurement.name)' as"
        if let shape = declaration.shape, shape.reduce(1, *) != count { return "\(start) \(shape[0]) x \(shape[1])" }
        guard let tiles = declaration.tiles else { return nil }
        if declaration.panel != nil { return "an image grid of '\(measurement.name)' has panels: use .at instead" }
        guard tiles.pixelCount != count else { return nil }
        let columns = tiles.groups.reduce(0) { $0 + $1.columns.count }
        return "\(start) \(tiles.rows.count) x \(columns) images of \(tiles.height) x \(tiles.width) pixels"
    }

    /// A grid narrowed by a preset or --set may lack the value or have no other: there is nothing to compare then.
    private mutating func contours(
        of declaration: FigureDeclaration<Parameters, Measurements>
    ) -> [Figure.Contour] {
        if !declaration.contours.isEmpty && declaration.statistic != .successRate {
            problems.append("a figure has a contour, but shows no success rate: only rates have one, at one half")
            return []
        }
        return declaration.contours.compactMap { contour in
            guard let axis = axis(of: contour.axis, in: "contour") else { return nil }
            let values = design.coordinate(axis)?.values ?? []
            guard values.contains(contour.value), Set(values).count > 1 else { return nil }
            return Figure.Contour(label: contour.label, axis: axis, value: contour.value)
        }
    }

    private mutating func axis(of keyPath: any PartialKeyPath<Parameters> & Sendable, in role: String) -> String? {
        guard let parameter = declared.first(where: { ($0.keyPath as AnyKeyPath) == (keyPath as AnyKeyPath) }) else {
            problems.append("a figure names the parameter at \(keyPath) as \(role), which is not declared")
            return nil
        }
        if design.coordinate(parameter.name) == nil
            && !design.derived.contains(where: { $0.parameter == parameter.name })
        {
            // Fixed or left out by a preset or --set: a panel or colour then has one value, an axis of a picture may not.
            if role == "x" || role == "y" {
                problems.append("a figure has '\(parameter.name)' as \(role), which the grid does not vary")
            }
            return nil
        }
        return parameter.name
    }

    private func isFileNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
