internal import Foundation
internal import SweepGrid

/// An axis of a figure: where its values stand, where the cells around them end, and its title and ticks.
struct FigureAxis {
    let title: String
    let isLogarithmic: Bool
    /// Where each value stands; values that are no numbers stand at 0, 1, 2, ...
    let positions: [Double]
    /// Ends of the cells around the values, one more than there are values, in ascending order of the values.
    let low: [Double]
    let high: [Double]
    /// Labelled ticks.
    let ticks: [(label: String, position: Double)]

    /// - Parameters:
    ///   - values: distinct.
    ///   - labels: how many tick labels fit at most, where they stand below each other.
    ///   - pixels: the length of an axis on which they stand beside each other.
    init(_ values: [Value], title: String, scale: Figure.Scale, labels: Int = 12, pixels: Double? = nil) {
        self.title = title
        let numbers = values.compactMap { $0.kind == .text || $0.kind == .boolean ? nil : $0.number }
        let isNumeric = numbers.count == values.count
        positions = isNumeric ? numbers : values.indices.map(Double.init)
        isLogarithmic = scale == .logarithmic && isNumeric && numbers.allSatisfy { $0 > 0 }
        (low, high) = FigureAxis.edges(of: positions, isLogarithmic: isLogarithmic)
        // Every n-th value in ascending order, so that labels do not touch.
        let (positions, isLogarithmic) = (positions, isLogarithmic)
        let order = values.indices.sorted { positions[$0] < positions[$1] }
        let all = order.map { (label: FigureAxis.label(values[$0]), position: positions[$0]) }
        let (first, last) = (low.min() ?? 0, high.max() ?? 1)
        func place(_ position: Double) -> Double {
            isLogarithmic ? log(position / first) / log(last / first) : (position - first) / (last - first)
        }
        func fits(_ step: Int) -> Bool {
            guard let pixels else { return (all.count + step - 1) / step <= labels }
            let shown = stride(from: 0, to: all.count, by: step).map { all[$0] }
            return zip(shown, shown.dropFirst()).allSatisfy { left, right in
                (place(right.position) - place(left.position)) * pixels
                    >= 3.6 * Double(left.label.count + right.label.count) + 8
            }
        }
        let step = isNumeric ? (1...max(1, all.count)).first(where: fits) ?? all.count : 1
        ticks = stride(from: 0, to: all.count, by: max(1, step)).map { all[$0] }
    }

    var range: (low: Double, high: Double) { (low.min() ?? 0, high.max() ?? 1) }

    /// A value as a reader expects it: six digits at most.
    static func label(_ value: Value) -> String {
        if case .real(let real) = value { return String(format: "%.6g", real) }
        return value.description
    }

    /// What an axis is called, with its unit.
    static func title(_ longName: String, name: String, unit: String) -> String {
        let words = longName.isEmpty ? name : longName
        return unit.isEmpty ? words : "\(words) (\(unit))"
    }

    /// Cell ends half-way between neighbours, on the scale of the axis; outer cells are symmetric.
    private static func edges(of positions: [Double], isLogarithmic: Bool) -> ([Double], [Double]) {
        let order = positions.indices.sorted { positions[$0] < positions[$1] }
        let scaled = order.map { isLogarithmic ? log10(positions[$0]) : positions[$0] }
        var (low, high) = (positions, positions)
        for (rank, index) in order.enumerated() {
            let below = rank > 0 ? scaled[rank] - scaled[rank - 1] : scaled.count > 1 ? scaled[1] - scaled[0] : 1
            let above = rank + 1 < scaled.count ? scaled[rank + 1] - scaled[rank] : below
            let (start, end) = (scaled[rank] - below / 2, scaled[rank] + above / 2)
            low[index] = isLogarithmic ? pow(10, start) : start
            high[index] = isLogarithmic ? pow(10, end) : end
        }
        return (low, high)
    }
}

extension Design {
    /// Title of the axis of a parameter, recorded dimension or measurement of that name.
    func axisTitle(_ name: String) -> String {
        if let parameter = parameters.first(where: { $0.name == name }) {
            return FigureAxis.title(parameter.longName, name: name, unit: parameter.unit)
        }
        if let dimension = schema.dimension(name) {
            return FigureAxis.title(dimension.longName, name: name, unit: dimension.unit)
        }
        if let measurement = schema.measurements.first(where: { $0.name == name }) {
            return FigureAxis.title(measurement.longName, name: name, unit: measurement.unit)
        }
        return name
    }
}
