internal import HDF5
internal import SweepGrid

/// Every variable of the file that has a value per point, and how it follows from the replicates.
final class PointVariables {
    /// Counts and rate under one success rule.
    private struct Rate {
        let column: Int
        let rule: SuccessRule
        let trials: Variable<Int32>
        let successes: Variable<Int32>
        let rate: Variable<Double>
        let bounds: Bounds
    }

    /// Replicate values and statistics of one measurement.
    fileprivate struct Quantity {
        let columns: Range<Int>
        let values: Variable<Double>
        /// The index among the lengths, and the variable; nil for a scalar.
        let length: (index: Int, variable: Variable<Int32>)?
        let mean: Variable<Double>
        let standardError: Variable<Double>
        let lowerQuartile: Variable<Double>
        let median: Variable<Double>
        let upperQuartile: Variable<Double>
    }

    private let design: Design
    private let width: Int
    private let status: Variable<UInt8>
    private let complete: Variable<UInt8>
    private var rates: [Rate] = []
    private var quantities: [Quantity] = []

    init(_ factory: VariableFactory, design: Design, rules: [SuccessRule]) throws(HDF5Error) {
        self.design = design
        width = design.schema.width
        let statuses = TaskStatus.allCases
        status = try factory.variable(
            "status", over: ["replicate"], fill: TaskStatus.notInGrid.rawValue, longName: "what became of the task",
            [
                ("flag_values", .bytes(statuses.map(\.rawValue))),
                ("flag_meanings", .text(statuses.map(\.name).joined(separator: " "))),
            ])
        complete = try factory.variable(
            "complete", fill: 0 as UInt8, longName: "whether every replicate has a result",
            [("flag_values", .bytes([0, 1])), ("flag_meanings", .text("incomplete complete"))])
        for (index, rule) in rules.enumerated() {
            rates.append(try PointVariables.rate(factory, design, rule, suffix: index == 0 ? "" : "_rule\(index + 1)"))
        }
        var array = 0
        for measurement in design.schema.measurements {
            quantities.append(try PointVariables.quantity(factory, design, measurement, array: array))
            if measurement.dimension != nil { array += 1 }
        }
    }

    private static func rate(
        _ factory: VariableFactory, _ design: Design, _ rule: SuccessRule, suffix: String
    ) throws(HDF5Error) -> Rate {
        let attributes: [(String, AttributeValue)] = [("rule", .text(rule.text))]
        func real(_ name: String, _ longName: String) throws(HDF5Error) -> Variable<Double> {
            try factory.variable(name + suffix, fill: Double.nan, longName: longName, unit: "", attributes)
        }
        return Rate(
            column: design.schema.columns(of: rule.measurement)?.first ?? 0, rule: rule,
            trials: try factory.variable(
                "trials" + suffix, fill: 0 as Int32, longName: "replicates with a result", unit: "", attributes),
            successes: try factory.variable(
                "successes" + suffix, fill: 0 as Int32, longName: "replicates with success", unit: "", attributes),
            rate: try real("success_rate", "success rate"),
            bounds: Bounds(
                lower: try real("success_lower", "lower end of the Wilson 95 % interval of the success rate"),
                upper: try real("success_upper", "upper end of the Wilson 95 % interval of the success rate")))
    }

    private static func quantity(
        _ factory: VariableFactory, _ design: Design, _ measurement: MeasurementSpec, array: Int
    ) throws(HDF5Error) -> Quantity {
        let name = measurement.name
        let recorded = measurement.dimension.map { [$0] } ?? []
        func statistic(_ suffix: String, _ words: String) throws(HDF5Error) -> Variable<Double> {
            try factory.variable(
                name + suffix, over: recorded, fill: Double.nan, longName: "\(words) of \(measurement.longName)",
                unit: measurement.unit)
        }
        let values: Variable<Double> = try factory.variable(
            name, over: ["replicate"] + recorded, fill: Double.nan, longName: measurement.longName,
            unit: measurement.unit)
        var length: (index: Int, variable: Variable<Int32>)?
        if let dimension = measurement.dimension {
            let variable = try factory.variable(
                name + "_length", over: ["replicate"], fill: 0 as Int32,
                longName: "values recorded along \(dimension)", unit: "")
            length = (array, variable)
        }
        return Quantity(
            columns: design.schema.columns(of: name) ?? 0..<0, values: values, length: length,
            mean: try statistic("_mean", "mean"),
            standardError: try statistic("_standard_error", "standard error of the mean"),
            lowerQuartile: try statistic("_lower_quartile", "lower quartile"),
            median: try statistic("_median", "median"),
            upperQuartile: try statistic("_upper_quartile", "upper quartile"))
    }

    // MARK: Slabs

    func begin(_ positions: Int) {
        status.begin(positions)
        complete.begin(positions)
        for rate in rates {
            rate.trials.begin(positions)
            rate.successes.begin(positions)
            rate.rate.begin(positions)
            rate.bounds.lower.begin(positions)
            rate.bounds.upper.begin(positions)
        }
        for quantity in quantities {
            for variable in quantity.reals { variable.begin(positions) }
            quantity.length?.variable.begin(positions)
        }
    }

    /// Fills in one point from the records of its replicates, of which the first is at `first`.
    func set(_ position: Int, from records: ResultTable.Records, at first: Int) {
        let replicates = design.replicates
        var results: [Int] = []
        for replicate in 0..<replicates {
            let status = records.statuses[first + replicate]
            self.status[position, replicate] = status.rawValue
            if status == .ok || status == .diverged { results.append(replicate) }
        }
        complete[position] = results.count == replicates ? 1 : 0
        for rate in rates { set(rate, position, records, first, results) }
        for quantity in quantities { set(quantity, position, records, first, results) }
    }

    func write(_ slab: Layout.Slab) throws(HDF5Error) {
        try status.write(slab)
        try complete.write(slab)
        for rate in rates {
            try rate.trials.write(slab)
            try rate.successes.write(slab)
            try rate.rate.write(slab)
            try rate.bounds.lower.write(slab)
            try rate.bounds.upper.write(slab)
        }
        for quantity in quantities {
            for variable in quantity.reals { try variable.write(slab) }
            try quantity.length?.variable.write(slab)
        }
    }

    private func set(
        _ rate: Rate, _ position: Int, _ records: ResultTable.Records, _ first: Int, _ results: [Int]
    ) {
        let successes = results.count { replicate in
            succeeds(rate.rule, records, column: rate.column, record: first + replicate)
        }
        rate.trials[position] = Int32(clamping: results.count)
        rate.successes[position] = Int32(clamping: successes)
        guard !results.isEmpty else { return }
        rate.rate[position] = Double(successes) / Double(results.count)
        rate.bounds.set(position, wilsonInterval(successes: successes, trials: results.count))
    }

    private func set(
        _ quantity: Quantity, _ position: Int, _ records: ResultTable.Records, _ first: Int, _ results: [Int]
    ) {
        let count = quantity.columns.count
        for replicate in 0..<design.replicates {
            let row = (first + replicate) * width
            for (offset, column) in quantity.columns.enumerated() {
                quantity.values[position, replicate * count + offset] = records.values[row + column]
            }
            if let length = quantity.length {
                length.variable[position, replicate] =
                    records.lengths[(first + replicate) * design.schema.arrayCount + length.index]
            }
        }
        for (offset, column) in quantity.columns.enumerated() {
            let summary = Summary(results.lazy.map { records.values[(first + $0) * self.width + column] })
            quantity.mean[position, offset] = summary.mean
            quantity.standardError[position, offset] = summary.standardError
            quantity.lowerQuartile[position, offset] = summary.lowerQuartile
            quantity.median[position, offset] = summary.median
            quantity.upperQuartile[position, offset] = summary.upperQuartile
        }
    }
}

extension PointVariables.Quantity {
    fileprivate var reals: [Variable<Double>] { [values, mean, standardError, lowerQuartile, median, upperQuartile] }
}

/// Whether a record is a success; a diverged task is a trial without success.
func succeeds(_ rule: SuccessRule, _ records: ResultTable.Records, column: Int, record: Int) -> Bool {
    let width = records.values.count / max(1, records.statuses.count)
    return records.statuses[record] == .ok && rule.holds(records.values[record * width + column])
}

extension SuccessRule {
    /// The rule as people write it, as in `recoveryError < 0.5`.
    package var text: String { "\(measurement) \(side == .below ? "<" : ">") \(threshold)" }
}
