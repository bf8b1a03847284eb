package import SweepGrid

/// Trials and successes of a heat map's cells, pooled over everything that the figure does not name.
package struct HeatMap: Sendable {
    package let figure: Figure
    /// Values along the abscissa, the ordinate and the panels, in the order of the axis; one panel without value if none.
    package let x: [Value]
    package let y: [Value]
    package let panels: [Value?]
    /// Row-major over panel, y, x.
    package private(set) var trials: [Int]
    package private(set) var successes: [Int]
    /// Tasks that should be there, and those that have a result.
    package private(set) var tasks: [Int]
    package private(set) var results: [Int]
    /// Trials that diverged.
    package private(set) var diverged: [Int]
    private let places: PointPlaces

    /// - Returns: nil when the figure is not a heat map over parameters that the design varies.
    package init?(_ figure: Figure, design: Design) {
        guard figure.kind == .heatMap, let yName = figure.y,
            let places = PointPlaces([figure.x, yName] + (figure.panel.map { [$0] } ?? []), figure.selections, design)
        else { return nil }
        self.figure = figure
        self.places = places
        x = places.values[0]
        y = places.values[1]
        panels = figure.panel == nil ? [nil] : places.values[2]
        let count = x.count * y.count * panels.count
        trials = Array(repeating: 0, count: count)
        successes = trials
        tasks = trials
        results = trials
        diverged = trials
    }

    /// Adds the trials of a point to its cell; a point outside the figure's selection is left out.
    package mutating func add(point: Int, trials: Int, successes: Int, tasks: Int, results: Int, diverged: Int = 0) {
        guard let place = places.places(ofPoint: point) else { return }
        let cell = index(panel: place.count > 2 ? place[2] : 0, y: place[1], x: place[0])
        self.trials[cell] += trials
        self.successes[cell] += successes
        self.tasks[cell] += tasks
        self.results[cell] += results
        self.diverged[cell] += diverged
    }

    package func index(panel: Int, y: Int, x: Int) -> Int { (panel * self.y.count + y) * self.x.count + x }

    /// The fitted boundary along x of one row.
    package func boundary(panel: Int, y: Int) -> Boundary {
        Boundary(
            x.indices.compactMap { index in
                guard let value = x[index].number else { return nil }
                let cell = self.index(panel: panel, y: y, x: index)
                return Cell(x: value, trials: trials[cell], successes: successes[cell])
            })
    }
}

/// Where each point of a design stands along some of its parameters.
package struct PointPlaces: Sendable {
    private enum Source: Sendable {
        /// Index along a dimension, which may hold equal values: their places among the distinct ones.
        case dimension(stride: Int, count: Int, places: [Int])
        case perPoint([Int])
    }

    /// The distinct values of each parameter: in the order of its axis, or ascending when it is derived.
    package let values: [[Value]]
    private let sources: [Source]
    private let selected: [(source: Source, place: Int)]
    private let kept: [Int]?

    /// - Returns: nil when one of the names is no varied parameter, or a selection names no value.
    package init?(_ names: [String], _ selections: [Figure.Selection] = [], _ design: Design) {
        var values: [[Value]] = []
        var sources: [Source] = []
        for name in names {
            guard let (distinct, source) = PointPlaces.source(of: name, in: design) else { return nil }
            values.append(distinct)
            sources.append(source)
        }
        var selected: [(source: Source, place: Int)] = []
        for selection in selections {
            guard let (distinct, source) = PointPlaces.source(of: selection.axis, in: design),
                let place = distinct.firstIndex(of: selection.value)
            else { return nil }
            selected.append((source, place))
        }
        self.values = values
        self.sources = sources
        self.selected = selected
        kept = design.kept
    }

    /// The index of the point's value among each parameter's values; nil when the selection excludes the point.
    package func places(ofPoint point: Int) -> [Int]? {
        let position = kept?[point] ?? point
        func place(_ source: Source) -> Int {
            switch source {
            case .dimension(let stride, let count, let places): places[position / stride % count]
            case .perPoint(let places): places[point]
            }
        }
        for (source, wanted) in selected where place(source) != wanted { return nil }
        return sources.map(place)
    }

    private static func source(of name: String, in design: Design) -> ([Value], Source)? {
        var stride = 1
        for dimension in design.dimensions.reversed() {
            if let coordinate = dimension.coordinates.first(where: { $0.parameter == name }) {
                let (distinct, places) = distinct(coordinate.values)
                return (distinct, .dimension(stride: stride, count: dimension.count, places: places))
            }
            stride *= dimension.count
        }
        guard let derived = design.derived.first(where: { $0.parameter == name }) else { return nil }
        let sorted = Set(derived.values).sorted()
        let places = Dictionary(uniqueKeysWithValues: sorted.enumerated().map { ($0.element, $0.offset) })
        return (sorted, .perPoint(derived.values.map { places[$0] ?? 0 }))
    }

    private static func distinct(_ values: CoordinateValues) -> ([Value], [Int]) {
        var distinct: [Value] = []
        var places: [Value: Int] = [:]
        let indices = values.map { value -> Int in
            if let place = places[value] { return place }
            places[value] = distinct.count
            distinct.append(value)
            return distinct.count - 1
        }
        return (distinct, indices)
    }
}
