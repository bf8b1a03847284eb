/// The values of one parameter: along a dimension of the grid, or one per point when it is derived.
public struct Coordinate: Hashable, Sendable {
    /// The parameter's name.
    public var parameter: String
    /// The unit; empty when dimensionless.
    public var unit: String
    /// What the parameter is, in words.
    public var longName: String
    /// The values in order, all of one kind.
    public var values: CoordinateValues

    /// Creates a coordinate.
    public init(parameter: String, unit: String, longName: String, values: [Value]) {
        self.parameter = parameter
        self.unit = unit
        self.longName = longName
        self.values = CoordinateValues(values)
    }

    /// The kind of the values; `integer` when there are none.
    public var kind: Value.Kind { values.first?.kind ?? .integer }
}

extension Coordinate: Codable {
    private enum CodingKeys: String, CodingKey {
        case parameter, unit, longName, integers, progression, reals, approximately, texts, booleans
    }

    /// `first`, `first + step`, ... `count` values: how long integer axes are written in a few bytes.
    private struct Progression: Codable {
        var first: Int
        var step: Int
        var count: Int
    }

    /// Reads values in any of the written forms; a progression that would unfold too far is refused.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        parameter = try container.decode(String.self, forKey: .parameter)
        unit = try container.decode(String.self, forKey: .unit)
        longName = try container.decode(String.self, forKey: .longName)
        if let progression = try container.decodeIfPresent(Progression.self, forKey: .progression) {
            guard
                let unfolded = CoordinateValues(
                    first: progression.first, step: progression.step, count: progression.count,
                    limit: Design.largestPointCount)
            else {
                throw DecodingError.dataCorruptedError(
                    forKey: .progression, in: container, debugDescription: "axis '\(parameter)' is out of range")
            }
            values = unfolded
        } else if let integers = try container.decodeIfPresent([Int].self, forKey: .integers) {
            values = CoordinateValues(integers)
        } else if let reals = try container.decodeIfPresent([RealBits].self, forKey: .reals) {
            values = CoordinateValues(reals.map(\.real))
        } else if let texts = try container.decodeIfPresent([String].self, forKey: .texts) {
            values = CoordinateValues(texts.map { .text($0) })
        } else {
            values = CoordinateValues(try container.decode([Bool].self, forKey: .booleans).map { .boolean($0) })
        }
    }

    /// Writes integers as a progression where they are one, and reals as their IEEE bits.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(parameter, forKey: .parameter)
        try container.encode(unit, forKey: .unit)
        try container.encode(longName, forKey: .longName)
        switch kind {
        case .integer:
            if let (first, step, count) = values.progression {
                try container.encode(Progression(first: first, step: step, count: count), forKey: .progression)
            } else {
                try container.encode(values.compactMap { Int($0) }, forKey: .integers)
            }
        case .real:
            let reals = values.compactMap { Double($0) }
            try container.encode(reals.map { RealBits($0) }, forKey: .reals)
            // For people only; readers take the bits.
            try container.encode(reals.map { "\($0)" }, forKey: .approximately)
        case .text:
            try container.encode(values.compactMap { String($0) }, forKey: .texts)
        case .boolean:
            try container.encode(values.compactMap { Bool($0) }, forKey: .booleans)
        }
    }
}

/// One dimension of a run's box: an axis, or several zipped ones.
public struct GridDimension: Codable, Hashable, Sendable {
    /// The axis's name; for a zip, the names joined by an underscore.
    public var name: String
    /// The values: one coordinate for an axis, several of equal length for a zip.
    public var coordinates: [Coordinate]

    /// Creates a dimension from its coordinates.
    public init(coordinates: [Coordinate]) {
        self.name = coordinates.map(\.parameter).joined(separator: "_")
        self.coordinates = coordinates
    }

    /// The number of values along the dimension.
    public var count: Int { coordinates.first?.values.count ?? 0 }
}
