internal import Results
internal import SweepGrid

/// The line between the cells of a heat map that succeed and those that do not, along the cells' edges.
struct SuccessContour {
    let label: String
    /// The panel over which it is drawn.
    let panel: Int
    /// Connected corners of cells, in the coordinates of the axes.
    let lines: [[(x: Double, y: Double)]]

    /// The line over one panel.
    ///
    /// - Parameter succeeds: of each cell, row by row, whether at least half of its trials do; nil without trials. No edge of such
    ///   a cell is part of the line.
    init(label: String, panel: Int, x: FigureAxis, y: FigureAxis, succeeds: [Bool?]) {
        self.label = label
        self.panel = panel
        let across = x.positions.indices.sorted { x.positions[$0] < x.positions[$1] }
        let up = y.positions.indices.sorted { y.positions[$0] < y.positions[$1] }
        func differs(_ first: (Int, Int), _ second: (Int, Int)) -> Bool {
            let cells = [first, second].map { succeeds[up[$0.1] * across.count + across[$0.0]] }
            return cells[0] != nil && cells[1] != nil && cells[0] != cells[1]
        }
        var edges: [(Corner, Corner)] = []
        for row in up.indices {
            for column in across.indices {
                let end = Corner(column: column + 1, row: row + 1)
                if column + 1 < across.count, differs((column, row), (column + 1, row)) {
                    edges.append((Corner(column: column + 1, row: row), end))
                }
                if row + 1 < up.count, differs((column, row), (column, row + 1)) {
                    edges.append((Corner(column: column, row: row + 1), end))
                }
            }
        }
        let xEdges = across.prefix(1).map { x.low[$0] } + across.map { x.high[$0] }
        let yEdges = up.prefix(1).map { y.low[$0] } + up.map { y.high[$0] }
        lines = SuccessContour.connected(edges).map { $0.map { (xEdges[$0.column], yEdges[$0.row]) } }
    }

    /// The contours that a figure asks for, one for each panel over which there is something to draw.
    ///
    /// - Parameters:
    ///   - panels: the panels shown, as places in `map`.
    ///   - across, up: the columns and rows shown.
    /// - Returns: nil when one does not fit the file's design.
    static func all(
        of figure: Figure, _ file: PhaseDiagramFile, in map: HeatMap, panels: [Int], across: [Int], up: [Int],
        x: FigureAxis, y: FigureAxis
    ) throws -> [SuccessContour]? {
        var contours: [SuccessContour] = []
        for contour in figure.contours ?? [] {
            var other = figure
            let isOfPanels = contour.axis == figure.panel
            if isOfPanels { other.panel = nil }
            other.selections.removeAll { $0.axis == contour.axis }
            other.selections.append(Figure.Selection(axis: contour.axis, value: contour.value))
            guard let compared = try file.heatMap(other) else { return nil }
            for (place, panel) in panels.enumerated() where !isOfPanels || map.panels[panel] != contour.value {
                let succeeds = up.flatMap { row in
                    across.map { column -> Bool? in
                        let cell = compared.index(panel: isOfPanels ? 0 : panel, y: row, x: column)
                        let trials = compared.trials[cell]
                        return trials > 0 ? 2 * compared.successes[cell] >= trials : nil
                    }
                }
                let drawn = SuccessContour(label: contour.label, panel: place, x: x, y: y, succeeds: succeeds)
                if !drawn.lines.isEmpty { contours.append(drawn) }
            }
        }
        return contours
    }

    /// Rows of a data file: a line after the other, an empty row between them.
    var rows: [String] {
        lines.enumerated().flatMap { number, line in
            (number > 0 ? [""] : []) + line.map { "\(plotted($0.x)) \(plotted($0.y))" }
        }
    }

    /// Where cells touch, counted from the lowest.
    private struct Corner: Hashable {
        let column: Int
        let row: Int
    }

    /// Joins edges to lines that are as long as possible, so that their bends have no gaps.
    ///
    /// Complexity: linear in the edges, of which at most four meet in a corner.
    private static func connected(_ edges: [(Corner, Corner)]) -> [[Corner]] {
        var around: [Corner: [Int]] = [:]
        for (index, edge) in edges.enumerated() {
            around[edge.0, default: []].append(index)
            around[edge.1, default: []].append(index)
        }
        var isTaken = Array(repeating: false, count: edges.count)
        /// Takes an edge that begins or ends in a corner; gives its other end.
        func next(after corner: Corner) -> Corner? {
            guard let index = around[corner]?.first(where: { !isTaken[$0] }) else { return nil }
            isTaken[index] = true
            return edges[index].0 == corner ? edges[index].1 : edges[index].0
        }
        var lines: [[Corner]] = []
        for (index, edge) in edges.enumerated().reversed() where !isTaken[index] {
            isTaken[index] = true
            var (forwards, backwards) = ([edge.1], [edge.0])
            while let corner = next(after: forwards[forwards.count - 1]) { forwards.append(corner) }
            while let corner = next(after: backwards[backwards.count - 1]) { backwards.append(corner) }
            lines.append(backwards.reversed() + forwards)
        }
        return lines
    }
}
