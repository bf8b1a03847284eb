/// Samples what a figure draws besides the results: theory curves, computed abscissas, published points and guides.
struct FigureSampler<Parameters: Sendable> {
    let declared: [Parameter<Parameters>]
    let defaults: Parameters
    let design: Design
    let figure: Figure

    /// A curve for each panel and colour: at every value of the axis it runs along, or every coordinate of its dimension.
    ///
    /// Values that are no finite numbers are left out, except from an abscissa, which has one for every place.
    func curves(
        _ value: (Parameters, Double) -> Double, label: String, abscissa: ((Parameters, Double) -> Double)?
    ) -> [Figure.Theory] {
        let along = figure.kind == .heatMap ? figure.y : figure.x
        let recorded = along.flatMap { design.schema.dimension($0) }?.coordinates.map(Value.real)
        guard let along, let positions = values(along) ?? recorded else { return [] }
        return places.map { panel, color in
            var parameters = fixed(panel, color)
            var curve = Figure.Theory(label: label, panel: panel, color: color, x: [], y: [])
            for position in positions {
                set(along, position, in: &parameters)
                guard let coordinate = position.number else { continue }
                let theory = value(parameters, coordinate)
                guard theory.isFinite else { continue }
                let x = abscissa?(parameters, coordinate) ?? coordinate
                curve.x.append(figure.kind == .heatMap ? theory : x)
                curve.y.append(figure.kind == .heatMap ? coordinate : theory)
            }
            return curve
        }
    }

    /// A density for each panel and colour, at 200 points of a range.
    func densities(
        _ value: (Parameters, Double) -> Double, label: String, over range: ClosedRange<Double>
    ) -> [Figure.Theory] {
        places.map { panel, color in
            let parameters = fixed(panel, color)
            var curve = Figure.Theory(label: label, panel: panel, color: color, x: [], y: [])
            for index in 0...200 {
                let x = range.lowerBound + Double(index) / 200 * (range.upperBound - range.lowerBound)
                let y = value(parameters, x)
                guard y.isFinite else { continue }
                curve.x.append(x)
                curve.y.append(y)
            }
            return curve
        }
    }

    /// A line for each panel and colour, or a single one where all are the same.
    func guides(
        _ position: (Parameters) -> Double, label: String, isVertical: Bool, end: Double?
    ) -> [Figure.Guide] {
        let guides = places.map { panel, color in
            Figure.Guide(
                label: label, isVertical: isVertical, panel: panel, color: color,
                position: position(fixed(panel, color)), end: end)
        }.filter { $0.position.isFinite }
        guard let first = guides.first, guides.allSatisfy({ $0.position == first.position }) else { return guides }
        return [Figure.Guide(label: label, isVertical: isVertical, position: first.position, end: end)]
    }

    private var places: [(panel: Value?, color: Value?)] {
        let panels: [Value?] = figure.panel.flatMap { values($0) } ?? [nil]
        let colors: [Value?] = figure.color.flatMap { values($0) } ?? [nil]
        return panels.flatMap { panel in colors.map { (panel, $0) } }
    }

    /// The distinct values of an axis in their order, those of a derived parameter ascending.
    private func values(_ name: String) -> [Value]? {
        if let values = design.coordinate(name)?.values {
            var seen: Set<Value> = []
            return values.filter { seen.insert($0).inserted }
        }
        return design.derived.first { $0.parameter == name }.map { Set($0.values).sorted() }
    }

    private func fixed(_ panel: Value?, _ color: Value?) -> Parameters {
        var parameters = defaults
        for fixed in design.fixed { set(fixed.name, fixed.value, in: &parameters) }
        for column in design.dimensions.flatMap(\.coordinates) where column.values.count == 1 {
            set(column.parameter, column.values[0], in: &parameters)
        }
        for selection in figure.selections { set(selection.axis, selection.value, in: &parameters) }
        if let panel, let name = figure.panel { set(name, panel, in: &parameters) }
        if let color, let name = figure.color { set(name, color, in: &parameters) }
        return parameters
    }

    private func set(_ name: String, _ value: Value, in parameters: inout Parameters) {
        guard let parameter = declared.first(where: { $0.name == name }) else { return }
        _ = parameter.set(&parameters, value)
    }
}
