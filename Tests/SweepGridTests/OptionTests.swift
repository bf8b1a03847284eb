import SweepGrid
import Testing

private let sweep = Sweep("s", of: Fixture.self, replicates: 3) {
    Axis(\.count, 1...4, nested: true)
    Axis(\.method, [.slow, .fast], paired: true)
} presets: {
    Preset("small", replicates: 2) { Axis(\.count, [2, 4]) }
}

private func problems(_ options: Sweep.Options) -> [String] {
    do {
        _ = try sweep.freeze(options)
        return []
    } catch {
        return error.problems
    }
}

@Suite struct OptionTests {
    @Test func aPresetReplacesAxesAndReplicates() throws {
        let design = try sweep.freeze(.init(preset: "small")).design
        #expect(design.dimensions.map(\.count) == [2, 2])
        #expect(design.replicates == 2)
        #expect(design.shared.map(\.name) == ["count", "method"])
    }

    @Test func aPresetMayFilterDeriveAndZip() throws {
        let sweep = Sweep("s", of: Fixture.self) {
            Axis(\.count, [4, 8, 16])
            Axis(\.method, [.slow, .fast])
        } presets: {
            Preset("few", replicates: 1) {
                Derived(\.rate) { 1 / Double($0.count) }
                Where { $0.rate >= 0.125 }
            }
            Control("zipped", of: "few", fails: []) {
                Zip {
                    Axis(\.method, [.slow, .fast])
                    Axis(\.dimension, [2, 3])
                }
            }
        }
        let few = try sweep.freeze(.init(preset: "few")).design
        #expect(
            few.pointCount == 4
                && few.derived.map(\.values) == [[.real(0.25), .real(0.25), .real(0.125), .real(0.125)]])
        let zipped = try sweep.freeze(.init(preset: "zipped")).design
        #expect(zipped.pointCount == 4 && zipped.dimensions.map(\.name) == ["method_dimension", "count"])
    }

    @Test(arguments: [
        ("2...15", [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]), ("2...9:3", [2, 5, 8]), ("7", [7]),
        ("1, 3,5...6", [1, 3, 5, 6]), ("geometric(4,64,5)", [4, 8, 16, 32, 64]),
    ])
    func axisTextGivesIntegers(_ text: String, _ values: [Int]) throws {
        let design = try sweep.freeze(.init(overrides: [.init(axis: "count", text: text)])).design
        #expect(design.coordinate("count")?.values == CoordinateValues(values.map { .integer($0) }))
    }

    @Test func severalValuesOutOfRangeAreOneMistake() {
        #expect(
            problems(.init(overrides: [.init(axis: "count", text: "0,-1,5,0")])) == [
                "count=0, -1 is below the smallest allowed value 1", "axis 'count' has the value 0 twice",
            ])
        #expect(
            problems(.init(overrides: [.init(axis: "rate", text: "linear(11,20,10),-1")])) == [
                "rate=11.0, 12.0, 13.0, 14.0, 15.0 and 5 more, each of which is above the largest allowed value 10.0",
                "rate=-1.0 is below the smallest allowed value 0.0",
            ])
    }

    @Test func aParameterThatIsNoAxisBecomesOne() throws {
        let design = try sweep.freeze(.init(overrides: [.init(axis: "rate", text: "linear(0,1,3)")])).design
        #expect(design.coordinate("rate")?.values == [.real(0), .real(0.5), .real(1)])
        #expect(design.pointCount == 24)
    }

    @Test(arguments: [
        ("cuont", "3", "there is no axis 'cuont'; did you mean 'count'?"),
        ("count", "x", "axis 'count' has 'x', which is not an integer"),
        ("count", "5...2", "axis 'count' has '5...2', which must ascend in positive steps to at most 67108864 values"),
        (
            "count", "1...99999999999",
            "axis 'count' has '1...99999999999', which must ascend in positive steps to at most 67108864 values"
        ),
        ("method", "fats", "axis 'method' has no value 'fats'; did you mean 'fast'?"),
        ("rate", "nan", "axis 'rate' has 'nan', which is not a number"),
        ("rate", "geometric(0,1,3)", "axis 'rate' has geometric(...), whose ends must be positive"),
        ("isNoisy", "maybe", "axis 'isNoisy' has 'maybe', which is not true or false"),
    ])
    func mistakesInAxisTextAreNamed(_ axis: String, _ text: String, _ problem: String) {
        #expect(problems(.init(overrides: [.init(axis: axis, text: text)])).first == problem)
    }

    @Test func anUnknownPresetIsAnsweredWithTheNearest() {
        #expect(problems(.init(preset: "smal")) == ["there is no preset 'smal'; did you mean 'small'?"])
    }

    /// What is chosen among values is written as the values are; reals may be chosen by an interval, too.
    @Test func aSelectionHoldsWhatItsTextSays() throws {
        func chosen(_ text: String, _ kind: Value.Kind, among values: [Value]) throws -> [Value] {
            let selection = try AxisSelection(text, kind: kind)
            return values.filter { selection.contains($0) }
        }
        let integers = (0...9).map { Value.integer($0) }
        #expect(try chosen("3", .integer, among: integers) == [.integer(3)])
        #expect(try chosen("7...99", .integer, among: integers) == [.integer(7), .integer(8), .integer(9)])
        #expect(try chosen("1...8:3", .integer, among: integers) == [.integer(1), .integer(4), .integer(7)])
        #expect(try chosen("geometric(1,4,3)", .integer, among: integers) == [.integer(1), .integer(2), .integer(4)])
        let reals = [0, 0.1, 0.25, 0.5, 1].map { Value.real($0) }
        #expect(try chosen("0.1...0.5", .real, among: reals) == [.real(0.1), .real(0.25), .real(0.5)])
        #expect(try chosen("-0", .real, among: reals) == [.real(0)])
        #expect(try chosen("1e-1", .real, among: reals) == [.real(0.1)])
        #expect(try chosen("linear(0,1,3)", .real, among: reals) == [.real(0), .real(0.5), .real(1)])
        #expect(try chosen("pca", .text, among: [.text("pca"), .text("denoiser")]) == [.text("pca")])
        #expect(try chosen("true", .boolean, among: [.boolean(true), .boolean(false)]) == [.boolean(true)])
        for (text, kind) in [("5...2", Value.Kind.integer), ("1...2", .boolean), ("0.5...0.1", .real), ("", .text)] {
            #expect(throws: AxisText.Mistake.self) { try AxisSelection(text, kind: kind) }
        }
    }
}
