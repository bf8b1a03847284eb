internal import HDF5
internal import SweepGrid

/// Writes the fitted boundaries of the heat maps of a success rate.
///
/// Those of the first heat map are `boundary`, `boundary_lower`, `boundary_upper` and `boundary_kind`; those of another
/// figure carry its name. Their dimensions are the figure's panels and rows.
func writeBoundaries(of maps: [HeatMap], _ factory: VariableFactory, design: Design) throws(HDF5Error) {
    for (number, map) in maps.enumerated() {
        let figure = map.figure
        let stem = number == 0 ? "boundary" : "boundary_" + figure.name.replacing("-", with: "_")
        let dimensions = try factory.rowDimensions(of: map, stem: stem, design: design)
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

/// Writes the fitted power laws with the thresholds that they rest on.
///
/// Of a figure called `exponents`: `fit_exponents_exponent`, `_prefactor`, `_count`, and over the variable of the law
/// `fit_exponents_threshold`, all with `_lower` and `_upper`.
func writePowerLaws(
    of fits: [(figure: Figure, map: HeatMap)], _ factory: VariableFactory, design: Design
) throws(HDF5Error) {
    for (figure, map) in fits {
        let stem = "fit_" + figure.name.replacing("-", with: "_")
        let dimensions = try factory.rowDimensions(of: map, stem: stem, design: design)
        let table = PowerLawTable(map, figure: figure, design: design.digest)
        var facets = Array(dimensions.dropLast())
        if facets.isEmpty {
            // HDF5 keeps no chunks of a scalar, and readers like arrays better.
            facets = [stem + "_law"]
            try factory.addDimension(facets[0], .integers([0]), longName: "the fitted law", unit: "")
        }
        let attributes: [(String, AttributeValue)] = [
            ("axis", .text(map.figure.x)), ("against", .text(figure.x)), ("rule", .text(figure.success?.text ?? "")),
        ]
        func write(
            _ suffix: String, over dimensions: [String], _ longName: String, _ values: [Double]
        ) throws(HDF5Error) {
            let dataset = try factory.dataset(
                stem + suffix, over: dimensions, fill: Double.nan, longName: longName, unit: "", attributes)
            try dataset.write(values)
        }
        let law = "\(map.figure.x) = prefactor * \(figure.x)^exponent"
        try write("_exponent", over: facets, "exponent of \(law)", table.laws.map(\.exponent))
        try write(
            "_exponent_lower", over: facets, "lower end of the exponent's bootstrap 95 % interval",
            table.laws.map(\.exponentInterval.lower))
        try write(
            "_exponent_upper", over: facets, "upper end of the exponent's bootstrap 95 % interval",
            table.laws.map(\.exponentInterval.upper))
        try write("_prefactor", over: facets, "prefactor of \(law)", table.laws.map(\.prefactor))
        try write("_count", over: facets, "thresholds the law is fitted to", table.laws.map { Double($0.count) })
        let rows = table.laws.flatMap { law in
            map.y.map { value in law.rows.first { $0.x == value.number } }
        }
        try write(
            "_threshold", over: dimensions, "\(map.figure.x) from which success is more likely than not",
            rows.map { $0?.threshold ?? .nan })
        try write(
            "_threshold_lower", over: dimensions, "lower end of the threshold's bracket or 95 % interval",
            rows.map { $0?.interval.lower ?? .nan })
        try write(
            "_threshold_upper", over: dimensions, "upper end of the threshold's bracket or 95 % interval",
            rows.map { $0?.interval.upper ?? .nan })
    }
}

extension VariableFactory {
    /// The dimensions of a heat map's panels and rows.
    ///
    /// A zipped, listed or derived parameter has no dimension in the grid: it gets one of its own, named after the fit.
    fileprivate func rowDimensions(of map: HeatMap, stem: String, design: Design) throws(HDF5Error) -> [String] {
        var names: [String] = []
        for (parameter, values) in [(map.figure.panel, map.panels.compactMap { $0 }), (map.figure.y, map.y)] {
            guard let parameter else { continue }
            if hasDimension(parameter) {
                names.append(parameter)
                continue
            }
            let spec = design.parameters.first { $0.name == parameter }
            let name = "\(stem)_\(parameter)"
            try addDimension(
                name, CoordinateColumn(values), longName: spec?.longName ?? parameter, unit: spec?.unit ?? "")
            names.append(name)
        }
        return names
    }
}
