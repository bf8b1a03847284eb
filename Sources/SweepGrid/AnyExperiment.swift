/// An experiment without its types: what catalogs hold and worker slots run.
public struct AnyExperiment: Sendable {
    /// The experiment's name.
    public let name: String
    /// The experiment's version.
    public let version: Int
    /// The declared parameters, in declared order.
    public let parameters: [ParameterSpec]
    /// The declared measurements, in declared order.
    public let measurements: [MeasurementSpec]

    private let runTyped: @Sendable ([Value], Schema, Context) throws -> TaskResult
    private let workTyped: @Sendable ([Value]) throws -> Double

    /// Wraps a typed experiment.
    public init<E: Experiment>(_ type: E.Type) {
        let declared = E.parameters
        let measured = E.measurements
        name = E.name
        version = E.version
        let defaults = E.defaults
        parameters = declared.map {
            ParameterSpec(name: $0.name, unit: $0.unit, longName: $0.longName, defaultValue: $0.get(defaults))
        }
        measurements = measured.map(\.spec)
        runTyped = { values, schema, context in
            let parameters = try typed(values, declared, defaults)
            do {
                return row(try E.run(parameters, in: context), of: measured, in: schema)
            } catch is Diverged {
                return TaskResult(
                    status: .diverged, values: Array(repeating: .nan, count: schema.width),
                    lengths: Array(repeating: 0, count: schema.arrayCount))
            }
        }
        workTyped = { E.work(try typed($0, declared, defaults)) }
    }

    /// Runs one task.
    ///
    /// - Parameters:
    ///   - values: the parameters in declared order, as `Design.values(ofPoint:)` gives them.
    ///   - schema: the run's schema, which the measurements are laid out by.
    /// - Returns: the row; `diverged` when the experiment says so or a scalar measurement is not finite.
    /// - Throws: what the experiment throws, or `ParameterMismatch`.
    public func run(_ values: [Value], schema: Schema, in context: Context) throws -> TaskResult {
        try runTyped(values, schema, context)
    }

    /// The expected cost of a task with these parameters, in about microseconds.
    public func work(_ values: [Value]) throws -> Double { try workTyped(values) }

    /// Whether a run frozen elsewhere can be computed by this code: nil, or the reason why not.
    public func mismatch(with design: Design) -> String? {
        if design.experiment != name { return "the run is of experiment '\(design.experiment)', this is '\(name)'" }
        if design.version != version {
            return
                "the run is of version \(design.version) of experiment '\(name)', this program has version \(version)"
        }
        if design.parameters != parameters { return "the parameters of experiment '\(name)' were declared differently" }
        if design.schema.measurements != measurements {
            return "the measurements of experiment '\(name)' were declared differently"
        }
        return nil
    }
}

/// One parameter of an experiment, as data.
public struct ParameterSpec: Codable, Hashable, Sendable {
    /// The name in code, identities, commands and files.
    public var name: String
    /// The unit; empty when dimensionless.
    public var unit: String
    /// What the parameter is, in words.
    public var longName: String
    /// The value that is left out of identities.
    public var defaultValue: Value

    /// Creates the description of a parameter.
    public init(name: String, unit: String, longName: String, defaultValue: Value) {
        self.name = name
        self.unit = unit
        self.longName = longName
        self.defaultValue = defaultValue
    }
}

/// Thrown when frozen parameters do not fit the experiment that should run them.
public struct ParameterMismatch: Error, CustomStringConvertible {
    /// Which parameter, and why.
    public let description: String
}

private func typed<P>(_ values: [Value], _ declared: [Parameter<P>], _ defaults: P) throws -> P {
    guard values.count == declared.count else {
        throw ParameterMismatch(
            description: "the task has \(values.count) parameters, the experiment declares \(declared.count)")
    }
    var parameters = defaults
    for (parameter, value) in zip(declared, values) where !parameter.set(&parameters, value) {
        throw ParameterMismatch(description: "'\(value)' is not a value of parameter '\(parameter.name)'")
    }
    return parameters
}

private func row<P, M>(_ measurements: M, of declared: [Measurement<P, M>], in schema: Schema) -> TaskResult {
    var result = TaskResult(status: .ok, values: [], lengths: [])
    result.values.reserveCapacity(schema.width)
    for measurement in declared {
        let values = measurement.read(measurements)
        if let dimension = measurement.dimension {
            let width = schema.dimension(dimension.name)?.coordinates.count ?? 0
            let used = min(values.count, width)
            result.values.append(contentsOf: values.prefix(used))
            result.values.append(contentsOf: repeatElement(.nan, count: width - used))
            result.lengths.append(used)
        } else {
            if !values[0].isFinite { result.status = .diverged }
            result.values.append(values[0])
        }
    }
    return result
}
