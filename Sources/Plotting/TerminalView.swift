internal import Foundation
package import Results
package import SweepGrid

/// Results as text, for a terminal without a screen: heat maps of blocks and a table.
package enum TerminalView {
    /// Every heat map of the file's figures, or else its table, under a heading.
    ///
    /// - Parameter rows: how many rows of a table are shown at most.
    package static func text(of file: PhaseDiagramFile, rows: Int = 40) throws(StorageError) -> String {
        var text = try heading(file)
        var hasMap = false
        for figure in file.run.view.figures where figure.kind == .heatMap && figure.statistic == .successRate {
            guard let map = try file.heatMap(figure) else { continue }
            hasMap = true
            text += "\n" + heatMap(map, design: file.design)
        }
        if !hasMap { text += "\n" + (try table(of: file, rows: rows)) }
        return text
    }

    /// What run it is, and how far it is.
    static func heading(_ file: PhaseDiagramFile) throws(StorageError) -> String {
        let design = file.design
        var counts: [TaskStatus: Int] = [:]
        for status in try file.statuses() { counts[status, default: 0] += 1 }
        let parts = TaskStatus.allCases.compactMap { status in
            counts[status].map { "\($0) \(status.name)" }
        }
        return
            "\(file.run.sweep): \(counted(design.pointCount, "point")) x \(counted(design.replicates, "replicate")) = \(counted(design.taskCount, "task")) ("
            + parts.joined(separator: ", ") + ")\n"
    }

    /// A heat map in shades, panel below panel, rows from the largest value down, with the fitted boundary of each row.
    package static func heatMap(_ map: HeatMap, design: Design) -> String {
        let figure = map.figure
        let labels = map.y.map { FigureAxis.label($0) }
        let width = labels.map(\.count).max() ?? 0
        let columns = map.x.map { FigureAxis.label($0) }
        // Two characters a cell while no label needs more.
        let cellWidth = max(2, min(6, (columns.map(\.count).max() ?? 1) + 1))
        var text = ""
        for panel in map.panels.indices {
            let title = design.panelTitles(figure.panel, [map.panels[panel]])[0]
            text += title.isEmpty ? "" : "\(title)\n"
            for row in map.y.indices.sorted(by: { map.y[$0] > map.y[$1] }) {
                text += pad(labels[row], to: width) + " |"
                for column in map.x.indices {
                    let cell = map.index(panel: panel, y: row, x: column)
                    text += String(repeating: shade(map, cell), count: cellWidth)
                }
                text += "| \(boundary(map.boundary(panel: panel, y: row), figure.x))\n"
            }
            text += pad("", to: width) + " +" + String(repeating: "-", count: cellWidth * map.x.count) + "+\n"
            // A label needs a blank beside it; where it does not fit, every second or later one stands.
            let every = max(1, ((columns.map(\.count).max() ?? 1) + cellWidth) / cellWidth)
            var axis = pad("", to: width + 2)
            for column in stride(from: 0, to: columns.count, by: every) {
                axis += columns[column].padding(toLength: cellWidth * every, withPad: " ", startingAt: 0)
            }
            text += axis.trimmingTrailingBlanks + "\n\n"
        }
        text += "x: \(design.axisTitle(figure.x))   y: \(design.axisTitle(figure.y ?? ""))\n"
        if let rule = figure.success { text += "success: \(rule.text)   " }
        return text + "rate: ' ' 0  ░ <= 1/4  ▒ <= 1/2  ▓ < 1  █ 1   / missing   . not in the grid\n"
    }

    /// Rates and medians point by point.
    package static func table(of file: PhaseDiagramFile, rows: Int) throws(StorageError) -> String {
        let design = file.design
        let varied = design.dimensions.flatMap(\.coordinates) + design.derived
        let rule = file.run.view.success.first
        let scalars = design.schema.measurements.filter { $0.dimension == nil }
        var header = varied.map(\.parameter) + ["results"]
        if rule != nil { header += ["rate", "95 % interval"] }
        header += scalars.map { "median \($0.name)" }
        var lines = [header]

        let counts = try rule.map { rule throws(StorageError) in try file.counts(rule) }
        let statuses = try file.statuses()
        var medians: [[Double]] = []
        for scalar in scalars { medians.append(try file.values(scalar.name + "_median")) }
        let order = varied.compactMap { coordinate in design.parameters.firstIndex { $0.name == coordinate.parameter } }
        for point in 0..<min(rows, design.pointCount) {
            let values = design.values(ofPoint: point)
            let tasks = point * design.replicates..<(point + 1) * design.replicates
            let results = tasks.count { statuses[$0].hasResult }
            var line = order.map { FigureAxis.label(values[$0]) } + ["\(results)/\(design.replicates)"]
            if let counts {
                let (trials, successes) = counts[point]
                let interval = wilsonInterval(successes: successes, trials: trials)
                line += [
                    trials > 0 ? String(format: "%.3f", Double(successes) / Double(trials)) : "-",
                    trials > 0 ? String(format: "%.3f-%.3f", interval.lower, interval.upper) : "-",
                ]
            }
            line += medians.map { $0[point].isNaN ? "-" : String(format: "%.5g", $0[point]) }
            lines.append(line)
        }
        let widths = header.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
        var text = lines.map { line in
            zip(line, widths).map { pad($0, to: $1) }.joined(separator: "  ").trimmingTrailingBlanks + "\n"
        }.joined()
        if design.pointCount > rows { text += "... \(design.pointCount - rows) more points\n" }
        return text
    }

    private static func shade(_ map: HeatMap, _ cell: Int) -> String {
        guard map.tasks[cell] > 0 else { return "." }
        guard map.trials[cell] > 0 else { return "/" }
        let rate = Double(map.successes[cell]) / Double(map.trials[cell])
        return rate == 0 ? " " : rate <= 0.25 ? "░" : rate <= 0.5 ? "▒" : rate < 1 ? "▓" : "█"
    }

    private static func boundary(_ boundary: Boundary, _ name: String) -> String {
        func number(_ value: Double) -> String { String(format: "%.4g", value) }
        switch boundary {
        case .unknown: return "no boundary"
        case .above(let last): return "\(name) > \(number(last))"
        case .below(let first): return "\(name) <= \(number(first))"
        case .bracket(let last, let first): return "\(name) in (\(number(last)), \(number(first))]"
        case .fitted(let value, let interval):
            let lower = interval.lower.isFinite ? number(interval.lower) : "below the grid"
            let upper = interval.upper.isFinite ? number(interval.upper) : "above the grid"
            return "\(name) = \(number(value)) [\(lower), \(upper)]"
        }
    }

    private static func pad(_ text: String, to width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }
}

extension String {
    fileprivate var trimmingTrailingBlanks: String {
        var text = self
        while text.last == " " { text.removeLast() }
        return text
    }
}

/// `1 point`, `5880 tasks`.
private func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }
