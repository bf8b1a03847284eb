internal import Results
internal import SweepGrid

/// Replicate values of a measurement, pooled over everything that a figure does not name.
struct PooledValues {
    /// Distinct values of each named parameter.
    let values: [[Value]]
    /// For every place, row-major over the parameters, the values of its replicates per column of the measurement.
    private(set) var cells: [[[Double]]]
    /// Tasks that should be there, those with a result, those that diverged.
    private(set) var tasks: [Int]
    private(set) var results: [Int]
    private(set) var diverged: [Int]

    /// - Parameters:
    ///   - replicates: the first ones, if not all.
    ///   - divergedIsNaN: so that a diverged task is a trial without success, whatever it measured.
    /// - Returns: nil when a name is no varied parameter or no measurement.
    init?(
        _ file: PhaseDiagramFile, _ names: [String], selections: [Figure.Selection], measurement: String,
        replicates: Int? = nil, divergedIsNaN: Bool = false
    ) throws {
        let design = file.design
        guard let places = PointPlaces(names, selections, design), let columns = design.schema.columns(of: measurement)
        else { return nil }
        values = places.values
        let count = values.reduce(1) { $0 * $1.count }
        let width = columns.count
        cells = Array(repeating: Array(repeating: [], count: width), count: count)
        tasks = Array(repeating: 0, count: count)
        results = tasks
        diverged = tasks
        let statuses = try file.statuses()
        let measured = try file.values(measurement)
        for point in 0..<design.pointCount {
            guard let place = places.places(ofPoint: point) else { continue }
            var cell = 0
            for (index, values) in zip(place, places.values) { cell = cell * values.count + index }
            let shown = min(design.replicates, replicates ?? design.replicates)
            tasks[cell] += shown
            let first = point * design.replicates
            for task in first..<first + shown where statuses[task].hasResult {
                results[cell] += 1
                if statuses[task] == .diverged { diverged[cell] += 1 }
                let isBlank = divergedIsNaN && statuses[task] == .diverged
                for column in 0..<width { cells[cell][column].append(isBlank ? .nan : measured[task * width + column]) }
            }
        }
    }
}
