internal import Foundation
internal import Results
internal import SweepGrid

/// The data and the script of a grid of small images on one range of colours, from the first replicate.
struct ImageGridFigure {
    /// Where one image stands, in pixels of the sheet from the lower left corner of the panel.
    private struct Tile {
        let x: Double
        let y: Double
        /// Row by row, the uppermost first.
        let pixels: [Double]
    }

    private let figure: Figure
    private let layout: Figure.Tiles
    private let barTitle: String
    private let caption: String
    private let tiles: [Tile]
    private let size: (width: Double, height: Double)
    /// The middle of each column and row, and the middle of each group.
    private let columnPlaces: [Double]
    private let rowPlaces: [Double]
    private let groupPlaces: [Double]

    /// The side of a pixel of an image, and the space between images and between groups of them.
    private static let (side, gap, groupGap) = (9.0, 7.0, 26.0)

    /// - Returns: nil when the figure does not fit the file's design.
    init?(_ figure: Figure, _ file: PhaseDiagramFile) throws {
        guard let layout = figure.tiles, let count = layout.pixelCount,
            let pooled = try PooledValues(
                file, [], selections: figure.selections, measurement: figure.measurement, replicates: 1),
            let columns = pooled.cells.first, columns.count == count
        else { return nil }
        self.figure = figure
        self.layout = layout
        let design = file.design
        barTitle = design.axisTitle(figure.measurement)
        caption = [design.caption(of: figure), "first replicate"].filter { !$0.isEmpty }.joined(separator: "; ")

        let (width, height) = (Double(layout.width) * Self.side, Double(layout.height) * Self.side)
        var columnStarts: [Double] = []
        var groupPlaces: [Double] = []
        var end = 0.0
        for group in layout.groups where !group.columns.isEmpty {
            let start = end + (columnStarts.isEmpty ? 0 : Self.groupGap)
            columnStarts += group.columns.indices.map { start + Double($0) * (width + Self.gap) }
            end = (columnStarts.last ?? 0) + width
            groupPlaces.append((start + end) / 2)
        }
        let rowStarts = layout.rows.indices.map { Double(layout.rows.count - 1 - $0) * (height + Self.gap) }
        size = (end, (rowStarts.first ?? 0) + height)
        self.groupPlaces = groupPlaces
        columnPlaces = columnStarts.map { $0 + width / 2 }
        rowPlaces = rowStarts.map { $0 + height / 2 }
        let values = columns.map { Summary($0).mean }
        let pixels = layout.height * layout.width
        tiles = rowStarts.enumerated().flatMap { row, y in
            columnStarts.enumerated().map { column, x in
                let first = (row * columnStarts.count + column) * pixels
                return Tile(x: x, y: y, pixels: Array(values[first..<first + pixels]))
            }
        }
    }

    // MARK: Data

    /// A block for each image, row by row of the grid, its uppermost row of pixels first.
    var data: String {
        let columns = layout.groups.flatMap { group in group.columns.map { "\(group.title) \($0)" } }
        var text = "# \(figure.name): images of \(layout.height) x \(layout.width) pixels, the first row on top\n"
        for (index, tile) in tiles.enumerated() {
            let (row, column) = index.quotientAndRemainder(dividingBy: columnPlaces.count)
            text += "# '\(layout.rows[row])', '\(columns[column])'\n"
            for row in 0..<layout.height {
                text +=
                    tile.pixels[row * layout.width..<(row + 1) * layout.width].map(plotted).joined(separator: " ")
                    + "\n"
            }
            text += "\n\n"
        }
        return text
    }

    // MARK: Script

    func script(formats: [String]) -> String {
        let canvas = Canvas(
            panels: 1, panelWidth: size.width, panelHeight: size.height, hasTitle: !figure.title.isEmpty,
            caption: caption, hasPanelTitles: layout.groups.contains { !$0.title.isEmpty }, hasColourBar: true,
            tickLength: layout.rows.map(\.count).max() ?? 0, hasTwoLineTitle: false, legendLabels: [])
        let values = tiles.flatMap(\.pixels).filter(\.isFinite)
        let largest = max(values.map(abs).max() ?? 1, 1e-300)
        var text = canvas.preamble(name: figure.name, formats: formats)
        text += Colours.signedGnuplotPalette
        text += figure.title.isEmpty ? "set multiplot\n" : "set multiplot title \(quoted(figure.title)) font \",13\"\n"
        let names = layout.groups.flatMap(\.columns)
        text += """
            data = name.".dat"
            unset key
            unset border
            set xrange [0:\(plotted(size.width))]
            set yrange [0:\(plotted(size.height))]
            set cbrange [\(plotted(-largest)):\(plotted(largest))]
            set cblabel \(axisTitle(barTitle, within: size.height)) offset 0.5,0
            set xtics (\(ticks(names, at: columnPlaces))) scale 0 nomirror
            set ytics (\(ticks(layout.rows, at: rowPlaces))) scale 0 nomirror
            set colorbox vertical user origin \(canvas.colourBar.origin) size \(canvas.colourBar.size)

            """
        text += canvas.captionLine + marginsLine(canvas.margins(0))
        if !layout.columnTitle.isEmpty { text += "set xlabel \(quoted(layout.columnTitle)) offset 0,0.2\n" }
        let groups = layout.groups.filter { !$0.columns.isEmpty }
        for (index, (group, place)) in zip(groups, groupPlaces).enumerated() {
            let position = "first \(plotted(place)), graph 1 offset 0,0.8"
            text += "set label \(10 + index) \(quoted(group.title)) at \(position) center\n"
        }
        let (width, height) = (Double(layout.width) * Self.side, Double(layout.height) * Self.side)
        for (index, tile) in tiles.enumerated() {
            text +=
                "set object \(index + 1) rectangle from \(plotted(tile.x)),\(plotted(tile.y)) "
                + "to \(plotted(tile.x + width)),\(plotted(tile.y + height)) front fs empty border lc rgb \"#404040\" lw 0.8\n"
        }
        guard !values.isEmpty else {
            text += "set label 9 'no results' at graph 0.5,0.5 center tc rgb \"#707070\"\nplot NaN notitle\n"
            return text + "unset multiplot\nunset output\n}\n"
        }
        // As rectangles: viewers smooth the images that SVG and PDF embed.
        let half = Self.side / 2
        let plots = tiles.enumerated().map { index, tile in
            "data index \(index) matrix using (\(plotted(tile.x + half)) + \(plotted(Self.side)) * $1)"
                + ":(\(plotted(tile.y + height - half)) - \(plotted(Self.side)) * $2):3 with image pixels notitle"
        }
        text += "plot " + plots.joined(separator: ", \\\n     ") + "\n"
        return text + "unset multiplot\nunset output\n}\n"
    }

    private func ticks(_ names: [String], at places: [Double]) -> String {
        zip(names, places).map { "\(quoted($0)) \(plotted($1))" }.joined(separator: ", ")
    }
}
