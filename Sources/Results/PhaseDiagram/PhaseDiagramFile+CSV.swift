internal import SweepGrid

extension PhaseDiagramFile {
    /// Writes one row per task as comma-separated values (RFC 4180), piece by piece.
    ///
    /// Columns: task, the varied parameters, replicate, status, each scalar measurement, and for each array measurement
    /// one column per coordinate, as in `trainingError[100]`. What is missing is empty.
    /// - Parameter write: takes the next piece of text.
    package func exportCSV(_ write: (String) throws -> Void) throws {
        let design = design
        let varied = design.dimensions.flatMap(\.coordinates) + design.derived
        let arrays = design.schema.measurements.map { measurement in
            measurement.dimension.flatMap { design.schema.dimension($0)?.coordinates }
        }
        var header = ["task"] + varied.map(\.parameter) + ["replicate", "status"]
        for (measurement, coordinates) in zip(design.schema.measurements, arrays) {
            guard let coordinates else {
                header.append(measurement.name)
                continue
            }
            header += coordinates.map { "\(measurement.name)[\(number($0))]" }
        }
        try write(row(header))

        let order = varied.compactMap { coordinate in
            design.parameters.firstIndex { $0.name == coordinate.parameter }
        }
        let layout = Layout(design)
        let valuesPerPiece = 1 << 19
        for slab in layout.slabs(limit: max(1, valuesPerPiece / (design.replicates * max(1, design.schema.width)))) {
            let statuses = try replicates(of: "status", columns: nil, in: slab)
            var columns: [[Double]] = []
            for (measurement, coordinates) in zip(design.schema.measurements, arrays) {
                columns.append(try replicates(of: measurement.name, columns: coordinates?.count, in: slab))
            }
            var text = ""
            for point in layout.points(in: slab.positions) {
                let first = (layout.position(ofPoint: point) - slab.positions.lowerBound) * design.replicates
                let values = design.values(ofPoint: point)
                let place = order.map { values[$0].description }
                for replicate in 0..<design.replicates {
                    let task = first + replicate
                    let status = TaskStatus(rawValue: UInt8(statuses[task])) ?? .missing
                    var fields = ["\(point * design.replicates + replicate)"] + place + ["\(replicate)", status.name]
                    for (column, coordinates) in zip(columns, arrays) {
                        let width = coordinates?.count ?? 1
                        fields += column[task * width..<(task + 1) * width].map(number)
                    }
                    text += row(fields)
                }
            }
            try write(text)
        }
    }

    private func number(_ value: Double) -> String {
        if value.isNaN { return "" }
        return value == value.rounded() && abs(value) < 1e15 ? "\(Int64(value))" : "\(value)"
    }

    private func row(_ fields: [String]) -> String {
        fields.map { field in
            let special = field.contains { $0 == "," || $0 == "\"" || $0 == "\n" || $0 == "\r\n" || $0 == "\r" }
            return special ? "\"" + field.replacing("\"", with: "\"\"") + "\"" : field
        }.joined(separator: ",") + "\n"
    }
}
