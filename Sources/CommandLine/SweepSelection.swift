internal import ArgumentParser
internal import SweepGrid

/// The sweep that a command is about, and what the user changes about it.
struct SweepSelection: ParsableArguments {
    @Argument(help: "The sweep, see 'phasemap list'.")
    var sweep: String

    @Option(help: "A size of the sweep that it declares, see 'phasemap list'.")
    var preset: String?

    @Option(
        name: .customLong("set"),
        help: ArgumentHelp(
            "Other values of an axis: sampleCount=2...15, sampleCount=2...30:4, method=pca,denoiser, "
                + "noise=linear(0,0.3,4) or noise=geometric(0.01,1,5). May be given several times.",
            valueName: "axis=values"))
    var overrides: [String] = []

    @Option(help: "Another number of replicates.")
    var replicates: Int?

    @Option(help: "Another seed.")
    var seed: UInt64?

    /// The sweep frozen with the user's changes.
    func freeze(overriding more: [Sweep.Options.Override] = []) throws -> FrozenRun {
        let sweep = try Catalog.current.sweep(sweep)
        let options = Sweep.Options(
            preset: preset, overrides: try overrides.map { try Self.override($0) } + more, replicates: replicates,
            seed: seed)
        do {
            return try sweep.freeze(options)
        } catch {
            // Without changes the sweep itself is at fault.
            let isChanged = preset != nil || !options.overrides.isEmpty || replicates != nil
            throw CommandFailure(error.description, isChanged ? .usage : .failure)
        }
    }

    /// `axis=values` in its two parts.
    static func override(_ text: String, option: String = "--set") throws -> Sweep.Options.Override {
        guard let equals = text.firstIndex(of: "="), equals != text.startIndex,
            text.index(after: equals) != text.endIndex
        else {
            throw CommandFailure(
                "'\(option) \(text)' is not of the form axis=values, for example sampleCount=2...15", .usage)
        }
        return .init(axis: String(text[..<equals]), text: String(text[text.index(after: equals)...]))
    }
}

extension Design {
    /// The varied and derived parameters of a point, as `sampleCount=6, method=pca`.
    func label(ofPoint point: Int) -> String {
        let values = values(ofPoint: point)
        let varied = dimensions.flatMap { $0.coordinates.map(\.parameter) } + derived.map(\.parameter)
        return varied.compactMap { name in
            parameters.firstIndex { $0.name == name }.map { "\(name)=\(values[$0])" }
        }.joined(separator: ", ")
    }
}
