internal import HDF5
internal import SweepGrid

/// Writes the fitted boundaries of the heat maps of a success rate.
///
/// Those of the first heat map are `boundary`, `boundary_lower`, `boundary_upper` and `boundary_kind`; those of another
/// figure carry its name. Their dimensions are the figure's panels and rows.
func writeBoundaries(of maps: [HeatMap], _ factory: VariableFactory, design: Design) throws(HDF5Error) {
    for (number, map) in maps.enumerated() {
        let figure = map.figure
        let dimensions = (figure.panel.map { [$0] } ?? []) + (figure.y.map { [$0] } ?? [])
        // A zipped or listed parameter has no dimension of its own to put the rows on.
        guard dimensions.allSatisfy({ factory.hasDimension($0) }) else { continue }
        let stem = number == 0 ? "boundary" : "boundary_" + figure.name.replacing("-", with: "_")
        let boundaries = map.panels.indices.flatMap { panel in map.y.indices.map { map.boundary(panel: panel, y: $0) } }
        let unit = design.parameters.first { $0.name == figure.x }?.unit ?? ""
        func write(_ suffix: String, _ longName: String, _ values: [Double]) throws(HDF5Error) {
            let dataset = try factory.dataset(
                stem + suffix, over: dimensions, fill: Double.nan, longName: longName, unit: unit,
                [("axis", .text(figure.x)), ("rule", .text(figure.success?.text ?? ""))])
            try dataset.write(values)
        }
        try write("", "\(figure.x) from which success is more likely than not", boundaries.map(\.value))
        try write(
            "_lower", "lower end of the boundary's bracket or 95 % interval; -inf: below the grid",
            boundaries.map(\.interval.lower))
        try write(
            "_upper", "upper end of the boundary's bracket or 95 % interval; inf: above the grid",
            boundaries.map(\.interval.upper))
        let kinds = try factory.dataset(
            stem + "_kind", of: UInt8.self, over: dimensions, fill: 0, longName: "how the boundary was found",
            unit: nil,
            [
                ("flag_values", .bytes(Boundary.codeNames.indices.map { UInt8($0) })),
                ("flag_meanings", .text(Boundary.codeNames.joined(separator: " "))),
            ])
        try kinds.write(boundaries.map(\.code))
    }
}
