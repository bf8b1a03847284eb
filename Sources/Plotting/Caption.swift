internal import Results
internal import SweepGrid

extension Design {
    /// What a figure shows a part of, and what it pools: `estimator = pca; pooled over observation noise`.
    func caption(of figure: Figure) -> String {
        var words = figure.selections.map { "\(longName($0.axis)) = \(FigureAxis.label($0.value))" }
        let pooled = pooledAxes(of: figure).map { longName($0) }
        if !pooled.isEmpty { words.append("pooled over \(pooled.joined(separator: ", "))") }
        return words.joined(separator: "; ")
    }

    /// Axes that a figure does not name and that still vary among the points it shows.
    private func pooledAxes(of figure: Figure) -> [String] {
        let named = [figure.x, figure.y, figure.panel, figure.color].compactMap { $0 } + figure.selections.map(\.axis)
        let others = dimensions.flatMap(\.coordinates).map(\.parameter).filter { !named.contains($0) }
        // A scale of the figure that is computed from an axis tells its values apart.
        let derivedNames = derived.map(\.parameter).filter { named.contains($0) }
        guard !others.isEmpty, let places = PointPlaces(others, figure.selections, self) else { return [] }
        var first: [Int]?
        var varies = others.map { _ in false }
        for point in 0..<pointCount {
            guard let place = places.places(ofPoint: point) else { continue }
            guard let one = first else {
                first = place
                continue
            }
            for index in place.indices where place[index] != one[index] { varies[index] = true }
        }
        return derivedNames.isEmpty ? zip(others, varies).filter { $1 }.map { $0.0 } : []
    }

    /// What a parameter is called in pictures.
    func longName(_ name: String) -> String {
        let words = parameters.first { $0.name == name }?.longName ?? ""
        return words.isEmpty ? name : words
    }

    /// The headings of panels: the value itself where it is a word, else with the long name of its parameter where that fits
    /// above every panel, and with the short one otherwise.
    func panelTitles(_ name: String?, _ values: [Value?], within pixels: Double = .infinity) -> [String] {
        guard let name else { return values.map { _ in "" } }
        func titles(_ name: String) -> [String] {
            values.map { value in
                guard let value else { return "" }
                return value.kind == .text ? value.description : "\(name) = \(FigureAxis.label(value))"
            }
        }
        let long = titles(longName(name))
        return long.allSatisfy { Double($0.count) * 7 <= pixels } ? long : titles(name)
    }
}
