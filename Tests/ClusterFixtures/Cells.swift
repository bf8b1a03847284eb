package import SweepGrid

/// A task with parameters of every kind and a curve whose length depends on them, for grids of every shape.
package enum Cells: Experiment {
    package enum Method: String, CaseIterable, ParameterValue { case plain, fancy, odd }

    package struct Parameters: Sendable {
        package var width = 3
        package var height = 2
        package var rate = 0.5
        package var method = Method.plain
    }

    package struct Measurements: Sendable {
        package var value = 0.0
        package var curve: [Double] = []
    }

    package static let name = "cells"
    package static let version = 1
    package static let defaults = Parameters()
    package static let parameters: [Parameter<Parameters>] = [
        Parameter(\.width, "width", "width", in: 1...1000),
        Parameter(\.height, "height", "height", in: 1...1000),
        Parameter(\.rate, "rate", "rate"),
        Parameter(\.method, "method", "method"),
    ]
    package static let measurements: [Measurement<Parameters, Measurements>] = [
        Measurement(\.value, "value", "value"),
        Measurement(
            \.curve, "curve", "curve", along: RecordedDimension("step", "step") { (0..<$0.width).map { Double($0) } }),
    ]

    package static func work(_ parameters: Parameters) -> Double { Double(parameters.width) }

    package static func run(_ parameters: Parameters, in context: Context) throws -> Measurements {
        var samples = context.stream("samples")
        var noise = context.stream("noise")
        let value = samples.nextUniform() + parameters.rate * noise.nextUniform() + (isAltered ? 1 : 0)
        if value < 0.1 { throw Diverged("small") }
        return Measurements(value: value, curve: (0..<parameters.width).map { Double($0) * value })
    }
}

/// A grid over the cells: axes in a product, a zip or a union, with or without a filter and a derived parameter.
package struct CellGrid: Sendable, CustomStringConvertible {
    package enum Kind: CaseIterable, Sendable { case product, zip, union }

    package var kind = Kind.product
    package var widths = [1, 2, 3]
    package var heights = [2, 4, 6]
    package var methods: [Cells.Method]? = [.plain, .fancy]
    package var isFiltered = false
    package var isDerived = false
    package var replicates = 2
    package var limit = 7

    package init() {}

    package var description: String {
        "\(kind) widths \(widths) heights \(heights) methods \(methods.map { "\($0)" } ?? "-") "
            + "\(isFiltered ? "filtered " : "")\(isDerived ? "derived " : "")x\(replicates)"
    }

    package var sweep: Sweep {
        Sweep("cells", of: Cells.self, replicates: replicates) { [self] in
            switch kind {
            case .product:
                Axis(\.width, widths)
                Axis(\.height, heights, nested: ["samples"])
            case .zip:
                Zip {
                    Axis(\.width, widths)
                    Axis(\.height, heights)
                }
            case .union:
                Union {
                    Axis(\.width, widths)
                    Product {
                        Fixed(\.width, 90)
                        Axis(\.height, heights)
                    }
                }
            }
            if let methods { Axis(\.method, methods, paired: true) }
            if isFiltered { Where { ($0.width + $0.height) % limit != 0 } }
            if isDerived { Derived(\.rate) { 1 / Double($0.width + $0.height) } }
        } figures: {
            PhaseDiagram(x: \.width, y: \.height, success: \.value, above: 0.6)
        }
    }
}

extension FixtureSweeps {
    package static let cells = CellGrid().sweep

    /// The same with more of everything.
    package static var moreCells: Sweep {
        var grid = CellGrid()
        (grid.widths, grid.heights, grid.methods, grid.replicates) = (
            [1, 2, 3, 4], [1, 2, 4, 6], [.odd, .plain, .fancy], 3
        )
        return grid.sweep
    }
}
