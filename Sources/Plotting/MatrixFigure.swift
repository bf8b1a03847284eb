internal import Foundation
internal import Results
internal import SweepGrid

/// The data and the script of an image grid: an array measurement reshaped to rows and columns, an image per panel.
struct MatrixFigure {
    private let figure: Figure
    private let title: String
    private let caption: String
    private let panelTitles: [String]
    private let rows: Int
    private let columns: Int
    /// By panel, the mean over replicates, row by row.
    private let images: [[Double]]

    /// - Returns: nil when the figure does not fit the file's design.
    init?(_ figure: Figure, _ file: PhaseDiagramFile) throws {
        guard let shape = figure.shape, shape.count == 2, shape.allSatisfy({ (1...65_536).contains($0) }),
            let pooled = try PooledValues(
                file, figure.panel.map { [$0] } ?? [], selections: figure.selections, measurement: figure.measurement),
            pooled.cells.first?.count == shape[0] * shape[1]
        else { return nil }
        self.figure = figure
        let design = file.design
        title = "mean of \(design.axisTitle(figure.measurement))"
        caption = design.caption(of: figure)
        let panels: [Value?] = figure.panel == nil ? [nil] : pooled.values[0]
        panelTitles = design.panelTitles(figure.panel, panels, within: 180)
        (rows, columns) = (shape[0], shape[1])
        images = pooled.cells.map { $0.map { Summary($0).mean } }
    }

    var data: String {
        var text = "# \(figure.name): a matrix of \(rows) x \(columns) per panel, the first row on top\n"
        for (panel, image) in images.enumerated() {
            text += "# panel '\(panelTitles[panel])'\n"
            for row in 0..<rows {
                text += image[row * columns..<(row + 1) * columns].map(plotted).joined(separator: " ") + "\n"
            }
            text += "\n\n"
        }
        return text
    }

    func script(formats: [String]) -> String {
        let side = images.count == 1 ? 320.0 : 180.0
        let canvas = Canvas(
            panels: images.count, panelWidth: side, panelHeight: side * Double(rows) / Double(max(1, columns)),
            hasTitle: !figure.title.isEmpty, caption: caption, hasPanelTitles: figure.panel != nil, hasColourBar: true,
            tickLength: 0, hasTwoLineTitle: false, legendLabels: [])
        let values = images.joined().filter(\.isFinite)
        let (low, high) = (values.min() ?? 0, values.max() ?? 1)
        // Signed values get a palette that is white at zero and equally long on both sides.
        let isSigned = low < 0 && high > 0
        let largest = max(abs(low), abs(high), 1e-300)
        var text = canvas.preamble(name: figure.name, formats: formats)
        text += isSigned ? Colours.signedGnuplotPalette : Colours.gnuplotPalette
        text += figure.title.isEmpty ? "set multiplot\n" : "set multiplot title \(quoted(figure.title)) font \",13\"\n"
        text += """
            data = name.".dat"
            unset key
            unset tics
            set border lw 1 lc rgb "#404040"
            set xrange [-0.5:\(columns - 1).5]
            set yrange [\(rows - 1).5:-0.5]
            set cbrange [\(plotted(isSigned ? -largest : low)):\(plotted(isSigned ? largest : max(high, low + 1e-300)))]
            set cblabel \(axisTitle(title, within: side)) offset 0.5,0
            set cbtics

            """
        text += canvas.captionLine
        for panel in images.indices {
            text += marginsLine(canvas.margins(panel))
            text +=
                panelTitles[panel].isEmpty ? "unset title\n" : "set title \(quoted(panelTitles[panel])) offset 0,-0.6\n"
            let bar = canvas.colourBar
            text +=
                panel == images.count - 1
                ? "set colorbox vertical user origin \(bar.origin) size \(bar.size)\n" : "unset colorbox\n"
            text += "plot data index \(panel) matrix with image notitle\n"
            if panel == 0 { text += "unset label 8\n" }
        }
        return text + "unset multiplot\nunset output\n}\n"
    }
}
