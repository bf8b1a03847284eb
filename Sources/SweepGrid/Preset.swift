/// A named size of a sweep: axes that get other values, and other replicates.
///
/// `Preset("small", replicates: 4) { Axis(\.intrinsicDimension, 2...4) }`
public struct Preset<Parameters: Sendable>: Sendable {
    let name: String
    let replicates: Int?
    let axes: Grid<Parameters>

    /// Declares a preset; each of its axes replaces the values of the sweep's axis of the same parameter.
    public init(_ name: String, replicates: Int? = nil, @GridBuilder<Parameters> _ axes: () -> Grid<Parameters>) {
        self.name = name
        self.replicates = replicates
        self.axes = axes()
    }

    /// Declares a preset that changes the replicates only.
    public init(_ name: String, replicates: Int) {
        self.name = name
        self.replicates = replicates
        self.axes = Grid(elements: [])
    }
}

/// Reads the `presets:` block of a sweep.
@resultBuilder
public enum PresetBuilder<Parameters: Sendable> {
    public static func buildExpression(_ preset: Preset<Parameters>) -> [Preset<Parameters>] { [preset] }
    public static func buildBlock(_ parts: [Preset<Parameters>]...) -> [Preset<Parameters>] { parts.flatMap { $0 } }
}
