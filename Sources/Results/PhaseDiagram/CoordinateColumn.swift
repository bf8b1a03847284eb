internal import HDF5
internal import SweepGrid

/// The values of a coordinate as one HDF5 type.
enum CoordinateColumn {
    case integers([Int64])
    case reals([Double])
    case texts([String])

    /// Values of one parameter; booleans become the texts `false` and `true`.
    init(_ values: some Collection<Value>) {
        switch values.first?.kind {
        case .integer?:
            self = .integers(
                values.map { value in
                    guard case .integer(let integer) = value else { return 0 }
                    return Int64(integer)
                })
        case .real?: self = .reals(values.map { $0.number ?? .nan })
        case .text?, .boolean?, nil: self = .texts(values.map(\.description))
        }
    }

    /// The values of points spread over positions; positions without a point are empty, so integers become reals there.
    init(_ values: CoordinateValues, over layout: Layout) {
        let column = CoordinateColumn(values)
        guard layout.count > values.count else {
            self = column
            return
        }
        switch column {
        case .integers, .reals:
            var spread = Array(repeating: Double.nan, count: layout.count)
            for (point, value) in values.enumerated() { spread[layout.position(ofPoint: point)] = value.number ?? .nan }
            self = .reals(spread)
        case .texts(let texts):
            var spread = Array(repeating: "", count: layout.count)
            for (point, text) in texts.enumerated() { spread[layout.position(ofPoint: point)] = text }
            self = .texts(spread)
        }
    }

    var count: Int {
        switch self {
        case .integers(let values): values.count
        case .reals(let values): values.count
        case .texts(let values): values.count
        }
    }

    var isNumber: Bool {
        if case .texts = self { return false }
        return true
    }

    func create(_ name: String, extent: [Int], in root: Group) throws(HDF5Error) -> Dataset {
        switch self {
        case .integers(let values):
            let dataset = try root.createDataset(name, of: Int64.self, extent: extent)
            try dataset.write(values)
            return dataset
        case .reals(let values):
            let dataset = try root.createDataset(name, of: Double.self, extent: extent)
            try dataset.write(values)
            if values.contains(where: \.isNaN) { try dataset.setAttribute("_FillValue", [Double.nan]) }
            return dataset
        case .texts(let values):
            return try root.createDataset(name, strings: values, extent: extent)
        }
    }
}
