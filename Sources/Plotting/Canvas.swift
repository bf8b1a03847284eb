internal import Foundation

/// The sheet of a figure in pixels of 1/96 inch: panels in rows, a legend below, possibly a colour bar at the right.
struct Canvas {
    let panels: Int
    /// Inside of one panel.
    let panelWidth: Double
    let panelHeight: Double
    let hasTitle: Bool
    let hasPanelTitles: Bool
    let hasColourBar: Bool
    let legendRows: Int

    private let left = 66.0
    private let gapX = 22.0
    private let gapY = 64.0
    private let bottom = 50.0

    var columns: Int { min(panels, panels > 4 ? 3 : 4) }
    var rows: Int { (panels + columns - 1) / columns }
    private var top: Double { (hasTitle ? 34 : 12) + (hasPanelTitles ? 20 : 0) }
    private var right: Double { hasColourBar ? 84 : 18 }
    private var legend: Double { legendRows == 0 ? 0 : 10 + 20 * Double(legendRows) }

    var width: Double { left + Double(columns) * panelWidth + Double(columns - 1) * gapX + right }
    var height: Double { top + Double(rows) * panelHeight + Double(rows - 1) * gapY + bottom + legend }

    /// The margins of a panel as fractions of the sheet, in gnuplot's order left, right, bottom, top.
    func margins(_ panel: Int) -> String {
        let x = left + Double(panel % columns) * (panelWidth + gapX)
        let y = height - top - Double(panel / columns) * (panelHeight + gapY) - panelHeight
        return [x / width, (x + panelWidth) / width, y / height, (y + panelHeight) / height].map(fraction)
            .joined(separator: ",")
    }

    /// The margins of the legend's strip.
    var legendMargins: String {
        [8 / width, 1 - 8 / width, 4 / height, (legend + 2) / height].map(fraction).joined(separator: ",")
    }

    /// Origin and size of the colour bar beside the last column.
    var colourBar: (origin: String, size: String) {
        let x = width - right + 14
        let y = height - top - panelHeight
        return (
            "\(fraction(x / width)),\(fraction(y / height))",
            "\(fraction(12 / width)),\(fraction(panelHeight / height))"
        )
    }

    func isLeftmost(_ panel: Int) -> Bool { panel % columns == 0 }

    /// Whether nothing stands below the panel.
    func isLowest(_ panel: Int) -> Bool { panel + columns >= panels }

    /// The beginning of a script: one terminal after the other.
    func preamble(name: String, formats: [String]) -> String {
        let (w, h) = (Int(width.rounded(.up)), Int(height.rounded(.up)))
        return """
            # Draws \(name); run it here: gnuplot \(name).gp
            name = "\(name)"
            do for [format in "\(formats.joined(separator: " "))"] {
            if (format eq "svg") { set terminal svg size \(w),\(h) noenhanced font "DejaVu Sans,11" background "white" }
            if (format eq "pdf") { set terminal pdfcairo size \(fraction(width / 96))in,\(fraction(height / 96))in noenhanced font "DejaVu Sans,11" fontscale 0.75 linewidth 1.5 pointscale 0.75 }
            if (format eq "png") { set terminal pngcairo size \(2 * w),\(2 * h) noenhanced font "DejaVu Sans,11" fontscale 2 linewidth 2 pointscale 2 background "white" }
            set output "../".name.".".format
            reset

            """
    }

    private func fraction(_ value: Double) -> String { String(format: "%.5f", value) }
}

/// A text in a gnuplot script.
func quoted(_ text: String) -> String { "'" + text.replacing("'", with: "''").replacing("\n", with: " ") + "'" }

/// A number in a gnuplot script or data file.
func plotted(_ value: Double) -> String { value.isFinite ? String(format: "%.10g", value) : "NaN" }
