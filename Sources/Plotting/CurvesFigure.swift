internal import Foundation
internal import Results
internal import SweepGrid

/// The data and the script of curves over an axis or a recorded dimension, with bands, colours and panels.
struct CurvesFigure {
    private struct Point {
        var x: Double
        var y: Double
        var low: Double
        var high: Double
        var count: Int
    }

    private let figure: Figure
    private let xTitle: String
    private let yTitle: String
    private let colourTitle: String
    private let x: FigureAxis
    private let isRecorded: Bool
    private let panelValues: [Value?]
    private let panelTitles: [String]
    private let colours: [Value?]
    /// By panel, then colour.
    private let curves: [[[Point]]]

    /// - Returns: nil when the figure does not fit the file's design.
    init?(_ figure: Figure, _ file: PhaseDiagramFile) throws {
        self.figure = figure
        let design = file.design
        let recorded = design.schema.dimension(figure.x)
        isRecorded = recorded != nil
        let axes = (figure.panel.map { [$0] } ?? []) + (figure.color.map { [$0] } ?? [])
        guard
            let pooled = try PooledValues(
                file, axes + (recorded == nil ? [figure.x] : []), selections: figure.selections,
                measurement: figure.measurement, divergedIsNaN: figure.statistic == .successRate)
        else { return nil }
        let isArray = design.schema.measurements.contains { $0.name == figure.measurement && $0.dimension == figure.x }
        guard isArray == isRecorded else { return nil }

        xTitle = design.axisTitle(figure.x)
        yTitle = CurvesFigure.ordinateTitle(of: figure, design)
        colourTitle = figure.color.map { design.axisTitle($0) } ?? ""
        panelValues = figure.panel == nil ? [nil] : pooled.values[0]
        panelTitles = panelValues.map { design.panelTitle(figure.panel, $0) }
        let colours: [Value?] = figure.color == nil ? [nil] : pooled.values[axes.count - 1]
        self.colours = colours
        let values = recorded?.coordinates.map { Value.real($0) } ?? pooled.values[axes.count]
        // A logarithmic axis begins after zero, as training steps often do not.
        let shown = values.indices.filter { figure.xScale == .linear || (values[$0].number ?? 1) > 0 }
        x = FigureAxis(
            shown.map { values[$0] }, title: xTitle, scale: figure.xScale, labels: panelValues.count > 1 ? 8 : 12)
        let positions = x.positions
        curves = panelValues.indices.map { panel in
            colours.indices.map { colour in
                let curve = panel * colours.count + colour
                return zip(shown, positions).compactMap { index, position in
                    let cell = recorded == nil ? curve * values.count + index : curve
                    let measured = pooled.cells[cell][recorded == nil ? 0 : index]
                    return CurvesFigure.point(figure, x: position, measured)
                }.sorted { $0.x < $1.x }
            }
        }
    }

    /// The statistic of a figure at one abscissa; nil where there is nothing to show.
    private static func point(_ figure: Figure, x: Double, _ measured: [Double]) -> Point? {
        if figure.statistic == .successRate, let rule = figure.success {
            guard !measured.isEmpty else { return nil }
            let successes = measured.count { rule.holds($0) }
            let interval = wilsonInterval(successes: successes, trials: measured.count)
            return Point(
                x: x, y: Double(successes) / Double(measured.count), low: interval.lower, high: interval.upper,
                count: measured.count)
        }
        let summary = Summary(measured)
        guard summary.count > 0 else { return nil }
        let y = figure.statistic == .median ? summary.median : summary.mean
        let (low, high): (Double, Double) =
            switch figure.band {
            case .quartiles: (summary.lowerQuartile, summary.upperQuartile)
            case .standardError where summary.count > 1: (y - summary.standardError, y + summary.standardError)
            case .standardError, .wilson, .none: (y, y)
            }
        return Point(x: x, y: y, low: low, high: high, count: summary.count)
    }

    private static func ordinateTitle(of figure: Figure, _ design: Design) -> String {
        if figure.statistic == .successRate { return "success rate" }
        return "\(figure.statistic.rawValue) of \(design.axisTitle(figure.measurement))"
    }

    // MARK: Data

    /// One block per panel and colour, then one per theory curve.
    var data: String {
        var text = "# \(figure.name)\n"
        for (panel, curves) in curves.enumerated() {
            for (colour, points) in curves.enumerated() {
                text += "# panel '\(panelTitles[panel])', curve '\(label(colour))': x y low high values\n"
                let rows = points.map {
                    "\(plotted($0.x)) \(plotted($0.y)) \(plotted($0.low)) \(plotted($0.high)) \($0.count)"
                }
                text += (rows.isEmpty ? ["NaN NaN NaN NaN 0"] : rows).joined(separator: "\n") + "\n\n\n"
            }
        }
        for theory in figure.theory {
            text += "# theory '\(theory.label)': x y\n"
            let rows = zip(theory.x, theory.y).map { "\(plotted($0)) \(plotted($1))" }
            text += (rows.isEmpty ? ["NaN NaN"] : rows).joined(separator: "\n") + "\n\n\n"
        }
        return text
    }

    private func label(_ colour: Int) -> String {
        guard let value = colours[colour] else { return "" }
        return value.kind == .text ? value.description : "\(figure.color ?? "") = \(FigureAxis.label(value))"
    }

    // MARK: Script

    func script(formats: [String]) -> String {
        let items = legend
        let isWide = curves.count == 1
        let height = isWide ? 300.0 : 230.0
        let canvas = Canvas(
            panels: curves.count, panelWidth: isWide ? 460 : 270, panelHeight: height,
            hasTitle: !figure.title.isEmpty, hasPanelTitles: figure.panel != nil, hasColourBar: false,
            tickLength: 4, hasTwoLineTitle: isTwoLineTitle(yTitle, within: height), legendLabels: items.map(\.label))
        var text = canvas.preamble(name: figure.name, formats: formats)
        text += figure.title.isEmpty ? "set multiplot\n" : "set multiplot title \(quoted(figure.title)) font \",13\"\n"
        text += """
            data = name.".dat"
            unset key
            set border 3 lw 1 lc rgb "#404040"
            set tics out nomirror scale 0.6
            set format "%g"
            set grid lc rgb "#e4e4e4" lw 0.6 lt 1
            set object 1 rectangle from graph 0,0 to graph 1,1 behind fc rgb "white" fs solid 1.0 noborder

            """
        if x.isLogarithmic { text += "set logscale x\n" }
        if figure.yScale == .logarithmic { text += "set logscale y\n" }
        let range = xRange
        text += "set xrange [\(plotted(range.low)):\(plotted(range.high))]\n"
        text += "set yrange [\(yRange.low):\(yRange.high)]\n"
        for panel in curves.indices { text += panelScript(panel, canvas) }
        text += legendScript(items, canvas)
        return text + "unset multiplot\nunset output\n}\n"
    }

    private var xRange: (low: Double, high: Double) {
        let positions = x.positions.filter { !x.isLogarithmic || $0 > 0 }
        guard let low = positions.min(), let high = positions.max(), low < high else { return x.range }
        if x.isLogarithmic {
            let pad = pow(high / low, 0.03)
            return (low / pad, high * pad)
        }
        return (low - 0.03 * (high - low), high + 0.03 * (high - low))
    }

    /// One range for all panels; rates always show 0 and 1.
    private var yRange: (low: String, high: String) {
        if figure.statistic == .successRate && figure.yScale == .linear { return ("-0.04", "1.04") }
        var values = curves.joined().joined().flatMap { [$0.y, $0.low, $0.high] }
        values = values.filter { $0.isFinite && (figure.yScale == .linear || $0 > 0) }
        guard let low = values.min(), let high = values.max() else {
            return figure.yScale == .linear ? ("0", "1") : ("1", "10")
        }
        if figure.yScale == .logarithmic {
            let pad = high > low ? pow(high / low, 0.05) : 2
            return (plotted(low / pad), plotted(high * pad))
        }
        let pad = high > low ? 0.05 * (high - low) : max(0.5, abs(high) / 2)
        return (plotted(low >= 0 && low < pad * 4 ? min(0, low) - pad / 4 : low - pad), plotted(high + pad))
    }

    private func panelScript(_ panel: Int, _ canvas: Canvas) -> String {
        var text = marginsLine(canvas.margins(panel))
        text += panelTitles[panel].isEmpty ? "unset title\n" : "set title \(quoted(panelTitles[panel])) offset 0,-0.6\n"
        text +=
            canvas.isLowest(panel)
            ? "set xlabel \(axisTitle(xTitle, within: canvas.panelWidth)) offset 0,0.2\n" : "unset xlabel\n"
        text +=
            canvas.isLeftmost(panel)
            ? "set ylabel \(axisTitle(yTitle, within: canvas.panelHeight)) offset -0.5,0\nset format y '%g'\n"
            : "unset ylabel\nset format y ''\n"
        // Values of an axis are its ticks; a recorded dimension is a continuum.
        text += isRecorded ? "set xtics auto\n" : tics("x", x, labelled: true)
        var bands: [String] = []
        var lines: [String] = []
        for colour in colours.indices {
            let source = "data index \(panel * colours.count + colour)"
            let (paint, points) = (Colours.curves(colours.count)[colour], curves[panel][colour].count)
            if figure.band != .none {
                // Intervals of a rate pile up at 0 and 1, where bands would hide one another.
                let isBand = points > 1 && !hasBars
                bands.append(
                    isBand
                        ? "\(source) using 1:3:4 with filledcurves fs transparent solid \(opacity) noborder lc rgb \"\(paint)\""
                        : "\(source) using 1:2:3:4 with yerrorbars pt 0 lw 1 lc rgb \"\(paint)\"")
            }
            let style = points > 25 ? "with lines lw 1.8" : "with linespoints lw 1.8 pt \(marker(colour)) ps 0.7"
            lines.append("\(source) using 1:2 \(style) lc rgb \"\(paint)\"")
        }
        for (index, theory) in figure.theory.enumerated()
        where theory.panel == nil || theory.panel == panelValues[panel] {
            lines.append(
                "data index \(curves.count * colours.count + index) using 1:2 with lines lw 1.8 dt (8,5) "
                    + "lc rgb \"\(theoryColour(theory))\"")
        }
        if curves[panel].allSatisfy(\.isEmpty) {
            text += "set label 9 'no results' at graph 0.5,0.5 center tc rgb \"#707070\"\n"
            return text + "plot NaN notitle\nunset label 9\n"
        }
        return text + "plot " + (bands + lines).map { $0 + " notitle" }.joined(separator: ", \\\n     ") + "\n"
    }

    /// Whether intervals are bars at the points instead of a band.
    private var hasBars: Bool { figure.band == .wilson && x.positions.count <= 25 }

    /// Bands of many curves overlap, so each is fainter.
    private var opacity: Double { colours.count <= 3 ? 0.2 : colours.count <= Colours.distinct.count ? 0.1 : 0.05 }

    private func marker(_ colour: Int) -> Int { [7, 5, 9, 13, 11, 15][colour % 6] }

    /// A theory curve of one colour value has that colour; one for all is black.
    private func theoryColour(_ theory: Figure.Theory) -> String {
        guard let value = theory.color, let index = colours.firstIndex(of: value) else { return "#000000" }
        return Colours.curves(colours.count)[index]
    }

    private var legend: [(style: String, label: String)] {
        var items: [(style: String, label: String)] = []
        for colour in colours.indices where colours[colour] != nil {
            let paint = Colours.curves(colours.count)[colour]
            let isDense = curves.contains { $0[colour].count > 25 }
            let style = isDense ? "with lines lw 1.8" : "with linespoints lw 1.8 pt \(marker(colour)) ps 0.7"
            items.append(("\(style) lc rgb \"\(paint)\"", label(colour)))
        }
        for theory in figure.theory where !items.contains(where: { $0.label == theory.label }) {
            items.append(("with lines lw 1.8 dt (8,5) lc rgb \"\(theoryColour(theory))\"", theory.label))
        }
        let words: String? =
            switch figure.band {
            case .wilson: "Wilson 95 % interval"
            case .quartiles: "quartiles"
            case .standardError: "one standard error"
            case .none: nil
            }
        let sample =
            hasBars
            ? "with points pt 0 lc rgb \"#ffffff\"" : "with boxes fs solid 0.25 noborder lc rgb \"#808080\""
        if let words { items.append((sample, hasBars ? "bars: \(words)" : words)) }
        return items
    }
}
