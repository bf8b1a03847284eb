internal import HDF5
internal import SweepGrid

/// Differences to the first value of a paired axis, replicate by replicate on the same samples.
///
/// `success_difference_<axis>` and `<measurement>_difference_<axis>` for scalar measurements, each with `_lower` and
/// `_upper`; NaN at the first value itself and where a partner is missing.
final class PairedVariables {
    private struct Difference {
        let column: Int
        let mean: Variable<Double>
        let bounds: Bounds
    }

    private let design: Design
    private let layout: Layout
    private let rule: SuccessRule?
    private let ruleColumn: Int
    private let stride: Int
    private let count: Int
    private var success: Difference?
    private var measurements: [Difference] = []

    /// The paired axes of a design that are dimensions of their own in the file.
    static func axes(of design: Design, in layout: Layout) -> [String] {
        guard !layout.isPointList else { return [] }
        return design.shared.filter { $0.reason == .paired }.map(\.name).filter { name in
            design.dimensions.contains { $0.name == name && $0.coordinates.count == 1 && $0.count > 1 }
        }
    }

    init(
        _ factory: VariableFactory, design: Design, layout: Layout, axis: String, rule: SuccessRule?
    ) throws(HDF5Error) {
        self.design = design
        self.layout = layout
        self.rule = rule
        ruleColumn = rule.flatMap { design.schema.columns(of: $0.measurement)?.first } ?? 0
        let index = design.dimensions.firstIndex { $0.name == axis } ?? 0
        count = layout.extent[index]
        stride = layout.extent[(index + 1)...].reduce(1, *)
        let reference = design.dimensions[index].coordinates[0].values[0]
        func difference(_ name: String, of words: String, unit: String, column: Int) throws(HDF5Error) -> Difference {
            func real(_ suffix: String, _ end: String) throws(HDF5Error) -> Variable<Double> {
                try factory.variable(
                    "\(name)_difference_\(axis)\(suffix)", fill: Double.nan,
                    longName: "\(end)\(words) minus that at \(axis) = \(reference), on the same samples", unit: unit)
            }
            return Difference(
                column: column, mean: try real("", ""),
                bounds: Bounds(
                    lower: try real("_lower", "lower 95 % bound of "), upper: try real("_upper", "upper 95 % bound of ")
                ))
        }
        if rule != nil { success = try difference("success", of: "success rate", unit: "", column: ruleColumn) }
        for measurement in design.schema.measurements where measurement.dimension == nil {
            guard let column = design.schema.columns(of: measurement.name)?.first else { continue }
            measurements.append(
                try difference(
                    measurement.name, of: "mean of \(measurement.longName)", unit: measurement.unit, column: column))
        }
    }

    private var all: [Difference] { (success.map { [$0] } ?? []) + measurements }

    func begin(_ positions: Int) {
        for difference in all {
            difference.mean.begin(positions)
            difference.bounds.lower.begin(positions)
            difference.bounds.upper.begin(positions)
        }
    }

    func write(_ slab: Layout.Slab) throws(HDF5Error) {
        for difference in all {
            try difference.mean.write(slab)
            try difference.bounds.lower.write(slab)
            try difference.bounds.upper.write(slab)
        }
    }

    /// Fills in one point, whose records begin at `first` and whose position in the file is `position`.
    func set(
        _ local: Int, position: Int, from records: ResultTable.Records, at first: Int, table: ResultTable
    ) throws(StorageError) {
        let index = position / stride % count
        guard index > 0, let partner = layout.point(at: position - index * stride) else { return }
        let replicates = design.replicates
        let others = try table.read(partner * replicates..<(partner + 1) * replicates)
        let pairs = (0..<replicates).filter { replicate in
            others.statuses[replicate].hasResult && records.statuses[first + replicate].hasResult
        }
        guard !pairs.isEmpty else { return }
        if let success, let rule {
            var counts = PairedCounts()
            for replicate in pairs {
                counts.count(
                    first: succeeds(rule, others, column: ruleColumn, record: replicate),
                    second: succeeds(rule, records, column: ruleColumn, record: first + replicate))
            }
            let (difference, interval) = pairedRateDifference(counts)
            success.mean[local] = difference
            success.bounds.set(local, interval)
        }
        let width = design.schema.width
        for measurement in measurements {
            let (mean, interval) = meanDifference(
                pairs.map { replicate in
                    records.values[(first + replicate) * width + measurement.column]
                        - others.values[replicate * width + measurement.column]
                })
            measurement.mean[local] = mean
            measurement.bounds.set(local, interval)
        }
    }
}

extension TaskStatus {
    /// Whether the task was a trial.
    package var hasResult: Bool { self == .ok || self == .diverged }
}
