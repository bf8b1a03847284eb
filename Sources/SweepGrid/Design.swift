/// What a run computes: every point with its parameters, the replicates, the seed and the layout of a result.
///
/// The points stand in a box of dimensions (row-major, the last dimension fastest): all of it, or the positions that
/// filters and unions kept. A task is `point * replicates + replicate`, its *task number*; its identity is its `TaskID`.
public struct Design: Hashable, Sendable {
    /// The most points that a design may have, and the most values of an axis: also a bound on what a file may ask for.
    static let largestPointCount = 1 << 26

    /// The experiment's name.
    public var experiment: String
    /// The experiment's version.
    public var version: Int
    /// Every declared parameter, in declared order.
    public var parameters: [ParameterSpec]
    /// The dimensions of the box.
    public var dimensions: [GridDimension]
    /// The positions in the box that are points, ascending; nil when all are.
    public var kept: [Int]?
    /// Parameters with one value other than their default, by name.
    public var fixed: [FixedParameter]
    /// Derived parameters: one value per point.
    public var derived: [Coordinate]
    /// Parameters that stay out of the keys of random streams, by name.
    public var shared: [SharedParameter]
    /// The number of replicates of every point.
    public var replicates: Int
    /// The seed of all chance.
    public var seed: UInt64
    /// The layout of a result.
    public var schema: Schema

    /// A parameter with one value at every point.
    public struct FixedParameter: Codable, Hashable, Sendable {
        /// The parameter's name.
        public var name: String
        /// Its value.
        public var value: Value

        /// Creates a fixed parameter.
        public init(name: String, value: Value) {
            self.name = name
            self.value = value
        }
    }

    /// A parameter that stays out of the keys of random streams.
    public struct SharedParameter: Codable, Hashable, Sendable {
        /// Why the values of a parameter share streams.
        public enum Reason: String, Codable, Hashable, Sendable {
            /// The values are compared on the same chance.
            case paired
            /// The smaller values use the beginning of what the larger ones use.
            case nested
        }

        /// The parameter's name.
        public var name: String
        /// Why it is shared.
        public var reason: Reason
        /// The streams it is shared on; nil for all.
        public var streams: [String]?

        /// Creates a shared parameter.
        public init(name: String, reason: Reason, streams: [String]? = nil) {
            self.name = name
            self.reason = reason
            self.streams = streams
        }
    }

    /// Creates a design.
    public init(
        experiment: String, version: Int, parameters: [ParameterSpec], dimensions: [GridDimension], kept: [Int]? = nil,
        fixed: [FixedParameter] = [], derived: [Coordinate] = [], shared: [SharedParameter] = [], replicates: Int,
        seed: UInt64, schema: Schema
    ) {
        self.experiment = experiment
        self.version = version
        self.parameters = parameters
        self.dimensions = dimensions
        self.kept = kept
        self.fixed = fixed
        self.derived = derived
        self.shared = shared
        self.replicates = replicates
        self.seed = seed
        self.schema = schema
    }

    /// The number of cells of the box.
    public var boxCount: Int { dimensions.reduce(1) { $0 * $1.count } }

    /// The number of points.
    public var pointCount: Int { kept?.count ?? boxCount }

    /// The number of tasks: points times replicates.
    public var taskCount: Int { pointCount * replicates }

    /// The position of a point in the box.
    public func boxPosition(ofPoint point: Int) -> Int { kept?[point] ?? point }

    /// The index of a point along each dimension.
    public func indices(ofPoint point: Int) -> [Int] {
        var rest = boxPosition(ofPoint: point)
        var indices = Array(repeating: 0, count: dimensions.count)
        for dimension in dimensions.indices.reversed() {
            let count = dimensions[dimension].count
            indices[dimension] = rest % count
            rest /= count
        }
        return indices
    }

    /// The parameters of a point, in declared order.
    public func values(ofPoint point: Int) -> [Value] {
        var values = parameters.map(\.defaultValue)
        let indices = indices(ofPoint: point)
        func set(_ name: String, _ value: Value) {
            if let index = parameters.firstIndex(where: { $0.name == name }) { values[index] = value }
        }
        for parameter in fixed { set(parameter.name, parameter.value) }
        for (dimension, index) in zip(dimensions, indices) {
            for coordinate in dimension.coordinates { set(coordinate.parameter, coordinate.values[index]) }
        }
        for coordinate in derived { set(coordinate.parameter, coordinate.values[point]) }
        return values
    }

    /// The dimension or coordinate of that name as its values; nil when the grid does not vary it.
    public func coordinate(_ name: String) -> Coordinate? {
        dimensions.lazy.flatMap(\.coordinates).first { $0.parameter == name }
    }

    /// Why the design cannot be right, in a sentence; nil when it is sound. Checked on everything read from outside.
    public var defect: String? {
        var box = 1
        for dimension in dimensions {
            if dimension.coordinates.isEmpty { return "dimension '\(dimension.name)' has no coordinate" }
            if dimension.coordinates.contains(where: { $0.values.count != dimension.count }) {
                return "the coordinates of dimension '\(dimension.name)' differ in length"
            }
            let (product, overflow) = box.multipliedReportingOverflow(by: dimension.count)
            if overflow { return "the box of the grid has too many cells" }
            box = product
        }
        if let last = kept?.last, last >= box { return "a kept position lies outside the box" }
        if replicates < 1 { return "there are \(replicates) replicates" }
        if pointCount < 1 { return "the grid is empty" }
        if pointCount > Self.largestPointCount { return "there are more than \(Self.largestPointCount) points" }
        if pointCount.multipliedReportingOverflow(by: replicates).overflow || taskCount > 1 << 31 {
            return "there are more than \(1 << 31) tasks"
        }
        if derived.contains(where: { $0.values.count != pointCount }) {
            return "a derived parameter does not have one value per point"
        }
        let names = Set(parameters.map(\.name))
        let used = fixed.map(\.name) + derived.map(\.parameter) + dimensions.flatMap { $0.coordinates.map(\.parameter) }
        if let unknown = used.first(where: { !names.contains($0) }) { return "parameter '\(unknown)' is not declared" }
        if Set(used).count != used.count { return "a parameter is set twice" }
        for measurement in schema.measurements {
            if let dimension = measurement.dimension, schema.dimension(dimension) == nil {
                return "measurement '\(measurement.name)' lacks its dimension '\(dimension)'"
            }
        }
        return nil
    }
}

extension Design: Codable {
    private enum CodingKeys: String, CodingKey {
        case experiment, version, parameters, dimensions, kept, fixed, derived, shared, replicates, seed, schema
    }

    /// Reads a design and refuses one with a `defect`.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            experiment: try container.decode(String.self, forKey: .experiment),
            version: try container.decode(Int.self, forKey: .version),
            parameters: try container.decode([ParameterSpec].self, forKey: .parameters),
            dimensions: try container.decode([GridDimension].self, forKey: .dimensions),
            kept: try container.decodeIfPresent(IntegerRuns.self, forKey: .kept)?.integers,
            fixed: try container.decode([FixedParameter].self, forKey: .fixed),
            derived: try container.decode([Coordinate].self, forKey: .derived),
            shared: try container.decode([SharedParameter].self, forKey: .shared),
            replicates: try container.decode(Int.self, forKey: .replicates),
            seed: try container.decode(UInt64.self, forKey: .seed),
            schema: try container.decode(Schema.self, forKey: .schema))
        if let defect {
            throw DecodingError.dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: defect))
        }
    }

    /// Writes the design; kept positions as runs.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(experiment, forKey: .experiment)
        try container.encode(version, forKey: .version)
        try container.encode(parameters, forKey: .parameters)
        try container.encode(dimensions, forKey: .dimensions)
        try container.encodeIfPresent(kept.map { IntegerRuns($0) }, forKey: .kept)
        try container.encode(fixed, forKey: .fixed)
        try container.encode(derived, forKey: .derived)
        try container.encode(shared, forKey: .shared)
        try container.encode(replicates, forKey: .replicates)
        try container.encode(seed, forKey: .seed)
        try container.encode(schema, forKey: .schema)
    }
}
