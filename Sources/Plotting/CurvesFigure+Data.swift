internal import Foundation
internal import SweepGrid

extension CurvesFigure {
    /// One block per panel and colour, then one per theory curve.
    var data: String {
        var text = "# \(figure.name)\n"
        for (panel, curves) in curves.enumerated() {
            for (colour, points) in curves.enumerated() {
                text += "# panel '\(panelTitles[panel])', curve '\(label(colour))': x y low high values\n"
                let rows = points.map {
                    "\(plotted($0.x)) \(plotted($0.y)) \(plotted($0.low)) \(plotted($0.high)) \($0.count)"
                }
                text += (rows.isEmpty ? ["NaN NaN NaN NaN 0"] : rows).joined(separator: "\n") + "\n\n\n"
            }
        }
        if !diverged.isEmpty {
            text += "# diverged: panel x y\n"
            text += diverged.map { "\($0.panel) \(plotted($0.x)) \(plotted($0.y))\n" }.joined() + "\n\n"
        }
        for published in figure.published ?? [] {
            text += "# published '\(published.label)': x y\n"
            text += zip(published.x, published.y).map { "\(plotted($0)) \(plotted($1))\n" }.joined() + "\n\n"
        }
        for theory in figure.theory {
            text += "# theory '\(theory.label)': x y\n"
            let rows = zip(theory.x, theory.y).map { "\(plotted($0)) \(plotted($1))" }
            text += (rows.isEmpty ? ["NaN NaN"] : rows).joined(separator: "\n") + "\n\n\n"
        }
        if let distribution {
            for curve in distribution.hills.indices {
                text += "# distribution '\(distribution.label)', curve \(curve + 1): x foot height\n"
                text += distribution.data(of: curve, height: ordinate)
            }
        }
        return text
    }

    /// The ordinate at a share of a panel's height.
    private func ordinate(_ share: Double) -> Double {
        guard let low = Double(yRange.low), let high = Double(yRange.high) else { return 0 }
        return figure.yScale == .logarithmic ? low * pow(high / low, share) : low + share * (high - low)
    }

    /// Where replicates have diverged: on the curve, or at the foot of the panel where all of them have.
    var diverged: [(panel: Int, x: Double, y: Double)] {
        let foot = Double(yRange.low) ?? 0
        return curves.enumerated().flatMap { panel, curves in
            curves.joined().filter { $0.diverged > 0 }.map { (panel, $0.x, $0.y.isFinite ? $0.y : foot) }
        }
    }

    func label(_ colour: Int) -> String {
        guard let value = colours[colour] else { return "" }
        return FigureAxis.label(value)
    }
}
