/// A figure of a sweep, frozen as data.
public struct Figure: Codable, Hashable, Sendable {
    /// What kind of picture it is.
    public enum Kind: String, Codable, Hashable, Sendable {
        /// Coloured cells over two axes.
        case heatMap
        /// Curves against an axis or a recorded dimension; a scaling collapse with a rescaled abscissa.
        case curves
        /// Thresholds along `y` against `x`, both logarithmic, with the fitted power law.
        case powerLaw
        /// How often each value of a measurement occurs.
        case histogram
        /// An array measurement as an image of `shape`.
        case matrix
        /// An array measurement of the first replicate as a grid of images, laid out as `tiles` says.
        case imageGrid
    }

    /// What is shown of a cell's replicates.
    public enum Statistic: String, Codable, Hashable, Sendable {
        case successRate, median, mean
    }

    /// The band around a curve.
    public enum Band: String, Codable, Hashable, Sendable {
        /// Wilson 95 % interval of a rate.
        case wilson
        /// Quartiles.
        case quartiles
        /// One standard error of the mean.
        case standardError
        case none
    }

    /// How an axis is spaced.
    public enum Scale: String, Codable, Hashable, Sendable {
        case linear, logarithmic
    }

    /// A restriction of a figure to one value of an axis.
    public struct Selection: Codable, Hashable, Sendable {
        /// The axis.
        public var axis: String
        /// The value shown.
        public var value: Value

        /// Creates a selection.
        public init(axis: String, value: Value) {
            self.axis = axis
            self.value = value
        }
    }

    /// A theory curve, sampled in the coordinates of the figure.
    public struct Theory: Codable, Hashable, Sendable {
        /// The label in the legend.
        public var label: String
        /// The panel it belongs to; nil for all.
        public var panel: Value?
        /// The colour value it belongs to; nil for all.
        public var color: Value?
        /// The abscissas.
        public var x: [Double]
        /// The ordinates.
        public var y: [Double]

        /// Creates a theory curve.
        public init(label: String, panel: Value? = nil, color: Value? = nil, x: [Double], y: [Double]) {
            self.label = label
            self.panel = panel
            self.color = color
            self.x = x
            self.y = y
        }
    }

    /// An abscissa computed from the axis and the parameters, as `t / t_S` or `n / d^3`.
    public struct Abscissa: Codable, Hashable, Sendable {
        /// The title of the axis.
        public var title: String
        /// For each panel and colour, the abscissas in the order of the axis or the recorded dimension.
        public var curves: [Theory]

        /// Creates an abscissa.
        public init(title: String, curves: [Theory]) {
            self.title = title
            self.curves = curves
        }
    }

    /// A straight line across a figure, or a band when it has two ends.
    public struct Guide: Codable, Hashable, Sendable {
        /// The label in the legend.
        public var label: String
        /// Whether it stands upright, at an abscissa.
        public var isVertical: Bool
        /// The panel it belongs to; nil for all.
        public var panel: Value?
        /// The colour value it belongs to; nil for all.
        public var color: Value?
        /// Where it stands.
        public var position: Double
        /// Where the band ends; nil for a line.
        public var end: Double?

        /// Creates a guide.
        public init(
            label: String, isVertical: Bool, panel: Value? = nil, color: Value? = nil, position: Double,
            end: Double? = nil
        ) {
            self.label = label
            self.isVertical = isVertical
            self.panel = panel
            self.color = color
            self.position = position
            self.end = end
        }
    }

    /// The line over a heat map where the success rate at another value of an axis, in the same cells, crosses one half.
    public struct Contour: Codable, Hashable, Sendable {
        /// The label in the legend.
        public var label: String
        /// The axis whose other value it is: that of the panels, which all show it but its own, or one of `selections`.
        public var axis: String
        /// The value whose success it encloses.
        public var value: Value

        /// Creates a contour.
        public init(label: String, axis: String, value: Value) {
            self.label = label
            self.axis = axis
            self.value = value
        }
    }

    /// How another measurement's values are distributed along the abscissa of curves.
    public struct Distribution: Codable, Hashable, Sendable {
        /// The label in the legend.
        public var label: String
        /// The measurement, whose values are abscissas.
        public var measurement: String

        /// Creates a distribution.
        public init(label: String, measurement: String) {
            self.label = label
            self.measurement = measurement
        }
    }

    /// The stem of the files' names; the first figure of a sweep is `phase-diagram`.
    public var name: String
    /// The heading; empty for none.
    public var title: String
    /// What kind of picture it is.
    public var kind: Kind
    /// The axis (or, for curves, possibly the recorded dimension) along the abscissa.
    public var x: String
    /// The axis along the ordinate of a heat map; nil for curves.
    public var y: String?
    /// The axis whose values are panels side by side.
    public var panel: String?
    /// The axis whose values are colours of curves.
    public var color: String?
    /// The measurement shown.
    public var measurement: String
    /// What is shown of its replicates.
    public var statistic: Statistic
    /// The success rule, when the statistic is a rate.
    public var success: SuccessRule?
    /// The band around curves.
    public var band: Band
    /// How the abscissa is spaced.
    public var xScale: Scale
    /// How the ordinate is spaced.
    public var yScale: Scale
    /// The values of other axes that are shown; replicates of axes not named anywhere are pooled.
    public var selections: [Selection]
    /// Theory curves on top.
    public var theory: [Theory]
    /// The computed abscissa of curves; nil for the axis itself.
    public var abscissa: Abscissa?
    /// Reference lines and bands; nil for none.
    public var guides: [Guide]?
    /// Contours of other values over a heat map of a success rate; nil for none.
    public var contours: [Contour]?
    /// What is distributed along the abscissa of curves, drawn at the foot; nil for nothing.
    public var distribution: Distribution?
    /// Published points, drawn open; nil for none.
    public var published: [Theory]?
    /// Slopes that are drawn beside a power law; nil for none.
    public var slopes: [Double]?
    /// The number of bins of a histogram.
    public var bins: Int?
    /// The rows and columns of a matrix map.
    public var shape: [Int]?
    /// The layout of an image grid.
    public var tiles: Tiles?

    /// Creates a figure.
    public init(
        name: String, title: String = "", kind: Kind, x: String, y: String? = nil, panel: String? = nil,
        color: String? = nil, measurement: String, statistic: Statistic, success: SuccessRule? = nil,
        band: Band = .none, xScale: Scale = .linear, yScale: Scale = .linear, selections: [Selection] = [],
        theory: [Theory] = []
    ) {
        self.name = name
        self.title = title
        self.kind = kind
        self.x = x
        self.y = y
        self.panel = panel
        self.color = color
        self.measurement = measurement
        self.statistic = statistic
        self.success = success
        self.band = band
        self.xScale = xScale
        self.yScale = yScale
        self.selections = selections
        self.theory = theory
    }
}
