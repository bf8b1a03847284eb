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

    /// Draws over the cells where another value of an axis has its boundary: `.contour("PCA", of: \.method, .pca)`.
    ///
    /// The line separates the cells in which at least half of that value's trials succeed from the others. With panels by the
    /// same axis every panel shows it but the value's own.
    public func contour<V: ParameterValue>(
        _ label: String, of axis: any KeyPath<Parameters, V> & Sendable, _ value: V
    ) -> Self {
        changing { $0.contours.append((label, axis, value.value)) }
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

    /// The rate of trials whose measurement lies above a threshold against an axis, with its Wilson interval.
    public init(
        x: any PartialKeyPath<Parameters> & Sendable, success: any KeyPath<Measurements, Double> & Sendable,
        above threshold: Double
    ) {
        declaration = FigureDeclaration(
            kind: .curves, x: x, measurement: success, statistic: .successRate,
            success: (.above, threshold), band: .wilson)
    }

    /// The median of an array measurement along its recorded dimension, with its quartiles.
    public init(
        along median: any KeyPath<Measurements, [Double]> & Sendable
    ) {
        declaration = FigureDeclaration(
            kind: .curves, x: nil, measurement: median, statistic: .median, band: .quartiles)
    }

    /// The mean of an array measurement along its recorded dimension, with its standard error.
    public init(
        alongMean mean: any KeyPath<Measurements, [Double]> & Sendable
    ) {
        declaration = FigureDeclaration(
            kind: .curves, x: nil, measurement: mean, statistic: .mean, band: .standardError)
    }
}

extension Curves {
    /// Draws at the foot how often the values of another measurement lie at each abscissa, in the curve's colour.
    ///
    /// `Curves(alongMean: \.excessEntropy).distribution("collapse times", of: \.collapseTimes)`; the values are abscissas.
    public func distribution(
        _ label: String, of measurement: any KeyPath<Measurements, [Double]> & Sendable
    ) -> Self { changing { $0.distribution = (label, measurement) } }

    /// The same for a scalar.
    public func distribution(
        _ label: String, of measurement: any KeyPath<Measurements, Double> & Sendable
    ) -> Self { changing { $0.distribution = (label, measurement) } }
}

/// Thresholds against an axis in double-logarithmic scale, with the fitted power law and its interval.
///
/// `PowerLaw(thresholdOf: \.learned, above: 0.5, along: \.sampleCount, against: \.dimension).guides(slopes: 1, 3)`
public struct PowerLaw<Parameters: Sendable, Measurements: Sendable>: Sendable {
    var declaration: FigureDeclaration<Parameters, Measurements>

    /// The values of `along` at which a measurement above a threshold becomes more likely than not, against another axis.
    public init(
        thresholdOf measurement: any KeyPath<Measurements, Double> & Sendable, above threshold: Double,
        along axis: any PartialKeyPath<Parameters> & Sendable, against other: any PartialKeyPath<Parameters> & Sendable
    ) {
        declaration = FigureDeclaration(
            kind: .powerLaw, x: other, y: axis, measurement: measurement, statistic: .successRate,
            success: (.above, threshold))
        declaration.xScale = .logarithmic
        declaration.yScale = .logarithmic
    }

    /// Draws dotted lines of these slopes beside the law.
    public func guides(slopes: Double...) -> Self { changing { $0.slopes = slopes } }
}

/// How often each value of a measurement occurs over all replicates, of an array over all its values.
///
/// `Histogram(of: \.eigenvalues).panels(by: \.sampleCount).density("Marchenko-Pastur", over: 0...4) { ... }`
public struct Histogram<Parameters: Sendable, Measurements: Sendable>: Sendable {
    var declaration: FigureDeclaration<Parameters, Measurements>

    /// The histogram of a scalar.
    public init(of measurement: any KeyPath<Measurements, Double> & Sendable, bins: Int = 30) {
        declaration = FigureDeclaration(kind: .histogram, x: nil, measurement: measurement, statistic: .mean)
        declaration.bins = max(1, bins)
    }

    /// The histogram of all values of an array.
    public init(of measurement: any KeyPath<Measurements, [Double]> & Sendable, bins: Int = 30) {
        declaration = FigureDeclaration(kind: .histogram, x: nil, measurement: measurement, statistic: .mean)
        declaration.bins = max(1, bins)
    }

    /// Draws a density on top, from its parameters and the value.
    public func density(
        _ label: String, over range: ClosedRange<Double>, _ value: @escaping @Sendable (Parameters, Double) -> Double
    ) -> Self {
        changing { $0.densities.append((label, range, value)) }
    }
}

/// An array measurement as images, row by row: one image per panel, the mean over replicates.
///
/// `MatrixMap(of: \.direction, rows: 8, columns: 8).panels(by: \.rank)`
public struct MatrixMap<Parameters: Sendable, Measurements: Sendable>: Sendable {
    var declaration: FigureDeclaration<Parameters, Measurements>

    /// The image of an array whose recorded dimension has `rows * columns` coordinates.
    public init(of measurement: any KeyPath<Measurements, [Double]> & Sendable, rows: Int, columns: Int) {
        declaration = FigureDeclaration(kind: .matrix, x: nil, measurement: measurement, statistic: .mean)
        declaration.shape = [rows, columns]
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

    public static func buildExpression(
        _ figure: PowerLaw<Parameters, Measurements>
    ) -> [FigureDeclaration<Parameters, Measurements>] { [figure.declaration] }

    public static func buildExpression(
        _ figure: Histogram<Parameters, Measurements>
    ) -> [FigureDeclaration<Parameters, Measurements>] { [figure.declaration] }

    public static func buildExpression(
        _ figure: MatrixMap<Parameters, Measurements>
    ) -> [FigureDeclaration<Parameters, Measurements>] { [figure.declaration] }

    public static func buildBlock(
        _ parts: [FigureDeclaration<Parameters, Measurements>]...
    ) -> [FigureDeclaration<Parameters, Measurements>] { parts.flatMap { $0 } }
}
