import Foundation
import SweepGrid
import Testing

@Suite struct ClaimTests {
    private let sweep = Sweep("claims", of: Fixture.self, "A fixture.", replicates: 5, seed: 3) {
        Axis(\.count, [4, 8, 16])
        Axis(\.dimension, 2...3)
        Axis(\.method, [.slow, .fast])
    } figures: {
        PhaseDiagram(x: \.count, y: \.dimension, success: \.error, below: 0.5).panels(by: \.method)
    } checks: {
        Claim("exact", "Errors vanish from n = 8.", rateOf: \.error, below: 0.5)
            .at(\.method, .slow).forEach(\.dimension, \.count)
            .equals { $0.count >= 8 ? 1 : 0 }
        Claim("pooled", "Most do.", rateOf: \.error, below: 0.5).where { $0.count > 4 }.atLeast(0.85)
        Claim("law", "The threshold is linear.", exponentOf: \.error, above: 0.5, along: \.count, against: \.dimension)
            .isotonic().within(0.9...1.1).resolved(to: 0.1)
        Claim("curve", "The curve is 1 / (1 + t).", meanOf: \.curve)
            .forEach(\.dimension).near(0.01) { parameters, time in
                Int(time) < parameters.dimension ? 1 / (1 + time) : .nan
            }
            .resolved(to: 0.05)
        Claim("engines", "Both are one.", distributionOf: \.error)
            .comparing(\.method, .fast, with: .slow).forEach(\.count).atLeast(1e-3, by: .value)
        Claim("constant", "n / d is constant.", thresholdOf: \.error, below: 0.5, along: \.count)
            .forEach(\.dimension).divided { Double($0.dimension) }.constant(within: 0.15)
        Claim(
            "steep", "The law holds where it is resolved.", exponentOf: \.error, above: 0.5, along: \.count,
            against: \.dimension, atLeast: 2
        ).needing(cells: 3, trials: 50).within(1...1, by: .compatible).resolved(to: 0.2)
    } presets: {
        Preset("small", replicates: 2) { Axis(\.count, [4, 8]) }
        Control("noisy", of: "small", fails: ["exact"]) { Fixed(\.isNoisy, true) }
    }

    private func check(_ name: String, _ options: Sweep.Options = .init()) throws -> Check {
        try #require(try sweep.freeze(options).view.checks.first { $0.name == name })
    }

    @Test func groupsHoldThePointsThatAgreeInTheNamedAxes() throws {
        let exact = try check("exact")
        #expect(exact.decision == .value && exact.groups.count == 6)
        #expect(exact.groups[0].label == "dimension = 2, count = 4")
        #expect(exact.groups.map(\.points) == [[0], [2], [4], [6], [8], [10]])
        #expect(exact.groups.map(\.lower) == [0, 0, 1, 1, 1, 1] && exact.groups.map(\.upper) == [0, 0, 1, 1, 1, 1])
        let pooled = try check("pooled")
        #expect(pooled.groups == [Check.Group(label: "", points: Array(4..<12), lower: 0.85)])
    }

    @Test func curvesAreClaimedWhereTheTheoryIsANumber() throws {
        let curve = try check("curve")
        #expect(curve.decision == .compatible && curve.resolution == 0.05)
        #expect(
            curve.groups.map(\.label) == [
                "dimension = 2, step = 0.0", "dimension = 2, step = 1.0", "dimension = 3, step = 0.0",
                "dimension = 3, step = 1.0", "dimension = 3, step = 2.0",
            ])
        #expect(curve.groups.map(\.coordinate) == [0, 1, 0, 1, 2])
        #expect(curve.groups[1].lower == 0.49 && curve.groups[1].upper == 0.51)
        #expect(curve.groups[2].points == [2, 3, 6, 7, 10, 11])
    }

    @Test func comparedGroupsHaveAReference() throws {
        let engines = try check("engines")
        #expect(engines.quantity == .sameDistribution(measurement: "error"))
        #expect(engines.groups.map(\.points) == [[1, 3], [5, 7], [9, 11]])
        #expect(engines.groups.map(\.reference) == [[0, 2], [4, 6], [8, 10]])
        let constant = try check("constant")
        #expect(constant.isRelativeToMean && constant.groups.map(\.scale) == [2, 3])
        let law = try check("law")
        let rule = SuccessRule(measurement: "error", side: .above, threshold: 0.5)
        #expect(law.quantity == .exponent(success: rule, along: "count", against: "dimension", fit: .isotonic, rows: 3))
        #expect(law.resolution == 0.1)
        #expect(
            try check("steep").quantity
                == .resolvedExponent(
                    success: rule, along: "count", against: "dimension", fit: .logistic, rows: 2, cells: 3, trials: 50))
    }

    @Test func aControlChangesItsPresetAndNamesWhatMustFail() throws {
        #expect(sweep.presets == ["small"])
        #expect(sweep.controls.map(\.name) == ["noisy"])
        let run = try sweep.freeze(.init(preset: "noisy"))
        #expect(run.view.mustFail == ["exact"])
        #expect(run.design.replicates == 2)
        #expect(run.design.coordinate("count")?.values == [.integer(4), .integer(8)])
        #expect(run.design.coordinate("isNoisy")?.values == [.boolean(true)])
        #expect(try sweep.freeze(.init(preset: "small")).view.mustFail.isEmpty)
    }

    @Test func rulesCanBeFrozenForARunOfAnotherGrid() throws {
        let design = try sweep.freeze(.init(preset: "small")).design
        let view = try sweep.view(of: design, preset: "small")
        #expect(view == (try sweep.freeze(.init(preset: "small"))).view)
        #expect(view.checks[0].groups.count == 4)
        var other = design
        other.experiment = "other"
        #expect(throws: SweepError.self) { try sweep.view(of: other) }
    }

    @Test func mistakesInClaimsAreListed() {
        let wrong = Sweep("s", of: Fixture.self) {
            Axis(\.count, [4, 8])
        } checks: {
            Claim("twice", "A.", rateOf: \.error, below: 0.5).atLeast(1)
            Claim("twice", "B.", distributionOf: \.error).atLeast(1)
            Claim("wide", "C.", meanOf: \.error).near(0.1) { _ in 0 }
        } presets: {
            Control("odd", of: "none", fails: ["absent"]) { Fixed(\.isNoisy, true) }
        }
        func problems(_ options: Sweep.Options) -> [String] {
            do {
                _ = try wrong.freeze(options)
                return []
            } catch {
                return error.problems
            }
        }
        #expect(
            problems(.init()) == [
                "two claims are named 'twice': give one another name",
                "claim 'twice' tests a distribution against none: add .comparing(...)",
                "claim 'wide' passes when its interval is compatible, however wide: add .resolved(to:), or decide "
                    + "by: .value or by: .interval",
            ])
        #expect(problems(.init(preset: "odd")) == ["control 'odd' changes the preset 'none', which does not exist"])
    }

    // MARK: The format

    private let goldens = #filePath.components(separatedBy: "/ClaimTests.swift")[0] + "/Goldens"

    private func text(_ run: FrozenRun) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(run), as: UTF8.self) + "\n"
    }

    @Test func aRunWithRulesIsWrittenAsTheGolden() throws {
        let text = try text(try sweep.freeze(.init(preset: "noisy")))
        let path = goldens + "/run-with-resolved-checks.json"
        if ProcessInfo.processInfo.environment["RECORD_GOLDENS"] == "1" {
            try FileManager.default.createDirectory(atPath: goldens, withIntermediateDirectories: true)
            try text.write(toFile: path, atomically: true, encoding: .utf8)
            Issue.record("recorded run-with-resolved-checks.json; run again without RECORD_GOLDENS")
            return
        }
        #expect(text == (try String(contentsOfFile: path, encoding: .utf8)))
    }

    /// A `run.json` of before exponents asked for cells and trials: it is read, and written again with the same bytes.
    @Test func aRunWithEarlierRulesIsReadAndKeepsItsBytes() throws {
        let golden = try String(contentsOfFile: goldens + "/run-with-checks.json", encoding: .utf8)
        let run = try JSONDecoder().decode(FrozenRun.self, from: Data(golden.utf8))
        #expect(run.view.checks.map(\.name) == ["exact", "pooled", "law", "curve", "engines", "constant"])
        #expect(run.view.checks[3].decision == .compatible && run.view.checks[3].resolution == nil)
        #expect(try text(run) == golden)
    }

    /// A `run.json` of before there were rules: it is read, and written again with the same bytes, so that its hash stays.
    @Test func aRunWithoutRulesIsReadAndKeepsItsBytes() throws {
        let golden = try String(contentsOfFile: goldens + "/run-without-checks.json", encoding: .utf8)
        let run = try JSONDecoder().decode(FrozenRun.self, from: Data(golden.utf8))
        #expect(run.view.checks.isEmpty && run.view.mustFail.isEmpty)
        #expect(run.view.figures.map(\.name) == ["phase-diagram", "recovery-error", "training-error"])
        #expect(try text(run) == golden)
    }
}
