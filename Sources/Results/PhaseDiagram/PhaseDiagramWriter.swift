internal import HDF5
internal import SweepGrid

/// Writes the phase-diagram file from the table of all results, slab by slab.
struct PhaseDiagramWriter {
    /// The name that stands in the attribute `format`.
    static let format = "phasemap phase diagram"
    static let formatVersion = 1

    private let run: FrozenRun
    private let layout: Layout
    private let table: ResultTable

    /// What a slab of records may take in memory.
    private let bytesPerSlab = 2 << 20

    init(_ run: FrozenRun, table: ResultTable) {
        self.run = run
        self.table = table
        layout = Layout(run.design)
    }

    /// Writes the file under a path, which is replaced.
    ///
    /// - Returns: how many tasks have each status.
    func write(to path: String) throws -> [Int] {
        let design = run.design
        let file = try File.create(atPath: path)
        let factory = VariableFactory(root: try file.root(), layout: layout)
        try writeAttributes(factory.root)
        try writeCoordinates(factory)
        let points = try PointVariables(factory, design: design, rules: run.view.success)
        var pairs: [PairedVariables] = []
        for axis in PairedVariables.axes(of: design, in: layout) {
            pairs.append(
                try PairedVariables(factory, design: design, layout: layout, axis: axis, rule: run.view.success.first))
        }
        var maps = run.view.figures.compactMap { figure in
            figure.statistic == .successRate && figure.success != nil ? HeatMap(figure, design: design) : nil
        }
        var fits: [(figure: Figure, map: HeatMap)] = []
        for figure in run.view.figures {
            if let wanted = PowerLawTable.map(of: figure), let map = HeatMap(wanted, design: design) {
                fits.append((figure, map))
            }
        }
        var tally = Array(repeating: 0, count: TaskStatus.allCases.count)

        let replicates = design.replicates
        for slab in layout.slabs(limit: max(1, bytesPerSlab / (table.bytesPerTask * replicates))) {
            points.begin(slab.positions.count)
            for pair in pairs { pair.begin(slab.positions.count) }
            let range = layout.points(in: slab.positions)
            let records = try table.read(range.lowerBound * replicates..<range.upperBound * replicates)
            for status in records.statuses { tally[Int(status.rawValue)] += 1 }
            for point in range {
                let first = (point - range.lowerBound) * replicates
                let position = layout.position(ofPoint: point)
                let local = position - slab.positions.lowerBound
                points.set(local, from: records, at: first)
                for pair in pairs {
                    try pair.set(local, position: position, from: records, at: first, table: table)
                }
                for index in maps.indices { maps[index].add(point, records, at: first, design: design) }
                for index in fits.indices { fits[index].map.add(point, records, at: first, design: design) }
            }
            try points.write(slab)
            for pair in pairs { try pair.write(slab) }
        }
        try writeBoundaries(of: maps, factory, design: design)
        try writePowerLaws(of: fits, factory, design: design)
        let root = factory.root
        try root.setAttribute("tasks", Int64(design.taskCount))
        for status in [TaskStatus.ok, .diverged, .failed, .cancelled, .missing] {
            try root.setAttribute("tasks_\(status.name)", Int64(tally[Int(status.rawValue)]))
        }
        try file.close()
        return tally
    }

    /// What determines the result.
    private func writeAttributes(_ root: Group) throws {
        let design = run.design
        try root.setAttribute("Conventions", "CF-1.8")
        try root.setAttribute("format", PhaseDiagramWriter.format)
        try root.setAttribute("format_version", Int32(PhaseDiagramWriter.formatVersion))
        try root.setAttribute("title", run.view.description)
        try root.setAttribute("sweep", run.sweep)
        try root.setAttribute("experiment", design.experiment)
        try root.setAttribute("experiment_version", Int64(design.version))
        try root.setAttribute("seed", design.seed)
        try root.setAttribute("replicates", Int64(design.replicates))
        try root.setAttribute("design_hash", design.digest.description)
        try root.setAttribute("view_hash", try run.viewHash.description)
        if let numerics = run.numerics {
            try root.setAttribute("numerics_openblas", numerics.openBLAS)
            try root.setAttribute("numerics_kernels", numerics.kernels)
            try root.setAttribute("numerics_libc", numerics.libc)
            try root.setAttribute("numerics_blas_threads", Int64(numerics.blasThreads))
        }
        try root.setAttribute("run_json", String(decoding: try run.json(), as: UTF8.self))
    }

    private func writeCoordinates(_ factory: VariableFactory) throws {
        let design = run.design
        if layout.isPointList {
            try factory.addDimension(
                "point", .integers((0..<design.pointCount).map { Int64($0) }), longName: "point of the grid", unit: "")
        } else {
            for dimension in design.dimensions {
                let coordinate = dimension.coordinates[0]
                let isAxis = dimension.coordinates.count == 1
                try factory.addDimension(
                    dimension.name,
                    isAxis ? CoordinateColumn(coordinate.values) : .integers((0..<dimension.count).map { Int64($0) }),
                    longName: isAxis ? coordinate.longName : "index of the zipped values",
                    unit: isAxis ? coordinate.unit : "")
            }
        }
        try factory.addDimension(
            "replicate", .integers((0..<design.replicates).map { Int64($0) }), longName: "independent repetition",
            unit: "")
        for dimension in design.schema.dimensions {
            try factory.addDimension(
                dimension.name, .reals(dimension.coordinates), longName: dimension.longName, unit: dimension.unit)
        }
        for dimension in design.dimensions where layout.isPointList || dimension.coordinates.count > 1 {
            for coordinate in dimension.coordinates {
                try writeAuxiliary(coordinate, of: dimension, factory)
            }
        }
        for coordinate in design.derived {
            try factory.addAuxiliary(
                coordinate.parameter, CoordinateColumn(coordinate.values, over: layout), over: layout.names,
                longName: coordinate.longName, unit: coordinate.unit)
        }
    }

    /// A coordinate that has no dimension of its own: along its zip, or along the list of points.
    private func writeAuxiliary(
        _ coordinate: Coordinate, of dimension: GridDimension, _ factory: VariableFactory
    ) throws {
        var column = CoordinateColumn(coordinate.values)
        if layout.isPointList, let places = PointPlaces([coordinate.parameter], [], run.design) {
            let atPoints = (0..<run.design.pointCount).map { point in
                places.values[0][places.places(ofPoint: point)?.first ?? 0]
            }
            column = CoordinateColumn(atPoints)
        }
        try factory.addAuxiliary(
            coordinate.parameter, column, over: layout.isPointList ? layout.names : [dimension.name],
            longName: coordinate.longName, unit: coordinate.unit)
    }
}

extension HeatMap {
    /// Adds the replicates of a point under the figure's success rule.
    fileprivate mutating func add(_ point: Int, _ records: ResultTable.Records, at first: Int, design: Design) {
        guard let rule = figure.success, let column = design.schema.columns(of: rule.measurement)?.first else { return }
        let replicates = first..<first + design.replicates
        let trials = replicates.count { records.statuses[$0].hasResult }
        let successes = replicates.count { succeeds(rule, records, column: column, record: $0) }
        add(point: point, trials: trials, successes: successes, tasks: design.replicates, results: trials)
    }
}
