internal import Foundation
internal import Results
internal import SweepGrid

/// How the values of a measurement are distributed along the abscissa of curves, as hills at the foot of each panel.
struct AbscissaDistribution {
    let label: String
    /// The edges of the bins, ascending.
    let edges: [Double]
    /// By curve, the share of the highest hill in each bin, in 0...1.
    let hills: [[Double]]

    /// The distribution for each curve; nil when the measurement is not the file's.
    ///
    /// - Parameters:
    ///   - curves: the panel and colour of each curve.
    ///   - range: the abscissas shown; values outside are left out.
    init?(
        _ figure: Figure, _ file: PhaseDiagramFile, curves: [(panel: Value?, colour: Value?)],
        range: (low: Double, high: Double), isLogarithmic: Bool
    ) throws {
        guard let distribution = figure.distribution, range.low < range.high else { return nil }
        let axes = (figure.panel.map { [$0] } ?? []) + (figure.color.map { [$0] } ?? [])
        guard
            let pooled = try PooledValues(
                file, axes, selections: figure.selections, measurement: distribution.measurement)
        else { return nil }
        label = distribution.label
        let all = pooled.cells.joined().joined().filter { $0.isFinite && $0 >= range.low && $0 <= range.high }
        let edges =
            isLogarithmic
            ? (0...60).map { range.low * pow(range.high / range.low, Double($0) / 60) }
            : Bins.edges(over: range, count: 60, of: all)
        self.edges = edges
        let (count, first, last) = (edges.count - 1, edges[0], edges[edges.count - 1])
        func place(_ value: Double) -> Double {
            isLogarithmic ? log(value / first) / log(last / first) : (value - first) / (last - first)
        }
        let densities = curves.map { curve in
            var cell = 0
            for (values, value) in zip(pooled.values, [curve.panel, curve.colour].compactMap { $0 }) {
                guard let index = values.firstIndex(of: value) else { return Array(repeating: 0.0, count: count) }
                cell = cell * values.count + index
            }
            let values = pooled.cells[cell].joined().filter(\.isFinite)
            var density = Array(repeating: 0.0, count: count)
            for share in values.map(place) where share >= 0 && share < 1 {
                density[Int(share * Double(count))] += 1 / Double(values.count)
            }
            return density
        }
        let highest = densities.joined().max() ?? 0
        hills = densities.map { $0.map { highest > 0 ? $0 / highest : 0 } }
    }

    /// One block for each curve: abscissa, foot and height, with two corners a bin.
    ///
    /// - Parameter height: the ordinate at a share of the panel's height.
    func data(of curve: Int, height: (Double) -> Double) -> String {
        // A quarter of the panel, so that the curves remain in sight.
        let rows = hills[curve].enumerated().flatMap { index, share in
            [edges[index], edges[index + 1]].map {
                "\(plotted($0)) \(plotted(height(0))) \(plotted(height(share / 4)))"
            }
        }
        return rows.joined(separator: "\n") + "\n\n\n"
    }
}
