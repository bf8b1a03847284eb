internal import Foundation
internal import Results
internal import SweepGrid

/// The data and the script of a heat map: panels of cells with theory curves and fitted boundaries.
struct HeatMapFigure {
    /// One cell of a panel.
    private struct Plotted {
        var value: Double
        var trials: Int
        var isComplete: Bool
        var isInGrid: Bool
        var diverged: Int
    }

    private let figure: Figure
    private let x: FigureAxis
    private let y: FigureAxis
    private let panelTitles: [String]
    private let panelValues: [Value?]
    private let cells: [[Plotted]]
    private let boundaries: [[Boundary]]
    private let contours: [SuccessContour]
    private let barTitle: String
    private let columns: Int
    private let lines: Int
    private let panelSize: (width: Double, height: Double)
    private let caption: String

    /// - Returns: nil when the figure does not fit the file's design.
    init?(_ figure: Figure, _ file: PhaseDiagramFile) throws {
        guard let map = try file.heatMap(figure), let yName = figure.y else { return nil }
        self.figure = figure
        let design = file.design
        // Panels, columns and rows without any point are left out: a union rarely fills its box.
        func isShown(_ cell: Int) -> Bool { map.tasks[cell] > 0 }
        // A figure without any is drawn empty.
        let hasPoints = map.tasks.contains { $0 > 0 }
        let panels = map.panels.indices.filter { panel in
            !hasPoints
                || map.y.indices.contains { y in
                    map.x.indices.contains { isShown(map.index(panel: panel, y: y, x: $0)) }
                }
        }
        let across = map.x.indices.filter { x in
            !hasPoints
                || panels.contains { panel in map.y.indices.contains { isShown(map.index(panel: panel, y: $0, x: x)) } }
        }
        let up = map.y.indices.filter { y in
            !hasPoints
                || panels.contains { panel in map.x.indices.contains { isShown(map.index(panel: panel, y: y, x: $0)) } }
        }
        columns = across.count
        lines = up.count
        let size = HeatMapFigure.panelSize(panels: panels.count, columns: columns, lines: lines)
        panelSize = size
        x = FigureAxis(
            across.map { map.x[$0] }, title: design.axisTitle(figure.x), scale: figure.xScale, pixels: size.width)
        y = FigureAxis(up.map { map.y[$0] }, title: design.axisTitle(yName), scale: figure.yScale, labels: 10)
        panelValues = panels.map { map.panels[$0] }
        panelTitles = design.panelTitles(figure.panel, panelValues, within: size.width)
        caption = design.caption(of: figure)
        let isRate = figure.statistic == .successRate
        barTitle = isRate ? "success rate" : "\(figure.statistic.rawValue) of \(design.axisTitle(figure.measurement))"

        var summaries: [Summary] = []
        if !isRate {
            let names = (figure.panel.map { [$0] } ?? []) + [yName, figure.x]
            guard
                let pooled = try PooledValues(
                    file, names, selections: figure.selections, measurement: figure.measurement)
            else { return nil }
            summaries = pooled.cells.map { Summary($0.first ?? []) }
        }
        cells = panels.map { panel in
            up.flatMap { y in across.map { (x: $0, y: y) } }.map { place in
                let cell = map.index(panel: panel, y: place.y, x: place.x)
                let trials = map.trials[cell]
                var value = trials > 0 ? Double(map.successes[cell]) / Double(trials) : .nan
                if !isRate { value = figure.statistic == .median ? summaries[cell].median : summaries[cell].mean }
                return Plotted(
                    value: value, trials: trials, isComplete: map.results[cell] == map.tasks[cell],
                    isInGrid: map.tasks[cell] > 0, diverged: map.diverged[cell])
            }
        }
        let fits = isRate && map.x.allSatisfy { $0.number != nil && $0.kind != .boolean } && map.x.count > 1
        boundaries = panels.map { panel in fits ? up.map { map.boundary(panel: panel, y: $0) } : [] }
        guard
            let contours = try SuccessContour.all(
                of: figure, file, in: map, panels: panels, across: across, up: up, x: x, y: y)
        else { return nil }
        self.contours = contours
    }

    // MARK: Data

    /// Blocks separated by two blank lines; for every panel: cells, boundaries, boundaries beyond the grid.
    var data: String {
        var text = "# \(figure.name)\n"
        for panel in cells.indices {
            text +=
                "# cells of panel '\(panelTitles[panel])': x y x_low x_high y_low y_high value trials complete diverged\n"
            text += blockOrPlaceholder(cellRows(panel))
            text += "# boundary: x y x_lower x_upper\n" + blockOrPlaceholder(boundaryRows(panel))
            text += "# boundary beyond the grid: x y dx dy\n" + blockOrPlaceholder(beyondRows(panel))
        }
        for theory in figure.theory {
            text += "# theory '\(theory.label)': x y\n"
            let rows = zip(theory.x, theory.y).map { "\(plotted($0)) \(plotted($1))" }
            text += blockOrPlaceholder(rows)
        }
        for contour in contours {
            text += "# contour '\(contour.label)' of panel '\(panelTitles[contour.panel])': x y\n"
            text += blockOrPlaceholder(contour.rows)
        }
        return text
    }

    private func blockOrPlaceholder(_ rows: [String]) -> String {
        (rows.isEmpty ? ["NaN NaN NaN NaN NaN NaN NaN 0 1 0"] : rows).joined(separator: "\n") + "\n\n\n"
    }

    private func cellRows(_ panel: Int) -> [String] {
        cells[panel].enumerated().compactMap { place, cell in
            guard cell.isInGrid else { return nil }
            let (row, column) = place.quotientAndRemainder(dividingBy: columns)
            let corners = [
                x.positions[column], y.positions[row], x.low[column], x.high[column], y.low[row], y.high[row],
            ]
            return (corners + [cell.value]).map(plotted).joined(separator: " ")
                + " \(cell.trials) \(cell.isComplete ? 1 : 0) \(cell.diverged)"
        }
    }

    private func boundaryRows(_ panel: Int) -> [String] {
        boundaries[panel].enumerated().compactMap { row, boundary in
            guard boundary.value.isFinite, let reach = reach(ofRow: row, inPanel: panel) else { return nil }
            let low = max(x.low[reach.lowerBound], boundary.interval.lower)
            let high = min(x.high[reach.upperBound], boundary.interval.upper)
            return [boundary.value, y.positions[row], low, high].map(plotted).joined(separator: " ")
        }
    }

    /// The first and the last column of a row that the grid has; nil when it has none of the row.
    private func reach(ofRow row: Int, inPanel panel: Int) -> ClosedRange<Int>? {
        let known = (0..<columns).filter { cells[panel][row * columns + $0].isInGrid }
        return known.first.flatMap { first in known.last.map { first...$0 } }
    }

    /// An arrow that ends in the last cell of its row, towards the side on which the boundary lies.
    private func beyondRows(_ panel: Int) -> [String] {
        boundaries[panel].enumerated().compactMap { row, boundary in
            guard boundary.value.isInfinite, let reach = reach(ofRow: row, inPanel: panel) else { return nil }
            let column = boundary.value > 0 ? reach.upperBound : reach.lowerBound
            let (last, edge) = (x.positions[column], boundary.value > 0 ? x.high[column] : x.low[column])
            // Nearly to the edge, so that the border does not cut the head.
            let end = x.isLogarithmic ? last * pow(edge / last, 0.9) : last + 0.9 * (edge - last)
            // Where cells are narrow it begins further back, so that it is seen.
            let share = boundary.value > 0 ? 0.05 : -0.05
            let back =
                x.isLogarithmic
                ? end / pow(x.range.high / x.range.low, share) : end - share * (x.range.high - x.range.low)
            let start = boundary.value > 0 ? min(last, back) : max(last, back)
            return [start, y.positions[row], end - start, 0].map(plotted).joined(separator: " ")
        }
    }

    private func hasRows(_ rows: (Int) -> [String]) -> Bool { cells.indices.contains { !rows($0).isEmpty } }

    // MARK: Script

    func script(formats: [String]) -> String {
        let items = legend
        let canvas = Canvas(
            panels: cells.count, panelWidth: panelSize.width, panelHeight: panelSize.height,
            hasTitle: !figure.title.isEmpty, caption: caption, hasPanelTitles: figure.panel != nil, hasColourBar: true,
            tickLength: y.ticks.map(\.label.count).max() ?? 1,
            hasTwoLineTitle: isTwoLineTitle(y.title, within: panelSize.height),
            hasTwoLineAbscissa: isTwoLineTitle(x.title, within: panelSize.width), legendLabels: items.map(\.label))
        var text = canvas.preamble(name: figure.name, formats: formats)
        text += Colours.gnuplotPalette
        if !figure.title.isEmpty {
            text += "set multiplot title \(quoted(figure.title)) font \",13\"\n"
        } else {
            text += "set multiplot\n"
        }
        text += """
            data = name.".dat"
            unset key
            set border lw 1 lc rgb "#404040"
            set tics out nomirror scale 0.6
            set xrange [\(plotted(x.range.low)):\(plotted(x.range.high))]
            set yrange [\(plotted(y.range.low)):\(plotted(y.range.high))]
            set style fill solid 1.0 border lc rgb "white"
            set cblabel \(axisTitle(barTitle, within: panelSize.height)) offset 0.5,0
            set object 1 rectangle from graph 0,0 to graph 1,1 behind fc rgb "#f4f4f4" fs solid 1.0 noborder

            """
        if figure.statistic == .successRate {
            text += "set cbrange [0:1]\nset cbtics 0.25\n"
        } else {
            text += "set cbrange [\(plotted(valueRange.low)):\(plotted(valueRange.high))]\n"
        }
        if x.isLogarithmic { text += "set logscale x\n" }
        if y.isLogarithmic { text += "set logscale y\n" }
        text += canvas.captionLine
        for panel in cells.indices {
            text += panelScript(panel, canvas)
            if panel == 0 { text += "unset label 8\n" }
        }
        text += legendScript(items, canvas)
        return text + "unset multiplot\nunset output\n}\n"
    }

    private var valueRange: (low: Double, high: Double) {
        let values = cells.joined().map(\.value).filter(\.isFinite)
        let (low, high) = (values.min() ?? 0, values.max() ?? 1)
        return low < high ? (low, high) : (low - 0.5, high + 0.5)
    }

    /// Cells of about 22 pixels while that gives a panel of a sensible size.
    private static func panelSize(panels: Int, columns: Int, lines: Int) -> (width: Double, height: Double) {
        let widest = panels == 1 ? 520.0 : panels == 2 ? 360.0 : 290.0
        return (min(widest, max(panels == 1 ? 360 : 210, 24 * Double(columns))), min(360, max(210, 30 * Double(lines))))
    }

    private func panelScript(_ panel: Int, _ canvas: Canvas) -> String {
        var text = marginsLine(canvas.margins(panel))
        text += panelTitles[panel].isEmpty ? "unset title\n" : "set title \(quoted(panelTitles[panel])) offset 0,-0.6\n"
        text +=
            canvas.isLowest(panel)
            ? "set xlabel \(axisTitle(x.title, within: canvas.panelWidth)) offset 0,0.2\n" : "unset xlabel\n"
        text +=
            canvas.isLeftmost(panel)
            ? "set ylabel \(axisTitle(y.title, within: canvas.panelHeight)) offset -0.5,0\n" : "unset ylabel\n"
        text += tics("x", x, labelled: true) + tics("y", y, labelled: canvas.isLeftmost(panel))
        if panel == cells.count - 1 {
            let bar = canvas.colourBar
            text += "set colorbox vertical user origin \(bar.origin) size \(bar.size)\n"
        } else {
            text += "unset colorbox\n"
        }
        let block = 3 * panel
        let border = columns * lines > 1500 ? "noborder" : "border lc rgb \"white\""
        var plots = [
            "data index \(block) using 1:2:3:4:5:6:7 with boxxyerror fs solid 1.0 \(border) fc palette lw 0.5",
            "data index \(block) using ($9 == 0 ? $1 : NaN):2:3:4:5:6 with boxxyerror fs transparent pattern 4 "
                + "noborder fc rgb \"#808080\" lw 0.7",
        ]
        if hasRows(divergedRows) {
            plots.append(
                "data index \(block) using ($10 > 0 ? $1 : NaN):2 with points pt 2 ps 0.6 lw 1.3 lc rgb \"white\"")
        }
        for (index, theory) in figure.theory.enumerated()
        where theory.panel == nil || theory.panel == panelValues[panel] {
            let style = style(of: theory)
            let source = "data index \(3 * cells.count + index) using 1:2 with lines"
            plots.append("\(source) lw 3.4 lc rgb \"white\"")
            plots.append("\(source) lw 1.8 dt \(dash(style)) lc rgb \"\(theoryColour(style))\"")
        }
        for (index, contour) in contours.enumerated() where contour.panel == panel {
            let source = "data index \(3 * cells.count + figure.theory.count + index) using 1:2 with lines"
            plots.append("\(source) lw 4.2 lc rgb \"white\"")
            plots.append("\(source) lw 2.2 lc rgb \"\(contourColour(of: contour))\"")
        }
        if hasRows(boundaryRows) {
            let source = "data index \(block + 1)"
            plots.append("\(source) using 1:2:3:4 with xerrorbars pt 0 lw 3.4 lc rgb \"white\"")
            plots.append("\(source) using 1:2:3:4 with xerrorbars pt 0 lw 1.3 lc rgb \"black\"")
            plots.append("\(source) using 1:2 with points pt 7 ps 0.75 lc rgb \"black\"")
            plots.append("\(source) using 1:2 with points pt 7 ps 0.5 lc rgb \"white\"")
        }
        if hasRows(beyondRows) {
            let source = "data index \(block + 2) using 1:2:3:4 with vectors"
            plots.append("\(source) filled head size screen 0.006,25 lw 3 lc rgb \"white\"")
            plots.append("\(source) filled head size screen 0.006,25 lw 1.3 lc rgb \"black\"")
        }
        return text + "plot " + plots.map { $0 + " notitle" }.joined(separator: ", \\\n     ") + "\n"
    }

    private func divergedRows(_ panel: Int) -> [String] { cells[panel].filter { $0.diverged > 0 }.map { _ in "" } }

    /// One style for all curves of a label, whatever their panels.
    private func style(of theory: Figure.Theory) -> Int {
        var labels: [String] = []
        for label in figure.theory.map(\.label) where !labels.contains(label) { labels.append(label) }
        return labels.firstIndex(of: theory.label) ?? 0
    }

    private func dash(_ index: Int) -> String { ["(8,5)", "(2,4)", "(12,4,2,4)", "solid"][index % 4] }

    private func theoryColour(_ index: Int) -> String { ["#D1001F", "#000000", "#B8009C", "#7A4A00"][index % 4] }

    private func contourColour(of contour: SuccessContour) -> String {
        let index = figure.contours?.firstIndex { $0.label == contour.label } ?? 0
        return ["#00A0E9", "#FF4FC3", "#FF6A00"][index % 3]
    }

    /// Entries of the legend: how each is drawn, and its label; equal labels of several panels are one entry.
    private var legend: [(style: String, label: String)] {
        var items: [(style: String, label: String)] = []
        for theory in figure.theory where !items.contains(where: { $0.label == theory.label }) {
            let style = style(of: theory)
            items.append(("with lines lw 1.8 dt \(dash(style)) lc rgb \"\(theoryColour(style))\"", theory.label))
        }
        for contour in contours where !items.contains(where: { $0.label == contour.label }) {
            items.append(("with lines lw 2.2 lc rgb \"\(contourColour(of: contour))\"", contour.label))
        }
        if hasRows(boundaryRows) {
            items.append(
                ("with points pt 6 ps 0.75 lw 1.5 lc rgb \"black\"", "fitted boundary, bracket or 95 % interval"))
        }
        if hasRows(beyondRows) {
            items.append(
                ("with vectors filled head size screen 0.006,25 lw 1.3 lc rgb \"black\"", "boundary beyond the grid"))
        }
        if cells.joined().contains(where: { $0.isInGrid && !$0.isComplete }) {
            items.append(("with boxes fs pattern 4 border lc rgb \"#808080\"", "missing results"))
        }
        if hasRows(divergedRows) {
            items.append(("with points pt 2 ps 0.7 lw 1.3 lc rgb \"#606060\"", "some trials diverged"))
        }
        return items
    }
}
