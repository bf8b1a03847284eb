internal import Foundation

/// The sheet of a figure in pixels of 1/96 inch: panels in rows, a legend below, possibly a colour bar at the right.
struct Canvas {
    let panels: Int
    /// Inside of one panel.
    let panelWidth: Double
    let panelHeight: Double
    let hasTitle: Bool
    /// What the figure shows a part of; empty for nothing.
    let caption: String
    let hasPanelTitles: Bool
    let hasColourBar: Bool
    /// The longest tick label of the ordinate, in characters.
    let tickLength: Int
    /// Whether the ordinate's title takes two lines.
    let hasTwoLineTitle: Bool
    /// Whether the abscissa's title takes two lines.
    var hasTwoLineAbscissa = false
    /// Labels of the legend.
    let legendLabels: [String]

    private var left: Double { 52 + 7 * Double(tickLength) + (hasTwoLineTitle ? 18 : 0) }
    private let gapX = 28.0
    private var gapY: Double { hasTwoLineAbscissa ? 92 : 78 }
    private var bottom: Double { hasTwoLineAbscissa ? 76 : 58 }

    var columns: Int { min(panels, panels > 4 ? 3 : 4) }
    var rows: Int { (panels + columns - 1) / columns }
    private var top: Double { (hasTitle ? 34 : 12) + (caption.isEmpty ? 0 : 18) + (hasPanelTitles ? 20 : 0) }
    private var right: Double { hasColourBar ? 110 : 30 }
    private var legend: Double { legendLabels.isEmpty ? 0 : 14 + 20 * Double(legendRows) }

    /// As many columns of the legend as gnuplot fits in: it takes about 78 pixels and 8 a character for an entry.
    var legendColumns: Int {
        let widest = 78 + 8 * Double(legendLabels.map(\.count).max() ?? 0)
        return max(1, min(legendLabels.count, Int((width - 16) / widest)))
    }
    private var legendRows: Int { (legendLabels.count + legendColumns - 1) / legendColumns }

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
        [8 / width, 1 - 8 / width, 6 / height, (legend - 4) / height].map(fraction).joined(separator: ",")
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

    /// The caption, as a label to set before the first panel and to unset after it.
    var captionLine: String {
        guard !caption.isEmpty else { return "" }
        let y = height - (hasTitle ? 34 : 12) - 7
        return
            "set label 8 \(quoted(caption)) at screen 0.5,\(fraction(y / height)) center font \",10\" tc rgb \"#606060\"\n"
    }

    private func fraction(_ value: Double) -> String { String(format: "%.5f", value) }
}

/// A text in a gnuplot script.
func quoted(_ text: String) -> String { "'" + text.replacing("'", with: "''").replacing("\n", with: " ") + "'" }

/// Whether a title is longer than its axis, which has so many pixels.
func isTwoLineTitle(_ text: String, within pixels: Double) -> Bool {
    text.count > Int(pixels / 6.8) && text.contains(" ")
}

/// An axis title broken into two lines where it is longer than its axis, which has so many pixels.
func axisTitle(_ text: String, within pixels: Double) -> String {
    guard isTwoLineTitle(text, within: pixels) else { return quoted(text) }
    let middle = text.index(text.startIndex, offsetBy: text.count / 2)
    let spaces = text.indices.filter { text[$0] == " " }
    let distance = { (index: String.Index) in abs(text.distance(from: middle, to: index)) }
    guard let space = spaces.min(by: { distance($0) < distance($1) }) else { return quoted(text) }
    return quoted(String(text[..<space])) + ".\"\\n\"." + quoted(String(text[text.index(after: space)...]))
}

/// A number in a gnuplot script or data file.
func plotted(_ value: Double) -> String { value.isFinite ? String(format: "%.10g", value) : "NaN" }
