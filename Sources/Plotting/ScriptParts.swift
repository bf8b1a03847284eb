/// Margins of the next plot as fractions of the sheet.
func marginsLine(_ margins: String) -> String {
    let parts = margins.split(separator: ",")
    return "set lmargin at screen \(parts[0]); set rmargin at screen \(parts[1]); "
        + "set bmargin at screen \(parts[2]); set tmargin at screen \(parts[3])\n"
}

/// Ticks at an axis's own values.
func tics(_ name: String, _ axis: FigureAxis, labelled: Bool) -> String {
    let ticks = axis.ticks.map { "\(quoted(labelled ? $0.label : "")) \(plotted($0.position))" }
    return "set \(name)tics (\(ticks.joined(separator: ", ")))\n"
}

/// A strip below the panels that holds nothing but the key, so that no entry covers data.
func legendScript(_ items: [(style: String, label: String)], _ canvas: Canvas) -> String {
    guard !items.isEmpty else { return "" }
    let plots = items.map { "NaN \($0.style) title \(quoted($0.label))" }
    return marginsLine(canvas.legendMargins) + """
        unset title; unset xlabel; unset ylabel; unset xtics; unset ytics; unset border; unset colorbox; unset object; unset arrow; unset label
        unset logscale; set xrange [0:1]; set yrange [0:1]
        set key center center horizontal Left reverse maxcols \(canvas.legendColumns) samplen 2.4 width 2 spacing 1.15 font ",10"
        plot \(plots.joined(separator: ", \\\n     "))

        """
}
