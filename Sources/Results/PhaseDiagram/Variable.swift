internal import HDF5

/// An attribute value.
enum AttributeValue {
    case text(String)
    case real(Double)
    case integer(Int64)
    case bytes([UInt8])
}

/// A variable over the positions of the file, written slab by slab.
final class Variable<T: Element> {
    private let dataset: Dataset
    private let fill: T
    /// Elements per position.
    let width: Int
    private let trailing: [Int]
    private var buffer: [T] = []

    init(dataset: Dataset, fill: T, trailing: [Int]) {
        self.dataset = dataset
        self.fill = fill
        self.trailing = trailing
        width = trailing.reduce(1, *)
    }

    /// Starts a slab of so many positions with nothing in it.
    func begin(_ positions: Int) {
        buffer.removeAll(keepingCapacity: true)
        buffer.append(contentsOf: repeatElement(fill, count: positions * width))
    }

    /// An element of a position, counted from the beginning of the slab.
    subscript(position: Int, element: Int = 0) -> T {
        get { buffer[position * width + element] }
        set { buffer[position * width + element] = newValue }
    }

    func write(_ slab: Layout.Slab) throws(HDF5Error) {
        try dataset.write(buffer, start: slab.start + trailing.map { _ in 0 }, count: slab.count + trailing)
    }
}

/// A lower and an upper bound.
struct Bounds {
    let lower: Variable<Double>
    let upper: Variable<Double>

    func set(_ position: Int, _ interval: Interval) {
        lower[position] = interval.lower
        upper[position] = interval.upper
    }
}

/// Creates the dimensions, coordinates and variables of a phase-diagram file.
final class VariableFactory {
    let root: Group
    private let layout: Layout
    private var scales: [String: Dataset] = [:]
    private var lengths: [String: Int] = [:]
    /// Names of the coordinates that are no dimension scales, as every variable lists them.
    var auxiliary: [String] = []

    /// About half a mebibyte of doubles: HDF5 keeps one chunk per variable in memory.
    private let elementsPerChunk = 1 << 16
    /// Fast and within a few per cent of the size that higher levels reach on random mantissas.
    private let deflateLevel = 1

    init(root: Group, layout: Layout) {
        self.root = root
        self.layout = layout
    }

    /// Adds a dimension with its coordinates.
    func addDimension(_ name: String, _ column: CoordinateColumn, longName: String, unit: String) throws(HDF5Error) {
        let dataset = try column.create(name, extent: [column.count], in: root)
        try dataset.makeScale(named: name)
        try describe(dataset, longName: longName, unit: column.isNumber ? unit : nil, [])
        scales[name] = dataset
        lengths[name] = column.count
    }

    /// Adds a coordinate that is not the scale of a dimension.
    func addAuxiliary(
        _ name: String, _ column: CoordinateColumn, over dimensions: [String], longName: String, unit: String
    ) throws(HDF5Error) {
        let dataset = try column.create(name, extent: dimensions.map { lengths[$0] ?? 0 }, in: root)
        try attach(dimensions, to: dataset)
        try describe(dataset, longName: longName, unit: column.isNumber ? unit : nil, [])
        auxiliary.append(name)
    }

    /// Adds a variable over all positions and some trailing dimensions.
    func variable<T: Element>(
        _ name: String, of type: T.Type = T.self, over trailing: [String] = [], fill: T, longName: String,
        unit: String? = nil, _ attributes: [(String, AttributeValue)] = []
    ) throws(HDF5Error) -> Variable<T> {
        let dataset = try self.dataset(
            name, of: T.self, over: layout.names + trailing, fill: fill, longName: longName, unit: unit, attributes)
        return Variable(dataset: dataset, fill: fill, trailing: trailing.map { lengths[$0] ?? 0 })
    }

    /// Adds a variable over any dimensions, to be written at once.
    func dataset<T: Element>(
        _ name: String, of type: T.Type = T.self, over dimensions: [String], fill: T, longName: String, unit: String?,
        _ attributes: [(String, AttributeValue)]
    ) throws(HDF5Error) -> Dataset {
        let extent = dimensions.map { lengths[$0] ?? 0 }
        let chunk = chunkShape(extent, limit: elementsPerChunk)
        let dataset = try root.createDataset(
            name, of: T.self, extent: extent, storage: .chunked(chunk, level: deflateLevel), fill: fill)
        try attach(dimensions, to: dataset)
        try describe(dataset, longName: longName, unit: unit, attributes)
        if let fill = fill as? Double { try dataset.setAttribute("_FillValue", [fill]) }
        if !auxiliary.isEmpty && dimensions.starts(with: layout.names) {
            try dataset.setAttribute("coordinates", auxiliary.joined(separator: " "))
        }
        return dataset
    }

    /// Whether a dimension of that name exists.
    func hasDimension(_ name: String) -> Bool { scales[name] != nil }

    private func attach(_ dimensions: [String], to dataset: Dataset) throws(HDF5Error) {
        for (index, name) in dimensions.enumerated() {
            guard let scale = scales[name] else {
                throw HDF5Error(
                    call: "H5DSattach_scale", subject: dataset.name, reason: "there is no dimension '\(name)'")
            }
            try dataset.attach(scale, to: index)
        }
    }

    private func describe(
        _ dataset: Dataset, longName: String, unit: String?, _ attributes: [(String, AttributeValue)]
    ) throws(HDF5Error) {
        try dataset.setAttribute("long_name", longName)
        // UDUNITS writes a dimensionless quantity as 1.
        if let unit { try dataset.setAttribute("units", unit.isEmpty ? "1" : unit) }
        for (name, value) in attributes { try dataset.set(name, value) }
    }
}

extension Attributed {
    func set(_ name: String, _ value: AttributeValue) throws(HDF5Error) {
        switch value {
        case .text(let text): try setAttribute(name, text)
        case .real(let real): try setAttribute(name, real)
        case .integer(let integer): try setAttribute(name, integer)
        case .bytes(let bytes): try setAttribute(name, bytes)
        }
    }
}
