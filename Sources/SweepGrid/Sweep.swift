/// A named grid over one experiment's parameters, with replicates, a seed and its figures.
///
/// ```swift
/// public let molrgK1 = Sweep("molrg-k1", of: SubspaceRecovery.self, replicates: 20) {
///     Axis(\.intrinsicDimension, 2...8)
///     Axis(\.sampleCount, 2...15, nested: true)
///     Axis(\.method, [.pca, .denoiserExact, .denoiser], paired: true)
/// } figures: {
///     PhaseDiagram(x: \.sampleCount, y: \.intrinsicDimension, success: \.recoveryError, below: 0.5)
///         .panels(by: \.method)
///         .theory("N = d") { $0.intrinsicDimension }
/// }
/// ```
public struct Sweep: Sendable {
    /// The name in commands and directories: lower-case words joined by hyphens.
    public let name: String
    /// What the sweep shows, in a sentence or two.
    public let description: String
    /// The experiment, without its types.
    public let experiment: AnyExperiment
    /// The number of replicates without a preset.
    public let replicates: Int
    /// The names of the presets in declared order.
    public let presets: [String]
    /// The negative controls in declared order, which are started like presets.
    public let controls: [ControlName]

    /// A negative control of a sweep.
    public struct ControlName: Codable, Hashable, Sendable {
        /// Its name, as a preset's.
        public var name: String
        /// The claims that must fail in it.
        public var mustFail: [String]
    }

    private let freezeTyped: @Sendable (Options) throws(SweepError) -> FrozenRun
    private let viewTyped: @Sendable (Design, String?) throws(SweepError) -> View

    /// What a user may change about a sweep without editing it.
    public struct Options: Hashable, Sendable {
        /// A preset's name.
        public var preset: String?
        /// Axis values as text: `("sampleCount", "2...15")`, see `AxisText`.
        public var overrides: [Override]
        /// Another number of replicates.
        public var replicates: Int?
        /// Another seed.
        public var seed: UInt64?

        /// Values of one axis, as text.
        public struct Override: Hashable, Sendable {
            /// The axis or another parameter.
            public var axis: String
            /// Its values, see `AxisText`.
            public var text: String

            /// Creates an override.
            public init(axis: String, text: String) {
                self.axis = axis
                self.text = text
            }
        }

        /// Creates options; all have their default.
        public init(preset: String? = nil, overrides: [Override] = [], replicates: Int? = nil, seed: UInt64? = nil) {
            self.preset = preset
            self.overrides = overrides
            self.replicates = replicates
            self.seed = seed
        }
    }

    /// Declares a sweep.
    ///
    /// - Parameters:
    ///   - name: the name in commands and directories.
    ///   - experiment: what every task runs.
    ///   - description: what the sweep shows.
    ///   - replicates: independent repetitions of every point.
    ///   - seed: the seed of all chance.
    ///   - limits: limits of a single task.
    ///   - grid: the points, see `GridBuilder`.
    ///   - figures: the pictures; the first one is the phase diagram.
    ///   - checks: the claims, and the rules that decide them.
    ///   - presets: other sizes of the grid, and negative controls.
    public init<E: Experiment>(
        _ name: String, of experiment: E.Type, _ description: String = "", replicates: Int = 1, seed: UInt64 = 1,
        limits: TaskLimits = .init(),
        @GridBuilder<E.Parameters> _ grid: @escaping @Sendable () -> Grid<E.Parameters>,
        @FigureBuilder<E.Parameters, E.Measurements> figures:
            @escaping @Sendable () -> [FigureDeclaration<E.Parameters, E.Measurements>] = { [] },
        @ClaimBuilder<E.Parameters, E.Measurements> checks:
            @escaping @Sendable () -> [Claim<E.Parameters, E.Measurements>] = { [] },
        @PresetBuilder<E.Parameters> presets: @escaping @Sendable () -> [Preset<E.Parameters>] = { [] }
    ) {
        self.name = name
        self.description = description
        self.experiment = AnyExperiment(experiment)
        self.replicates = replicates
        let declared = presets()
        self.presets = declared.filter(\.mustFail.isEmpty).map(\.name)
        controls = declared.filter { !$0.mustFail.isEmpty }.map { ControlName(name: $0.name, mustFail: $0.mustFail) }
        freezeTyped = { (options) throws(SweepError) in
            var freezer = SweepFreezer<E>(name: name, description: description, limits: limits)
            return try freezer.freeze(
                grid().elements, figures: figures(), claims: checks(), presets: presets(), replicates: replicates,
                seed: seed, options: options)
        }
        viewTyped = { (design, preset) throws(SweepError) in
            var freezer = SweepFreezer<E>(name: name, description: description, limits: limits)
            return try freezer.view(
                of: design, figures: figures(), claims: checks(),
                mustFail: presets().first { $0.name == preset }?.mustFail ?? [])
        }
    }

    /// Freezes the sweep as data.
    ///
    /// - Complexity: linear in the number of points.
    /// - Throws: `SweepError` with everything that is wrong with the sweep or the options.
    public func freeze(_ options: Options = .init()) throws(SweepError) -> FrozenRun {
        try freezeTyped(options)
    }

    /// Freezes the figures and rules that the sweep declares now for a run that was frozen before.
    ///
    /// - Parameters:
    ///   - design: of a run of this sweep's experiment, of any grid.
    ///   - preset: the preset or control of that run.
    /// - Throws: `SweepError`, also when the run is of another experiment.
    public func view(of design: Design, preset: String? = nil) throws(SweepError) -> View {
        guard design.experiment == experiment.name else {
            throw SweepError(
                sweep: name,
                problems: ["it is of experiment '\(experiment.name)', the run of '\(design.experiment)'"])
        }
        return try viewTyped(design, preset)
    }
}

/// Everything that is wrong with a sweep.
public struct SweepError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The sweep's name.
    public let sweep: String
    /// One clause per mistake.
    public let problems: [String]

    /// All mistakes, one a line.
    public var description: String {
        problems.count == 1
            ? "sweep '\(sweep)': \(problems[0])"
            : "sweep '\(sweep)' has \(problems.count) mistakes:\n"
                + problems.map { "  - \($0)" }.joined(separator: "\n")
    }
}
