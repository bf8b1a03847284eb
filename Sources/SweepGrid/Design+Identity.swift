extension Design {
    /// The design hash, which names the run: experiment, version, axes, points, replicates, seed, schema, shared streams.
    public var digest: Digest {
        var canonical = CanonicalBytes()
        canonical.append("phasemap design 1")
        appendFamily(to: &canonical)
        canonical.append(parameters.count)
        for parameter in parameters {
            canonical.append(parameter.name)
            canonical.append(parameter.defaultValue)
        }
        canonical.append(dimensions.count)
        for dimension in dimensions {
            canonical.append(dimension.coordinates.count)
            for coordinate in dimension.coordinates { append(coordinate, to: &canonical) }
        }
        canonical.append(kept == nil ? 0 : 1)
        if let kept {
            canonical.append(kept.count)
            for (index, position) in kept.enumerated() {
                canonical.append(position)
                if index % 4096 == 4095 { canonical.drain() }
            }
        }
        canonical.append(fixed.count)
        for parameter in fixed {
            canonical.append(parameter.name)
            canonical.append(parameter.value)
        }
        canonical.append(derived.count)
        for coordinate in derived { append(coordinate, to: &canonical) }
        canonical.append(replicates)
        return canonical.digest()
    }

    /// The hash of what runs must agree on before their results may stand in one file: experiment, version, seed, schema
    /// and shared streams.
    public var family: Digest {
        var canonical = CanonicalBytes()
        canonical.append("phasemap family 1")
        appendFamily(to: &canonical)
        return SHA256.hash(canonical.bytes)
    }

    private func appendFamily(to canonical: inout CanonicalBytes) {
        canonical.append(experiment)
        canonical.append(version)
        canonical.append(seed)
        canonical.append(shared.count)
        for parameter in shared {
            canonical.append(parameter.name)
            canonical.append(parameter.streams == nil ? 0 : 1)
            canonical.append(parameter.streams?.count ?? 0)
            for stream in parameter.streams ?? [] { canonical.append(stream) }
        }
        canonical.append(schema.measurements.count)
        for measurement in schema.measurements {
            canonical.append(measurement.name)
            canonical.append(measurement.unit)
            canonical.append(measurement.dimension ?? "")
        }
        canonical.append(schema.dimensions.count)
        for dimension in schema.dimensions {
            canonical.append(dimension.name)
            canonical.append(dimension.unit)
            canonical.append(dimension.coordinates.count)
            for coordinate in dimension.coordinates { canonical.append(Value.real(coordinate)) }
        }
    }

    private func append(_ coordinate: Coordinate, to canonical: inout CanonicalBytes) {
        canonical.append(coordinate.parameter)
        canonical.append(coordinate.values.count)
        for (index, value) in coordinate.values.enumerated() {
            canonical.append(value)
            if index % 4096 == 4095 { canonical.drain() }
        }
    }

    /// The identity of a task. For many tasks in order, `TaskIdentities` is several times faster.
    public func taskID(_ task: Int) -> TaskID {
        var identities = TaskIdentities(self)
        return identities[task]
    }

    /// Where the random streams of a task come from.
    public func streams(point: Int, replicate: Int) -> StreamSource {
        StreamKeys(self).streams(point: point, replicate: replicate)
    }
}

/// Computes task IDs of a design, a few hundred nanoseconds each when tasks are visited in order.
///
/// Canonical bytes: experiment, version, the parameters that are not at their default sorted by name, the end mark of
/// eight 0xff bytes, replicate, seed.
public struct TaskIdentities {
    private let design: Design
    private let parameters: PointParameters
    private var canonical = CanonicalBytes()
    private var point = -1
    private var prefix = 0

    /// Prepares the IDs of a design.
    public init(_ design: Design) {
        self.design = design
        parameters = PointParameters(design)
    }

    /// The ID of a task number.
    public subscript(task: Int) -> TaskID {
        mutating get {
            let (point, replicate) = task.quotientAndRemainder(dividingBy: design.replicates)
            if point != self.point {
                self.point = point
                canonical.removeAll()
                canonical.append(design.experiment)
                canonical.append(design.version)
                parameters.append(point: point, to: &canonical) { _ in true }
                canonical.append(UInt64.max)
                prefix = canonical.bytes.count
            }
            canonical.truncate(to: prefix)
            canonical.append(replicate)
            canonical.append(design.seed)
            return TaskID(SHA256.hash(canonical.bytes))
        }
    }
}

/// Computes the keys of random streams of a design.
///
/// Canonical bytes: seed, experiment, the parameters that are neither at their default nor shared on the stream sorted
/// by name, the end mark of eight 0xff bytes, replicate, stream name.
public struct StreamKeys: Sendable {
    private let seed: UInt64
    private let experiment: String
    private let parameters: PointParameters
    private let shared: [Design.SharedParameter]

    /// Prepares the stream keys of a design.
    public init(_ design: Design) {
        seed = design.seed
        experiment = design.experiment
        parameters = PointParameters(design)
        shared = design.shared
    }

    /// Where the random streams of a task come from.
    public func streams(point: Int, replicate: Int) -> StreamSource {
        StreamSource { [self] name in stream(name, point: point, replicate: replicate) }
    }

    /// One random stream of a task.
    public func stream(_ name: String, point: Int, replicate: Int) -> RandomStream {
        var canonical = CanonicalBytes()
        canonical.append(seed)
        canonical.append(experiment)
        parameters.append(point: point, to: &canonical) { parameter in
            !shared.contains { $0.name == parameter && ($0.streams?.contains(name) ?? true) }
        }
        canonical.append(UInt64.max)
        canonical.append(replicate)
        canonical.append(name)
        let digest = SHA256.hash(canonical.bytes)
        return RandomStream(key: digest.firstWord, highCounter: digest.secondWord)
    }
}

/// The parameters of a design's points, sorted by name, as canonical bytes.
private struct PointParameters: Sendable {
    private enum Source: Sendable {
        case constant(Value)
        case dimension(Int, CoordinateValues)
        case perPoint(CoordinateValues)
    }

    private let parameters: [(name: String, defaultValue: Value, source: Source)]
    private let counts: [Int]
    private let kept: [Int]?

    init(_ design: Design) {
        counts = design.dimensions.map(\.count)
        kept = design.kept
        var sources: [(name: String, defaultValue: Value, source: Source)] = []
        for parameter in design.parameters {
            var source: Source?
            for fixed in design.fixed where fixed.name == parameter.name { source = .constant(fixed.value) }
            for (index, dimension) in design.dimensions.enumerated() {
                for coordinate in dimension.coordinates where coordinate.parameter == parameter.name {
                    source = .dimension(index, coordinate.values)
                }
            }
            for coordinate in design.derived where coordinate.parameter == parameter.name {
                source = .perPoint(coordinate.values)
            }
            if let source { sources.append((parameter.name, parameter.defaultValue, source)) }
        }
        parameters = sources.sorted { $0.name < $1.name }
    }

    func append(point: Int, to canonical: inout CanonicalBytes, where isIncluded: (String) -> Bool) {
        for (name, defaultValue, source) in parameters {
            let value: Value
            switch source {
            case .constant(let constant): value = constant
            case .perPoint(let values): value = values[point]
            case .dimension(let dimension, let values):
                var rest = kept?[point] ?? point
                for faster in counts.indices.reversed() where faster > dimension { rest /= counts[faster] }
                value = values[rest % counts[dimension]]
            }
            guard value != defaultValue, isIncluded(name) else { continue }
            canonical.append(name)
            canonical.append(value)
        }
    }
}
