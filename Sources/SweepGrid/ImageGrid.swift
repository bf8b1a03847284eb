/// An array measurement of the first replicate as a grid of small images, with names for its rows and columns.
///
/// The array holds the images row by row of the grid, each of them row by row of its pixels. It stands in one panel: choose what is
/// shown of the axes with `.at`.
///
/// `ImageGrid(of: \.pictures, height: 8, width: 6).rows(["v1", "v2"]).columns("first sample", ["-1", "0", "1"])`
public struct ImageGrid<Parameters: Sendable, Measurements: Sendable>: Sendable {
    var declaration: FigureDeclaration<Parameters, Measurements>

    /// A grid of images with so many rows and columns of pixels.
    public init(of measurement: any KeyPath<Measurements, [Double]> & Sendable, height: Int, width: Int) {
        declaration = FigureDeclaration(kind: .imageGrid, x: nil, measurement: measurement, statistic: .mean)
        declaration.tiles = Figure.Tiles(height: height, width: width)
    }

    /// Names the rows of the grid, from the top.
    public func rows(_ names: [String]) -> Self { changing { $0.tiles?.rows = names } }

    /// Adds columns to the right, apart from the others, with a heading above them.
    public func columns(_ title: String, _ names: [String]) -> Self {
        changing { $0.tiles?.groups.append(Figure.Tiles.Group(title: title, columns: names)) }
    }

    /// Names what the columns are, below them.
    public func columnTitle(_ title: String) -> Self { changing { $0.tiles?.columnTitle = title } }
}

extension ImageGrid: FigureRefinement {
    /// The figure with a change made to its declaration.
    public func changing(_ change: (inout FigureDeclaration<Parameters, Measurements>) -> Void) -> Self {
        var copy = self
        change(&copy.declaration)
        return copy
    }
}

extension FigureBuilder {
    public static func buildExpression(
        _ figure: ImageGrid<Parameters, Measurements>
    ) -> [FigureDeclaration<Parameters, Measurements>] { [figure.declaration] }
}

extension Figure {
    /// The layout of an image grid.
    public struct Tiles: Codable, Hashable, Sendable {
        /// Columns that stand together.
        public struct Group: Codable, Hashable, Sendable {
            /// The heading above them; empty for none.
            public var title: String
            /// Their names, from the left.
            public var columns: [String]

            /// Creates a group.
            public init(title: String, columns: [String]) {
                self.title = title
                self.columns = columns
            }
        }

        /// Rows of pixels of an image.
        public var height: Int
        /// Columns of pixels of an image.
        public var width: Int
        /// The names of the rows, from the top.
        public var rows: [String]
        /// The columns, from the left.
        public var groups: [Group]
        /// What the columns are; empty for nothing.
        public var columnTitle: String

        /// Creates a layout.
        public init(
            height: Int, width: Int, rows: [String] = [], groups: [Group] = [], columnTitle: String = ""
        ) {
            self.height = height
            self.width = width
            self.rows = rows
            self.groups = groups
            self.columnTitle = columnTitle
        }

        /// The number of values of all images together; nil when there is none or it is out of range.
        public var pixelCount: Int? {
            guard height > 0, width > 0 else { return nil }
            let images = rows.count * groups.reduce(0) { $0 + $1.columns.count }
            let (rows, isLarge) = images.multipliedReportingOverflow(by: height)
            let (count, isTooLarge) = rows.multipliedReportingOverflow(by: width)
            return images == 0 || isLarge || isTooLarge ? nil : count
        }
    }
}
