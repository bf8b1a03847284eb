/// One measurement of an experiment, as data.
public struct MeasurementSpec: Codable, Hashable, Sendable {
    /// The name in code, files and figures.
    public var name: String
    /// The unit; empty when dimensionless.
    public var unit: String
    /// What is measured, in words.
    public var longName: String
    /// The recorded dimension of an array measurement; nil for a scalar.
    public var dimension: String?

    /// Creates the description of a measurement.
    public init(name: String, unit: String, longName: String, dimension: String? = nil) {
        self.name = name
        self.unit = unit
        self.longName = longName
        self.dimension = dimension
    }
}

/// A dimension that array measurements run over (training step, noise level, time), with its frozen coordinates.
public struct RecordedDimensionSpec: Codable, Hashable, Sendable {
    /// The name in code, files and figures.
    public var name: String
    /// The unit of the coordinates; empty when dimensionless.
    public var unit: String
    /// What the dimension is, in words.
    public var longName: String
    /// The coordinates: the longest over all points of the run.
    public var coordinates: [Double]

    /// Creates the description of a recorded dimension.
    public init(name: String, unit: String, longName: String, coordinates: [Double]) {
        self.name = name
        self.unit = unit
        self.longName = longName
        self.coordinates = coordinates
    }
}

/// The fixed layout of a task's result: which column holds which measurement.
public struct Schema: Codable, Hashable, Sendable {
    /// The measurements in declared order.
    public var measurements: [MeasurementSpec]
    /// The recorded dimensions in order of first use.
    public var dimensions: [RecordedDimensionSpec]

    /// Creates a schema.
    public init(measurements: [MeasurementSpec], dimensions: [RecordedDimensionSpec] = []) {
        self.measurements = measurements
        self.dimensions = dimensions
    }

    /// The number of columns of a result row.
    public var width: Int { measurements.reduce(0) { $0 + columnCount($1) } }

    /// The number of array measurements, each of which has a used length.
    public var arrayCount: Int { measurements.count { $0.dimension != nil } }

    /// The columns of a measurement; nil when there is none of that name.
    public func columns(of name: String) -> Range<Int>? {
        var first = 0
        for measurement in measurements {
            let count = columnCount(measurement)
            if measurement.name == name { return first..<first + count }
            first += count
        }
        return nil
    }

    /// The recorded dimension of that name.
    public func dimension(_ name: String) -> RecordedDimensionSpec? { dimensions.first { $0.name == name } }

    private func columnCount(_ measurement: MeasurementSpec) -> Int {
        guard let name = measurement.dimension else { return 1 }
        return dimension(name)?.coordinates.count ?? 0
    }
}
