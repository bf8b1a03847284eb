/// A heat map of a success rate or a median over two axes.
///
/// `PhaseDiagram(x: \.sampleCount, y: \.intrinsicDimension, success: \.recoveryError, below: 0.5).panels(by: \.method)`
public struct PhaseDiagram<Parameters: Sendable, Measurements: Sendable>: Sendable {
    var declaration: FigureDeclaration<Parameters, Measurements>

    /// The rate of trials whose measurement lies below a threshold.
    public init(
        x: any PartialKeyPath<Parameters> & Sendable, y: any PartialKeyPath<Parameters> & Sendable,
        success: any KeyPath<Measurements, Double> & Sendable, below threshold: Double
    ) {
        declaration = FigureDeclaration(
            kind: .heatMap, x: x, y: y, measurement: success, statistic: .successRate,
            success: (.below, threshold))
    }

    /// The rate of trials whose measurement lies above a threshold.
    public init(
        x: any PartialKeyPath<Parameters> & Sendable, y: any PartialKeyPath<Parameters> & Sendable,
        success: any KeyPath<Measurements, Double> & Sendable, above threshold: Double
    ) {
        declaration = FigureDeclaration(
            kind: .heatMap, x: x, y: y, measurement: success, statistic: .successRate,
            success: (.above, threshold))
    }

    /// The median of a measurement.
    public init(
        x: any PartialKeyPath<Parameters> & Sendable, y: any PartialKeyPath<Parameters> & Sendable,
        median: any KeyPath<Measurements, Double> & Sendable
    ) {
        declaration = FigureDeclaration(kind: .heatMap, x: x, y: y, measurement: median, statistic: .median)
    }
}

/// Curves of a measurement against an axis or along its recorded dimension, with bands.
public struct Curves<Parameters: Sendable, Measurements: Sendable>: Sendable {
    var declaration: FigureDeclaration<Parameters, Measurements>

    /// The median of a scalar against an axis, with its quartiles.
    public init(
        x: any PartialKeyPath<Parameters> & Sendable, median: any KeyPath<Measurements, Double> & Sendable
    ) {
        declaration = FigureDeclaration(
            kind: .curves, x: x, measurement: median, statistic: .median, band: .quartiles)
    }

    /// The mean of a scalar against an axis, with its standard error.
    public init(
        x: any PartialKeyPath<Parameters> & Sendable, mean: any KeyPath<Measurements, Double> & Sendable
    ) {
        declaration = FigureDeclaration(
            kind: .curves, x: x, measurement: mean, statistic: .mean, band: .standardError)
    }

    /// The rate of trials whose measurement lies below a threshold against an axis, with its Wilson interval.
    public init(
        x: any PartialKeyPath<Parameters> & Sendable, success: any KeyPath<Measurements, Double> & Sendable,
        below threshold: Double
    ) {
        declaration = FigureDeclaration(
            kind: .curves, x: x, measurement: success, statistic: .successRate,
            success: (.below, threshold), band: .wilson)
    }

    /// The median of an array measurement along its recorded dimension, with its quartiles.
    public init(
        along median: any KeyPath<Measurements, [Double]> & Sendable
    ) {
        declaration = FigureDeclaration(
            kind: .curves, x: nil, measurement: median, statistic: .median, band: .quartiles)
    }
}

/// Refinements that both kinds of figures take.
public protocol FigureRefinement<Parameters>: Sendable {
    associatedtype Parameters: Sendable
    associatedtype Measurements: Sendable
    /// The figure with a change made to its declaration.
    func changing(_ change: (inout FigureDeclaration<Parameters, Measurements>) -> Void) -> Self
}

extension PhaseDiagram: FigureRefinement {
    /// The figure with a change made to its declaration.
    public func changing(_ change: (inout FigureDeclaration<Parameters, Measurements>) -> Void) -> Self {
        var copy = self
        change(&copy.declaration)
        return copy
    }
}

extension Curves: FigureRefinement {
    /// The figure with a change made to its declaration.
    public func changing(_ change: (inout FigureDeclaration<Parameters, Measurements>) -> Void) -> Self {
        var copy = self
        change(&copy.declaration)
        return copy
    }
}

extension FigureRefinement {
    /// Draws a panel for each value of an axis, side by side.
    public func panels(by axis: any PartialKeyPath<Parameters> & Sendable) -> Self { changing { $0.panel = axis } }

    /// Draws a coloured curve for each value of an axis.
    public func colored(by axis: any PartialKeyPath<Parameters> & Sendable) -> Self { changing { $0.color = axis } }

    /// Adds a theory curve: for a heat map the abscissa of the boundary in each row, for curves the ordinate.
    public func theory(_ label: String, _ value: @escaping @Sendable (Parameters) -> Double) -> Self {
        changing { $0.theory.append((label, { parameters, _ in value(parameters) })) }
    }

    /// Adds a theory curve whose values are integers.
    public func theory(_ label: String, _ value: @escaping @Sendable (Parameters) -> Int) -> Self {
        changing { $0.theory.append((label, { parameters, _ in Double(value(parameters)) })) }
    }

    /// Adds a theory curve of the parameters and the abscissa, for curves along a recorded dimension.
    public func theory(_ label: String, _ value: @escaping @Sendable (Parameters, Double) -> Double) -> Self {
        changing { $0.theory.append((label, value)) }
    }

    /// Shows one value of an axis that is neither drawn nor coloured nor panelled.
    public func at<V: ParameterValue>(_ axis: any KeyPath<Parameters, V> & Sendable, _ value: V) -> Self {
        changing { $0.selections.append((axis, value.value)) }
    }

    /// Sets the stem of the files' names; by default `phase-diagram` for the first figure, else the measurement's name.
    public func named(_ name: String) -> Self { changing { $0.name = name } }

    /// Sets the heading.
    public func titled(_ title: String) -> Self { changing { $0.title = title } }

    /// Spaces axes logarithmically.
    public func logarithmic(x: Bool = false, y: Bool = false) -> Self {
        changing {
            if x { $0.xScale = .logarithmic }
            if y { $0.yScale = .logarithmic }
        }
    }
}

/// Reads the `figures:` block of a sweep.
@resultBuilder
public enum FigureBuilder<Parameters: Sendable, Measurements: Sendable> {
    public static func buildExpression(
        _ figure: PhaseDiagram<Parameters, Measurements>
    ) -> [FigureDeclaration<Parameters, Measurements>] { [figure.declaration] }

    public static func buildExpression(
        _ figure: Curves<Parameters, Measurements>
    ) -> [FigureDeclaration<Parameters, Measurements>] { [figure.declaration] }

    public static func buildBlock(
        _ parts: [FigureDeclaration<Parameters, Measurements>]...
    ) -> [FigureDeclaration<Parameters, Measurements>] { parts.flatMap { $0 } }
}
