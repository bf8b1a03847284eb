package import SweepGrid

/// The thresholds and the fitted laws of a power-law figure: one law for each panel or colour.
package struct PowerLawTable: Sendable {
    /// The values of the axis that tells the laws apart; one without value if none.
    package let facets: [Value?]
    /// The variable of the law, ascending.
    package let x: [Value]
    package let laws: [PowerLawFit]

    /// The heat map whose rows the thresholds are boundaries of; nil when the figure is no power law.
    package static func map(of figure: Figure) -> Figure? {
        guard figure.kind == .powerLaw, let axis = figure.y else { return nil }
        var map = figure
        map.kind = .heatMap
        map.x = axis
        map.y = figure.x
        map.panel = figure.color ?? figure.panel
        map.color = nil
        return map
    }

    /// Fits the laws to the pooled trials.
    ///
    /// - Parameter design: the run's design hash, which keys the bootstrap.
    package init(_ map: HeatMap, figure: Figure, design: Digest) {
        facets = map.panels
        x = map.y
        laws = map.panels.indices.map { panel in
            var resampling = Resampling(design: design, purpose: "\(figure.name)/\(panel)")
            let rows = map.y.indices.compactMap { row -> (x: Double, cells: [Cell])? in
                guard let value = map.y[row].number else { return nil }
                let cells = map.x.indices.compactMap { column -> Cell? in
                    let cell = map.index(panel: panel, y: row, x: column)
                    guard let x = map.x[column].number, map.trials[cell] > 0 else { return nil }
                    return Cell(x: x, trials: map.trials[cell], successes: map.successes[cell])
                }
                return cells.isEmpty ? nil : (value, cells)
            }
            return PowerLawFit(rows, resampling: &resampling)
        }
    }
}

extension PhaseDiagramFile {
    /// The fitted laws of a power-law figure; nil when the figure is none or does not fit the design.
    package func powerLaws(_ figure: Figure) throws(StorageError) -> PowerLawTable? {
        guard let wanted = PowerLawTable.map(of: figure), let map = try heatMap(wanted) else { return nil }
        return PowerLawTable(map, figure: figure, design: design.digest)
    }
}
