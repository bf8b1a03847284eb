internal import Foundation
internal import Results
internal import SweepGrid

/// The data and the script of thresholds against an axis in double-logarithmic scale, with fitted power laws and bands.
struct PowerLawFigure {
    private let figure: Figure
    private let table: PowerLawTable
    private let xTitle: String
    private let yTitle: String
    private let facetTitle: String
    private let caption: String

    /// - Returns: nil when the figure does not fit the file's design.
    init?(_ figure: Figure, _ file: PhaseDiagramFile) throws {
        guard let table = try file.powerLaws(figure), let axis = figure.y else { return nil }
        self.figure = figure
        self.table = table
        let design = file.design
        xTitle = design.axisTitle(figure.x)
        yTitle = design.axisTitle(axis) + " for success in half of the trials"
        facetTitle = (figure.color ?? figure.panel).map { design.longName($0) } ?? ""
        caption = design.caption(of: figure)
    }

    /// Facets with a threshold in the grid.
    private var shown: [Int] {
        table.laws.indices.filter { table.laws[$0].rows.contains { $0.threshold.isFinite && $0.threshold > 0 } }
    }

    private func used(_ law: PowerLawFit) -> [PowerLawFit.Row] {
        law.rows.filter { $0.threshold.isFinite && $0.threshold > 0 }
    }

    /// Abscissas of the line and its band: a little beyond the thresholds.
    private func abscissas(_ law: PowerLawFit) -> [Double] {
        let x = used(law).map(\.x)
        guard let low = x.min(), let high = x.max(), low < high, law.exponent.isFinite else { return [] }
        return (0...40).map { low / 1.1 * pow(high / low * 1.21, Double($0) / 40) }
    }

    // MARK: Data

    /// For every facet: thresholds, then the law with its band; then the guide slopes.
    var data: String {
        var text = "# \(figure.name)\n"
        for index in shown {
            let law = table.laws[index]
            text += "# thresholds '\(label(index))': x threshold low high\n"
            for row in used(law) {
                let (low, high) = (
                    max(row.interval.lower, row.threshold / 1e3), min(row.interval.upper, row.threshold * 1e3)
                )
                text += [row.x, row.threshold, low, high].map(plotted).joined(separator: " ") + "\n"
            }
            text += "\n\n# law '\(label(index))': x value low high\n"
            let lines = abscissas(law).map { x -> String in
                let (value, band) = law.value(at: x)
                return [x, value, band.lower, band.upper].map(plotted).joined(separator: " ")
            }
            text += (lines.isEmpty ? ["NaN NaN NaN NaN"] : lines).joined(separator: "\n") + "\n\n\n"
        }
        for slope in figure.slopes ?? [] {
            text +=
                "# slope \(slope)\n" + guide(slope).map { "\(plotted($0.x)) \(plotted($0.y))" }.joined(separator: "\n")
            text += "\n\n\n"
        }
        return text
    }

    /// A line of that slope below all thresholds of the law that is nearest in slope.
    private func guide(_ slope: Double) -> [(x: Double, y: Double)] {
        let laws = shown.map { table.laws[$0] }.filter(\.exponent.isFinite)
        let nearest = laws.min { abs($0.exponent - slope) < abs($1.exponent - slope) }
        let points = nearest.map(used) ?? []
        guard let low = points.map(\.x).min(), let high = points.map(\.x).max() else { return [(.nan, .nan)] }
        let height = 0.55 * (points.map { $0.threshold / pow($0.x, slope) }.min() ?? 0)
        return [low, high].map { ($0, height * pow($0, slope)) }
    }

    private func label(_ index: Int) -> String { table.facets[index].map { FigureAxis.label($0) } ?? "" }

    private func lawLabel(_ index: Int) -> String {
        let law = table.laws[index]
        let name = label(index).isEmpty ? "" : label(index) + ": "
        guard law.exponent.isFinite else { return name + "no law fitted" }
        let band = law.exponentInterval
        return name + String(format: "exponent %.2f [%.2f, %.2f]", law.exponent, band.lower, band.upper)
    }

    // MARK: Script

    func script(formats: [String]) -> String {
        let items = legend
        let axis = FigureAxis(table.x, title: xTitle, scale: .logarithmic, pixels: 420)
        let canvas = Canvas(
            panels: 1, panelWidth: 420, panelHeight: 340, hasTitle: !figure.title.isEmpty, caption: caption,
            hasPanelTitles: false, hasColourBar: false, tickLength: 5,
            hasTwoLineTitle: isTwoLineTitle(yTitle, within: 340), legendLabels: items.map(\.label))
        var text = canvas.preamble(name: figure.name, formats: formats)
        text += figure.title.isEmpty ? "set multiplot\n" : "set multiplot title \(quoted(figure.title)) font \",13\"\n"
        text += """
            data = name.".dat"
            unset key
            set border 3 lw 1 lc rgb "#404040"
            set tics out nomirror scale 0.6
            set logscale xy
            set format y "1e%T"
            set grid lc rgb "#e4e4e4" lw 0.6 lt 1
            set object 1 rectangle from graph 0,0 to graph 1,1 behind fc rgb "white" fs solid 1.0 noborder

            """
        let points = shown.flatMap { used(table.laws[$0]) }
        if let low = points.map(\.x).min(), let high = points.map(\.x).max() {
            text += "set xrange [\(plotted(low / 1.15)):\(plotted(high * 1.15))]\n"
        } else {
            text +=
                "set xrange [1:10]\nset yrange [1:10]\nset label 9 'no threshold lies in the grid' at graph 0.5,0.5 center tc rgb \"#707070\"\n"
        }
        text += marginsLine(canvas.margins(0)) + canvas.captionLine
        text += "set xlabel \(axisTitle(xTitle, within: 420)) offset 0,0.2\n"
        text += "set ylabel \(axisTitle(yTitle, within: 340)) offset -0.5,0\n" + tics("x", axis, labelled: true)
        text +=
            "plot " + (plots.isEmpty ? ["NaN"] : plots).map { $0 + " notitle" }.joined(separator: ", \\\n     ") + "\n"
        text += "unset label 8\nunset label 9\nset format y '%g'\n" + legendScript(items, canvas)
        return text + "unset multiplot\nunset output\n}\n"
    }

    private var plots: [String] {
        var bands: [String] = []
        var lines: [String] = []
        for (place, index) in shown.enumerated() {
            let paint = colour(place)
            bands.append(
                "data index \(2 * place + 1) using 1:3:4 with filledcurves fs transparent solid 0.18 noborder lc rgb \"\(paint)\""
            )
            lines.append("data index \(2 * place + 1) using 1:2 with lines lw 1.8 lc rgb \"\(paint)\"")
            lines.append("data index \(2 * place) using 1:2:3:4 with yerrorbars pt 0 lw 1.2 lc rgb \"\(paint)\"")
            lines.append("data index \(2 * place) using 1:2 with points pt \(marker(place)) ps 0.9 lc rgb \"\(paint)\"")
            _ = index
        }
        if !shown.isEmpty {
            for slope in (figure.slopes ?? []).indices {
                lines.append(
                    "data index \(2 * shown.count + slope) using 1:2 with lines lw 1.4 dt (2,4) lc rgb \"\(guideColour(slope))\""
                )
            }
        }
        return bands + lines
    }

    private func colour(_ place: Int) -> String { Colours.curves(max(1, shown.count))[place] }
    private func marker(_ place: Int) -> Int { [7, 5, 9, 13, 11, 15][place % 6] }
    private func guideColour(_ index: Int) -> String { ["#707070", "#000000", "#A05000"][index % 3] }

    private var legend: [(style: String, label: String)] {
        var items: [(style: String, label: String)] = []
        for (place, index) in shown.enumerated() {
            items.append(
                ("with linespoints lw 1.8 pt \(marker(place)) ps 0.9 lc rgb \"\(colour(place))\"", lawLabel(index)))
        }
        for (index, slope) in (figure.slopes ?? []).enumerated() where guide(slope).allSatisfy(\.x.isFinite) {
            items.append(
                (
                    "with lines lw 1.4 dt (2,4) lc rgb \"\(guideColour(index))\"",
                    "slope \(FigureAxis.label(.real(slope)))"
                ))
        }
        if !shown.isEmpty {
            items.append(("with boxes fs solid 0.25 noborder lc rgb \"#808080\"", "95 % by bootstrap"))
        }
        return items
    }
}
