internal import Foundation
internal import Results
internal import SweepGrid

/// The data and the script of histograms: densities of a measurement's values, by panel and colour, with theory on top.
struct HistogramFigure {
    private let figure: Figure
    private let xTitle: String
    private let caption: String
    private let panels: [Value?]
    private let panelTitles: [String]
    private let colours: [Value?]
    private let colourTitle: String
    private let edges: [Double]
    /// By panel and colour, the density of each bin and the number of values.
    private let densities: [[(density: [Double], count: Int)]]

    /// - Returns: nil when the figure does not fit the file's design.
    init?(_ figure: Figure, _ file: PhaseDiagramFile) throws {
        self.figure = figure
        let design = file.design
        let axes = (figure.panel.map { [$0] } ?? []) + (figure.color.map { [$0] } ?? [])
        guard
            let pooled = try PooledValues(
                file, axes, selections: figure.selections, measurement: figure.measurement)
        else { return nil }
        xTitle = design.axisTitle(figure.measurement)
        caption = design.caption(of: figure)
        panels = figure.panel == nil ? [nil] : pooled.values[0]
        colours = figure.color == nil ? [nil] : pooled.values[axes.count - 1]
        colourTitle = figure.color.map { design.longName($0) } ?? ""
        panelTitles = design.panelTitles(
            figure.panel, panels, within: panelWidth(panels: panelCount(pooled, figure)))
        let values = pooled.cells.map { $0.joined().filter(\.isFinite) }
        let all = values.joined()
        let guides = (figure.guides ?? []).filter(\.isVertical).map(\.position)
        let theory = figure.theory.flatMap(\.x) + guides
        var (low, high) = (
            min(all.min() ?? 0, theory.min() ?? .infinity), max(all.max() ?? 1, theory.max() ?? -.infinity)
        )
        if !guides.isEmpty { (low, high) = (low - 0.03 * (high - low), high + 0.03 * (high - low)) }
        let edges = Bins.edges(over: (low, high), count: max(1, figure.bins ?? 30), of: Array(all))
        self.edges = edges
        let (count, first, width) = (edges.count - 1, edges[0], edges[1] - edges[0])
        let colourCount = colours.count
        densities = panels.indices.map { panel in
            (0..<colourCount).map { colour in
                var density = Array(repeating: 0.0, count: count)
                let values = values[panel * colourCount + colour]
                for value in values { density[min(count - 1, max(0, Int((value - first) / width)))] += 1 }
                return (density.map { $0 / max(1, Double(values.count)) / width }, values.count)
            }
        }
    }

    var data: String {
        var text = "# \(figure.name)\n"
        for (panel, curves) in densities.enumerated() {
            for (colour, curve) in curves.enumerated() {
                text +=
                    "# panel '\(panelTitles[panel])', '\(label(colour))', \(curve.count) values: bin middle, density\n"
                for (index, density) in curve.density.enumerated() {
                    text += "\(plotted((edges[index] + edges[index + 1]) / 2)) \(plotted(density))\n"
                }
                text += "\n\n"
            }
        }
        for theory in figure.theory {
            let rows = zip(theory.x, theory.y).map { "\(plotted($0)) \(plotted($1))" }
            text +=
                "# theory '\(theory.label)': x y\n" + (rows.isEmpty ? ["NaN NaN"] : rows).joined(separator: "\n")
                + "\n\n\n"
        }
        return text
    }

    private func label(_ colour: Int) -> String { colours[colour].map { FigureAxis.label($0) } ?? "" }

    func script(formats: [String]) -> String {
        let items = legend
        let width = panelWidth(panels: panels.count)
        let canvas = Canvas(
            panels: panels.count, panelWidth: width, panelHeight: 230, hasTitle: !figure.title.isEmpty,
            caption: caption, hasPanelTitles: figure.panel != nil, hasColourBar: false, tickLength: 7,
            hasTwoLineTitle: false, legendLabels: items.map(\.label))
        var text = canvas.preamble(name: figure.name, formats: formats)
        text += figure.title.isEmpty ? "set multiplot\n" : "set multiplot title \(quoted(figure.title)) font \",13\"\n"
        let highest = max(densities.joined().flatMap(\.density).max() ?? 1, figure.theory.flatMap(\.y).max() ?? 0)
        text += """
            data = name.".dat"
            unset key
            set border 3 lw 1 lc rgb "#404040"
            set tics out nomirror scale 0.6
            set format "%g"
            set grid y lc rgb "#e4e4e4" lw 0.6 lt 1
            set object 1 rectangle from graph 0,0 to graph 1,1 behind fc rgb "white" fs solid 1.0 noborder
            set xrange [\(plotted(edges[0])):\(plotted(edges[edges.count - 1]))]
            set yrange [0:\(plotted(highest > 0 ? 1.06 * highest : 1))]
            set boxwidth \(plotted(edges[1] - edges[0])) absolute

            """
        text += canvas.captionLine
        for panel in panels.indices {
            text += marginsLine(canvas.margins(panel))
            text +=
                panelTitles[panel].isEmpty ? "unset title\n" : "set title \(quoted(panelTitles[panel])) offset 0,-0.6\n"
            text +=
                canvas.isLowest(panel)
                ? "set xlabel \(axisTitle(xTitle, within: width)) offset 0,0.2\n" : "unset xlabel\n"
            text +=
                canvas.isLeftmost(panel)
                ? "set ylabel 'density' offset -0.5,0\nset format y '%g'\n" : "unset ylabel\nset format y ''\n"
            text += "set xtics auto\n" + guideArrows(panel)
            text += "plot " + plots(panel).map { $0 + " notitle" }.joined(separator: ", \\\n     ") + "\n"
            if panel == 0 { text += "unset label 8\n" }
        }
        return text + legendScript(items, canvas) + "unset multiplot\nunset output\n}\n"
    }

    private func plots(_ panel: Int) -> [String] {
        var plots = colours.indices.map { colour in
            let source = "data index \(panel * colours.count + colour) using 1:2"
            let paint = Colours.curves(colours.count)[colour]
            return colours.count == 1
                ? "\(source) with boxes fs solid 0.45 border lc rgb \"\(paint)\""
                : "\(source) with histeps lw 1.6 lc rgb \"\(paint)\""
        }
        for (index, theory) in figure.theory.enumerated() where theory.panel == nil || theory.panel == panels[panel] {
            let colour = theory.color.flatMap { color in colours.firstIndex { $0 == color } }
            let paint = colour.map { Colours.curves(colours.count)[$0] } ?? "#D1001F"
            plots.append(
                "data index \(panels.count * colours.count + index) using 1:2 with lines lw 1.8 dt (8,5) lc rgb \"\(colours.count == 1 ? "#D1001F" : paint)\""
            )
        }
        return plots
    }

    /// Upright lines, each in the colour that it belongs to.
    private func guideArrows(_ panel: Int) -> String {
        let guides = (figure.guides ?? []).filter { $0.isVertical && ($0.panel == nil || $0.panel == panels[panel]) }
        return "unset arrow\n"
            + guides.map { guide in
                let colour = guide.color.flatMap { color in colours.firstIndex { $0 == color } }
                let paint = colour.map { Colours.curves(colours.count)[$0] } ?? "#606060"
                let x = plotted(guide.position)
                return
                    "set arrow from first \(x), graph 0 to first \(x), graph 1 nohead lw 1.2 dt (3,3) lc rgb \"\(paint)\"\n"
            }.joined()
    }

    private var legend: [(style: String, label: String)] {
        var items: [(style: String, label: String)] = []
        if figure.color != nil { items.append(("with points pt 0 lc rgb \"#ffffff\"", colourTitle + ":")) }
        for colour in colours.indices where colours[colour] != nil {
            items.append(("with lines lw 1.8 lc rgb \"\(Colours.curves(colours.count)[colour])\"", label(colour)))
        }
        for guide in (figure.guides ?? []) where guide.isVertical && !items.contains(where: { $0.label == guide.label })
        {
            items.append(("with lines lw 1.2 dt (3,3) lc rgb \"#606060\"", guide.label))
        }
        for theory in figure.theory where !items.contains(where: { $0.label == theory.label }) {
            items.append(
                ("with lines lw 1.8 dt (8,5) lc rgb \"\(colours.count == 1 ? "#D1001F" : "#606060")\"", theory.label))
        }
        return items
    }
}

private func panelWidth(panels: Int) -> Double { panels == 1 ? 420 : 270 }

private func panelCount(_ pooled: PooledValues, _ figure: Figure) -> Int {
    figure.panel == nil ? 1 : pooled.values.first?.count ?? 1
}
