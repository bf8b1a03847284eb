internal import Foundation
internal import Results
internal import SweepGrid

/// The data and the script of curves over an axis or a recorded dimension, with bands, colours and panels.
struct CurvesFigure {
    struct Point {
        var x: Double
        var y: Double
        var low: Double
        var high: Double
        var count: Int
        /// Replicates that have diverged; y is NaN where all have.
        var diverged = 0
    }

    let figure: Figure
    private let xTitle: String
    private let yTitle: String
    private let colourTitle: String
    private let x: FigureAxis
    private let isContinuous: Bool
    private let caption: String
    private let panelValues: [Value?]
    let panelTitles: [String]
    let colours: [Value?]
    /// By panel, then colour.
    let curves: [[[Point]]]
    private(set) var distribution: AbscissaDistribution?

    /// - Returns: nil when the figure does not fit the file's design.
    init?(_ figure: Figure, _ file: PhaseDiagramFile) throws {
        self.figure = figure
        let design = file.design
        let recorded = design.schema.dimension(figure.x)
        let isRecorded = recorded != nil
        isContinuous = isRecorded || figure.abscissa != nil
        let axes = (figure.panel.map { [$0] } ?? []) + (figure.color.map { [$0] } ?? [])
        guard
            let pooled = try PooledValues(
                file, axes + (recorded == nil ? [figure.x] : []), selections: figure.selections,
                measurement: figure.measurement, divergedIsNaN: figure.statistic == .successRate)
        else { return nil }
        let isArray = design.schema.measurements.contains { $0.name == figure.measurement && $0.dimension == figure.x }
        guard isArray == isRecorded else { return nil }

        xTitle = figure.abscissa?.title ?? design.axisTitle(figure.x)
        yTitle = CurvesFigure.ordinateTitle(of: figure, design)
        colourTitle = figure.color.map { design.longName($0) } ?? ""
        caption = design.caption(of: figure)
        let values = recorded?.coordinates.map { Value.real($0) } ?? pooled.values[axes.count]
        let allPanels: [Value?] = figure.panel == nil ? [nil] : pooled.values[0]
        let allColours: [Value?] = figure.color == nil ? [nil] : pooled.values[axes.count - 1]
        func hasTasks(_ panel: Int, _ colour: Int) -> Bool {
            let curve = panel * allColours.count + colour
            // A figure without any point is drawn empty.
            guard pooled.tasks.contains(where: { $0 > 0 }) else { return true }
            return isRecorded
                ? pooled.tasks[curve] > 0
                : values.indices.contains { pooled.tasks[curve * values.count + $0] > 0 }
        }
        // Panels and colours without any point are left out: a union rarely fills its box.
        let panels = allPanels.indices.filter { panel in allColours.indices.contains { hasTasks(panel, $0) } }
        let colourIndices = allColours.indices.filter { colour in panels.contains { hasTasks($0, colour) } }
        panelValues = panels.map { allPanels[$0] }
        let width = CurvesFigure.panelWidth(panels: panels.count)
        panelTitles = design.panelTitles(figure.panel, panelValues, within: width)
        colours = colourIndices.map { allColours[$0] }
        // A logarithmic axis begins after zero, as training steps often do not.
        let shown = values.indices.filter { figure.xScale == .linear || (values[$0].number ?? 1) > 0 }
        x = FigureAxis(shown.map { values[$0] }, title: xTitle, scale: figure.xScale, pixels: width)
        let positions = x.positions
        curves = panels.map { panel in
            colourIndices.map { colour in
                let curve = panel * allColours.count + colour
                let rescaled = figure.abscissa?.curves.first {
                    ($0.panel == nil || $0.panel == allPanels[panel])
                        && ($0.color == nil || $0.color == allColours[colour])
                }
                return zip(shown, positions).compactMap { index, position in
                    let cell = isRecorded ? curve : curve * values.count + index
                    let measured = pooled.cells[cell][isRecorded ? index : 0]
                    guard let x = CurvesFigure.abscissa(position, in: rescaled), figure.xScale == .linear || x > 0
                    else {
                        return nil
                    }
                    // A curve along a recorded dimension is marked at its end.
                    let diverged = isRecorded && index != shown.last ? 0 : pooled.diverged[cell]
                    var point = CurvesFigure.point(figure, x: x, measured)
                    if diverged > 0 && point == nil { point = Point(x: x, y: .nan, low: .nan, high: .nan, count: 0) }
                    point?.diverged = diverged
                    return point
                }.sorted { $0.x < $1.x }
            }
        }
        distribution = try AbscissaDistribution(
            figure, file, curves: panelValues.flatMap { panel in colours.map { (panel, $0) } }, range: xRange,
            isLogarithmic: isLogarithmic)
    }

    /// The computed abscissa of a value of the axis, which stands among the ordinates of the frozen curve.
    private static func abscissa(_ position: Double, in rescaled: Figure.Theory?) -> Double? {
        guard let rescaled else { return position }
        return rescaled.x.firstIndex(of: position).map { rescaled.y[$0] }
    }

    private static func panelWidth(panels: Int) -> Double { panels == 1 ? 460 : 270 }

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

    // MARK: Script

    func script(formats: [String]) -> String {
        let items = legend
        let isWide = curves.count == 1
        let height = isWide ? 300.0 : 230.0
        let canvas = Canvas(
            panels: curves.count, panelWidth: CurvesFigure.panelWidth(panels: curves.count), panelHeight: height,
            hasTitle: !figure.title.isEmpty, caption: caption, hasPanelTitles: figure.panel != nil, hasColourBar: false,
            tickLength: 4, hasTwoLineTitle: isTwoLineTitle(yTitle, within: height),
            hasTwoLineAbscissa: isTwoLineTitle(xTitle, within: CurvesFigure.panelWidth(panels: curves.count)),
            legendLabels: items.map(\.label))
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
        if isLogarithmic { text += "set logscale x\n" }
        if figure.yScale == .logarithmic { text += "set logscale y\n" }
        let range = xRange
        text += "set xrange [\(plotted(range.low)):\(plotted(range.high))]\n"
        text += "set yrange [\(yRange.low):\(yRange.high)]\n"
        text += canvas.captionLine
        for panel in curves.indices {
            text += panelScript(panel, canvas)
            if panel == 0 { text += "unset label 8\n" }
        }
        text += legendScript(items, canvas)
        return text + "unset multiplot\nunset output\n}\n"
    }

    private var isLogarithmic: Bool { figure.abscissa == nil ? x.isLogarithmic : figure.xScale == .logarithmic }

    private var xRange: (low: Double, high: Double) {
        let guides = (figure.guides ?? []).filter(\.isVertical).flatMap { [$0.position, $0.end ?? $0.position] }
        let all = figure.abscissa == nil ? x.positions : curves.joined().joined().map(\.x)
        let positions = (all + guides).filter { !isLogarithmic || $0 > 0 }
        guard let low = positions.min(), let high = positions.max(), low < high else { return x.range }
        if isLogarithmic {
            let pad = pow(high / low, 0.03)
            return (low / pad, high * pad)
        }
        return (low - 0.03 * (high - low), high + 0.03 * (high - low))
    }

    /// One range for all panels; rates always show 0 and 1.
    var yRange: (low: String, high: String) {
        if figure.statistic == .successRate && figure.yScale == .linear { return ("-0.04", "1.04") }
        var values = curves.joined().joined().flatMap { [$0.y, $0.low, $0.high] }
        values += (figure.guides ?? []).filter { !$0.isVertical }.flatMap { [$0.position, $0.end ?? $0.position] }
        values += (figure.published ?? []).flatMap(\.y)
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
        text += isContinuous ? "set xtics auto\n" : tics("x", x, labelled: true)
        text += guideObjects(panel)
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
        var first = curves.count * colours.count
        if !diverged.isEmpty {
            lines.append(
                "data index \(first) using ($1==\(panel)?$2:NaN):3 with points pt 2 ps 1.1 lw 1.6 lc rgb \"#000000\"")
            first += 1
        }
        for (index, published) in (figure.published ?? []).enumerated()
        where published.panel == nil || published.panel == panelValues[panel] {
            lines.append(
                "data index \(first + index) using 1:2 with points pt 4 ps 0.9 lw 1.3 lc rgb \"\(theoryColour(published))\""
            )
        }
        for (index, theory) in figure.theory.enumerated()
        where isDrawn(theory, inPanel: panel) {
            lines.append(
                "data index \(first + (figure.published?.count ?? 0) + index) using 1:2 with lines lw 1.8 dt \(dash(theory)) "
                    + "lc rgb \"\(theoryColour(theory))\"")
        }
        if let distribution {
            let hills = first + (figure.published?.count ?? 0) + figure.theory.count + panel * colours.count
            for colour in colours.indices
            where distribution.hills[panel * colours.count + colour].contains(where: { $0 > 0 }) {
                bands.append(
                    "data index \(hills + colour) using 1:2:3 with filledcurves fs transparent solid 0.3 noborder "
                        + "lc rgb \"\(Colours.curves(colours.count)[colour])\"")
            }
        }
        if curves[panel].allSatisfy(\.isEmpty) {
            text += "set label 9 'no results' at graph 0.5,0.5 center tc rgb \"#707070\"\n"
            return text + "plot NaN notitle\nunset label 9\n"
        }
        return text + "plot " + (bands + lines).map { $0 + " notitle" }.joined(separator: ", \\\n     ") + "\n"
    }

    /// Whether a theory curve belongs to a panel, and to points that the panel has or to all of them.
    private func isDrawn(_ theory: Figure.Theory, inPanel panel: Int) -> Bool {
        guard theory.panel == nil || theory.panel == panelValues[panel] else { return false }
        guard let value = theory.color else { return true }
        return colours.firstIndex(of: value).map { !curves[panel][$0].isEmpty } ?? false
    }

    /// Each theory of a figure has dashes of its own, since its colours may be those of another.
    private func dash(_ theory: Figure.Theory) -> String {
        var labels: [String] = []
        for other in figure.theory where !labels.contains(other.label) { labels.append(other.label) }
        return ["(8,5)", "(2,3)", "(10,3,2,3)"][(labels.firstIndex(of: theory.label) ?? 0) % 3]
    }

    private func guides(_ panel: Int) -> [Figure.Guide] {
        (figure.guides ?? []).filter { $0.panel == nil || $0.panel == panelValues[panel] }
            .filter { $0.color == nil || colours.contains($0.color) }
    }

    /// Bands behind the curves, and lines in the colour that each belongs to.
    private func guideObjects(_ panel: Int) -> String {
        var text = "unset arrow\n" + (2..<8).map { "unset object \($0)\n" }.joined()
        for (index, guide) in guides(panel).enumerated() {
            let start = plotted(guide.position)
            func corners(to end: String) -> String {
                guide.isVertical
                    ? "first \(start), graph 0 to first \(end), graph 1"
                    : "graph 0, first \(start) to graph 1, first \(end)"
            }
            if let end = guide.end {
                text +=
                    "set object \(2 + index % 6) rectangle from \(corners(to: plotted(end))) behind fc rgb \"#e8e8e8\" fs solid 1.0 noborder\n"
            } else {
                let colour = guide.color.flatMap { color in colours.firstIndex { $0 == color } }
                let paint = colour.map { Colours.curves(colours.count)[$0] } ?? "#606060"
                text += "set arrow from \(corners(to: start)) nohead back lw 1.2 dt (3,3) lc rgb \"\(paint)\"\n"
            }
        }
        return text
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
        if figure.color != nil && colours.contains(where: { $0?.kind != .text }) {
            items.append(("with points pt 0 lc rgb \"#ffffff\"", colourTitle + ":"))
        }
        for colour in colours.indices where colours[colour] != nil {
            let paint = Colours.curves(colours.count)[colour]
            let isDense = curves.contains { $0[colour].count > 25 }
            let style = isDense ? "with lines lw 1.8" : "with linespoints lw 1.8 pt \(marker(colour)) ps 0.7"
            items.append(("\(style) lc rgb \"\(paint)\"", label(colour)))
        }
        if !diverged.isEmpty {
            items.append(("with points pt 2 ps 1.1 lw 1.6 lc rgb \"#000000\"", "some replicates diverged"))
        }
        for published in figure.published ?? [] where !items.contains(where: { $0.label == published.label }) {
            let paint = published.color == nil ? theoryColour(published) : "#606060"
            items.append(("with points pt 4 ps 0.9 lw 1.3 lc rgb \"\(paint)\"", published.label))
        }
        for guide in figure.guides ?? [] where !items.contains(where: { $0.label == guide.label }) {
            items.append(
                guide.end == nil
                    ? ("with lines lw 1.2 dt (3,3) lc rgb \"#606060\"", guide.label)
                    : ("with boxes fs solid 1.0 noborder lc rgb \"#e8e8e8\"", guide.label))
        }
        let drawn = figure.theory.filter { theory in curves.indices.contains { isDrawn(theory, inPanel: $0) } }
        for theory in drawn where !items.contains(where: { $0.label == theory.label }) {
            // A theory with a curve for each colour belongs to none of them.
            let paints = Set(drawn.filter { $0.label == theory.label }.map(theoryColour))
            let paint = paints.count == 1 ? theoryColour(theory) : "#606060"
            items.append(("with lines lw 1.8 dt \(dash(theory)) lc rgb \"\(paint)\"", theory.label))
        }
        if let distribution {
            items.append(("with boxes fs solid 0.3 noborder lc rgb \"#606060\"", distribution.label))
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
