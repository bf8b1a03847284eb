/// A named size of a sweep: axes that get other values, and other replicates.
///
/// `Preset("small", replicates: 4) { Axis(\.intrinsicDimension, 2...4) }`
public struct Preset<Parameters: Sendable>: Sendable {
    let name: String
    let replicates: Int?
    let axes: Grid<Parameters>
    /// The preset that this one changes further, for a control.
    let base: String?
    /// The claims that must fail, for a control.
    let mustFail: [String]

    /// Declares a preset; each of its axes replaces the values of the sweep's axis of the same parameter.
    public init(_ name: String, replicates: Int? = nil, @GridBuilder<Parameters> _ axes: () -> Grid<Parameters>) {
        self.name = name
        self.replicates = replicates
        self.axes = axes()
        base = nil
        mustFail = []
    }

    /// Declares a preset that changes the replicates only.
    public init(_ name: String, replicates: Int) {
        self.name = name
        self.replicates = replicates
        self.axes = Grid(elements: [])
        base = nil
        mustFail = []
    }

    init(control name: String, of base: String, mustFail: [String], _ axes: Grid<Parameters>) {
        self.name = name
        self.replicates = nil
        self.axes = axes
        self.base = base
        self.mustFail = mustFail
    }
}

/// A negative control: a preset made deliberately wrong, at which the named claims must fail.
///
/// `Control("noisy", of: "small", fails: ["pca"]) { Fixed(\.noise, 0.3) }`
public struct Control<Parameters: Sendable>: Sendable {
    let preset: Preset<Parameters>

    /// Declares a control, which is started like a preset: `phasemap run SWEEP --preset noisy`.
    ///
    /// - Parameters:
    ///   - base: the preset that it changes.
    ///   - claims: names of claims that hold at that preset and must fail here.
    public init(
        _ name: String, of base: String, fails claims: [String], @GridBuilder<Parameters> _ axes: () -> Grid<Parameters>
    ) {
        preset = Preset(control: name, of: base, mustFail: claims, axes())
    }
}

/// Reads the `presets:` block of a sweep.
@resultBuilder
public enum PresetBuilder<Parameters: Sendable> {
    public static func buildExpression(_ preset: Preset<Parameters>) -> [Preset<Parameters>] { [preset] }
    public static func buildExpression(_ control: Control<Parameters>) -> [Preset<Parameters>] { [control.preset] }
    public static func buildBlock(_ parts: [Preset<Parameters>]...) -> [Preset<Parameters>] { parts.flatMap { $0 } }
}
