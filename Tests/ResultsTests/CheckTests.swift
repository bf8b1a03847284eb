import Foundation
import SweepGrid
import Testing

@testable import Results

/// Rules on made-up runs: 20 replicates at 3 dimensions and 6 sample counts; success from N = d + 1, half of the time at N = d.
@Suite struct CheckTests {
    private let directory: TemporaryDirectory
    private let design = Fixture.design(
        [Fixture.intrinsicDimension, Fixture.sampleCount], replicates: 20)

    init() throws { directory = try TemporaryDirectory() }

    /// A merged file; `error` and `curve` from the sample count, the dimension and the replicate.
    private func file(
        missing: Int? = nil, diverged: Int? = nil, design: Design? = nil,
        error: (_ count: Int, _ dimension: Int, _ replicate: Int) -> Double = { count, dimension, replicate in
            count > dimension || (count == dimension && replicate % 2 == 0) ? 0.1 : 0.9
        }
    ) throws -> PhaseDiagramFile {
        let design = design ?? self.design
        let run = RunDirectory(directory.file(UUID().uuidString))
        try Disk.makeDirectory(run.path)
        try run.write(Fixture.run(design))
        try Disk.makeDirectory(run.shards)
        var writer = ShardWriter(design: design, worker: "w", host: "h")
        var identities = TaskIdentities(design)
        for task in 0..<design.taskCount where task != missing {
            let (point, replicate) = task.quotientAndRemainder(dividingBy: 20)
            let value = error(2 + point % 6, 2 + point / 6, replicate)
            let noise = Double(replicate % 5 - 2) / 100
            // The curve passes 0.5 at step 55, linearly between steps 10 and 100.
            writer.append(
                task: task, id: identities[task], attempt: 1,
                result: TaskResult(
                    status: task == diverged ? .diverged : .ok,
                    values: [value, value + noise, 1, 0.75 + noise, 0.25 + noise, 0], lengths: [4]),
                started: 0, seconds: 1)
        }
        try writer.seal(in: run.shards)
        return try PhaseDiagramFile(try Merge([run]).write().path)
    }

    private func verdict(_ check: Check, _ file: PhaseDiagramFile, isShuffled: Bool = false) throws -> Verdict {
        try CheckEvaluation(file, for: [check], isShuffled: isShuffled, draws: 60).verdict(of: check)
    }

    private func rows() -> [(dimension: Int, points: [Int])] { (0..<3).map { ($0 + 2, Array($0 * 6..<$0 * 6 + 6)) } }

    private func check(
        _ quantity: Check.Quantity, _ decision: Check.Decision, resolution: Double? = nil,
        sigmas: Double? = nil, relative: Bool = false, _ groups: [Check.Group]
    ) -> Check {
        Check(
            name: "rule", claim: "A claim.", quantity: quantity, decision: decision, resolution: resolution,
            sigmas: sigmas, isRelativeToMean: relative, groups: groups)
    }

    private func check(_ quantity: Check.Quantity, _ groups: [Check.Group]) -> Check {
        check(quantity, .interval, groups)
    }

    private func check(_ quantity: Check.Quantity, sigmas: Double, _ groups: [Check.Group]) -> Check {
        check(quantity, .interval, sigmas: sigmas, groups)
    }

    @Test func aRateIsJudgedByItsValueOrByItsWholeInterval() throws {
        let file = try file()
        // Point 4 has N = 6, d = 2: 20 of 20. Point 0 has N = d = 2: 10 of 20.
        let always = Check.Group(label: "", points: [4], lower: 0.9)
        #expect(try verdict(check(.rate(success: Fixture.rule), .value, [always]), file).outcome == .pass)
        #expect(try verdict(check(.rate(success: Fixture.rule), .interval, [always]), file).outcome == .undecided)
        #expect(
            try verdict(
                check(
                    .rate(success: Fixture.rule), .interval, [Check.Group(label: "", points: [3, 4, 5], lower: 0.9)]),
                file
            ).outcome == .pass)
        let half = Check.Group(label: "", points: [0], lower: 0.9)
        let failed = try verdict(check(.rate(success: Fixture.rule), .interval, [always, half]), file)
        #expect(failed.outcome == .fail)
        #expect(failed.findings.map(\.outcome) == [.undecided, .fail])
        #expect(failed.worst?.value == 0.5 && failed.worst?.note == "10 of 20")
    }

    @Test func intervalsHoldJointlyOverTheGroups() throws {
        let file = try file()
        let group = Check.Group(label: "", points: [0], lower: 0, upper: 1)
        let one = try verdict(check(.rate(success: Fixture.rule), [group]), file).findings[0].interval
        let many = try verdict(
            check(.rate(success: Fixture.rule), Array(repeating: group, count: 50)), file
        ).findings[0].interval
        #expect(one == wilsonInterval(successes: 10, trials: 20))
        #expect(many == wilsonInterval(successes: 10, trials: 20, z: normalDeviate(coverage: 0.999)))
        let sigmas = try verdict(check(.rate(success: Fixture.rule), sigmas: 3, [group]), file).findings[0].interval
        #expect(sigmas == wilsonInterval(successes: 10, trials: 20, z: 3))
    }

    @Test func aMissingTaskLeavesItsGroupUndecided() throws {
        let file = try file(missing: 4 * 20 + 7)
        let groups = [Check.Group(label: "", points: [4], lower: 0.9), Check.Group(label: "", points: [5], lower: 0.9)]
        let verdict = try verdict(check(.rate(success: Fixture.rule), .value, groups), file)
        #expect(verdict.outcome == .undecided)
        #expect(verdict.findings.map(\.outcome) == [.undecided, .pass])
        #expect(verdict.findings[0].note == "1 tasks have no result")
    }

    @Test func thresholdsAreThoseOfTheBoundaryAndMayBeComparedWithALaw() throws {
        let file = try file()
        let quantity = Check.Quantity.threshold(success: Fixture.rule, along: "sampleCount", fit: .logistic)
        let groups = rows().map {
            Check.Group(label: "d = \($0.dimension)", points: $0.points, upper: Double($0.dimension + 1))
        }
        let right = try verdict(check(quantity, .value, groups), file)
        #expect(right.findings.map(\.outcome) == [.pass, .pass, .pass])
        // N = d = 2 is the first cell of its row, and half of its trials succeed.
        #expect(right.findings[0].value == -.infinity)
        #expect(abs(right.findings[2].value - 4) < 0.3)
        let wrong = groups.map { Check.Group(label: $0.label, points: $0.points, upper: 1) }
        #expect(
            try verdict(check(quantity, .interval, wrong), file).findings.map(\.outcome) == [.undecided, .fail, .fail])
        let scaled = rows().dropFirst().map {
            Check.Group(label: "", points: $0.points, scale: Double($0.dimension), lower: -0.1, upper: 0.1)
        }
        let constant = try verdict(check(quantity, .value, relative: true, scaled), file)
        #expect(constant.outcome == .pass)
        #expect(abs(constant.findings[0].value + constant.findings[1].value) < 1e-12)
    }

    @Test func anExponentNeedsItsRowsAndIsFoundFromThem() throws {
        let file = try file { count, dimension, replicate in
            Double(count) > Double(dimension) * 1.2 + Double(replicate - 10) / 20 ? 0.1 : 0.9
        }
        let points = Array(0..<18)
        func check(rows: Int, _ lower: Double, _ upper: Double) -> Check {
            self.check(
                .exponent(
                    success: Fixture.rule, along: "sampleCount", against: "intrinsicDimension", fit: .logistic,
                    rows: rows),
                [Check.Group(label: "", points: points, lower: lower, upper: upper)])
        }
        #expect(try verdict(check(rows: 3, 0, 3), file).outcome == .pass)
        #expect(try verdict(check(rows: 3, 2, 3), file).outcome == .fail)
        let short = try verdict(check(rows: 4, 0, 3), file)
        #expect(short.outcome == .undecided)
        #expect(short.findings[0].note == "3 thresholds lie in the grid, the rule wants 4")
    }

    @Test func meansDifferencesAndCrossingsHaveTheirIntervals() throws {
        let file = try file()
        let mean = try verdict(
            check(
                .mean(measurement: "trainingError"), .compatible, sigmas: 3,
                [
                    Check.Group(label: "", points: [4], coordinate: 1, lower: 0.76, upper: 0.8)
                ]), file)
        #expect(abs(mean.findings[0].value - 0.75) < 1e-12)
        // Four of each of -2...2 hundredths: variance 2e-4 * 20 / 19.
        let error = (2e-4 / 19).squareRoot()
        #expect(abs(mean.findings[0].interval.upper - 0.75 - 3 * error) < 1e-12)
        #expect(mean.outcome == .fail)
        let difference = check(
            .difference(measurement: "loss", minus: "recoveryError"), .compatible, sigmas: 3,
            [
                Check.Group(label: "", points: [0, 4], lower: 0, upper: 0)
            ])
        #expect(try verdict(difference, file).outcome == .pass)
        let narrow = check(
            .difference(measurement: "loss", minus: "recoveryError"), .compatible, resolution: 1e-4, sigmas: 3,
            difference.groups)
        #expect(try verdict(narrow, file).outcome == .undecided)
        let crossing = try verdict(
            check(
                .crossing(measurement: "trainingError", level: 0.5, along: nil), .compatible,
                [
                    Check.Group(label: "", points: [4], lower: 54, upper: 56)
                ]), file)
        #expect(crossing.outcome == .pass && abs(crossing.findings[0].value - 55) < 1e-9)
        let axis = try verdict(
            check(
                .crossing(measurement: "recoveryError", level: 0.7, along: "sampleCount"), .value,
                [
                    Check.Group(label: "", points: Array(12..<18), lower: 3.4, upper: 3.6)
                ]), file)
        #expect(axis.outcome == .pass && abs(axis.findings[0].value - 3.5) < 1e-9)
    }

    @Test func comparedGroupsGiveDifferencesRatiosAndProbabilities() throws {
        let file = try file()
        // N = 6 against N = 2 at d = 2: 20 of 20 against 10 of 20.
        let rate = try verdict(
            check(.rate(success: Fixture.rule), [Check.Group(label: "", points: [4], reference: [0], upper: 0)]), file)
        #expect(rate.findings[0].value == 0.5 && rate.outcome == .fail)
        let ratio = try verdict(
            check(
                .threshold(success: Fixture.rule, along: "sampleCount", fit: .logistic), .compatible,
                [
                    Check.Group(
                        label: "", points: rows()[2].points, reference: rows()[1].points, lower: 1.2, upper: 1.5)
                ]), file)
        #expect(ratio.outcome == .pass)
        #expect(abs(ratio.findings[0].value - 4.0 / 3) < 0.1)
        func same(_ point: Int, _ reference: Int) throws -> Outcome {
            try verdict(
                check(
                    .sameDistribution(measurement: "loss"), .value,
                    [
                        Check.Group(label: "", points: [point], reference: [reference], lower: 1e-3)
                    ]), file
            ).outcome
        }
        #expect(try same(4, 5) == .pass)
        #expect(try same(4, 12) == .fail)
    }

    /// The same inputs: the replicate's own share, a hundred times the difference, drops out. Without pairing it does not.
    @Test func pairedReplicatesAreComparedOneByOne() throws {
        func error(_ count: Int, _ dimension: Int, _ replicate: Int) -> Double {
            Double(replicate) + (count == 3 ? 0.25 : 0) + Double(replicate % 2) / 1024
        }
        let groups = [Check.Group(label: "", points: [1, 7, 13], reference: [0, 6, 12], lower: 0.2, upper: 0.3)]
        let rule = check(.mean(measurement: "recoveryError"), .interval, groups)
        let paired = Fixture.design(
            [Fixture.intrinsicDimension, Fixture.sampleCount],
            shared: [Design.SharedParameter(name: "sampleCount", reason: .paired)], replicates: 20)
        // Both counts have the same parity share, so every difference is 0.25.
        let together = try verdict(rule, file(design: paired, error: error))
        #expect(together.outcome == .pass)
        #expect(together.findings[0].value == 0.25 && together.findings[0].interval.upper == 0.25)
        let apart = try verdict(rule, file(error: error))
        #expect(apart.outcome == .undecided && apart.findings[0].value == 0.25)
        #expect(apart.findings[0].interval.upper > 1)
        // Points that differ in another axis as well are not pairs.
        let crossed = [Check.Group(label: "", points: [1, 7, 13], reference: [0, 12, 6], lower: 0.2, upper: 0.3)]
        #expect(
            try verdict(
                check(.mean(measurement: "recoveryError"), .interval, crossed), file(design: paired, error: error)
            ).outcome == .undecided)
    }

    /// What is left of a group after a task has diverged does not speak for it; a rate counts the task as a failure.
    @Test func aDivergedTaskLeavesMeansUndecidedAndIsATrialWithoutSuccess() throws {
        let file = try file(diverged: 4 * 20 + 7)
        let group = Check.Group(label: "", points: [4], lower: 0)
        let undecided: [Check.Quantity] = [
            .mean(measurement: "loss"), .difference(measurement: "loss", minus: "recoveryError"),
            .crossing(measurement: "trainingError", level: 0.5, along: nil),
        ]
        for quantity in undecided {
            let verdict = try verdict(check(quantity, .value, [group]), file)
            #expect(verdict.outcome == .undecided && verdict.findings[0].note == "1 of 20 diverged")
        }
        let same = check(
            .sameDistribution(measurement: "loss"), .value,
            [Check.Group(label: "", points: [5], reference: [4], lower: 0)])
        #expect(try verdict(same, file).findings[0].note == "1 of 40 diverged")
        let rate = try verdict(check(.rate(success: Fixture.rule), .value, [group]), file)
        #expect(rate.findings[0].value == 0.95 && rate.outcome == .pass)
    }

    @Test func anExponentFailsWhereSuccessIsUnlikelyInTheWholeGrid() throws {
        let quantity = Check.Quantity.exponent(
            success: Fixture.rule, along: "sampleCount", against: "intrinsicDimension", fit: .logistic, rows: 3)
        let groups = [Check.Group(label: "", points: Array(0..<18), lower: 0, upper: 5)]
        let never = try file { _, _, replicate in replicate == 0 ? 0.1 : 0.9 }
        let failed = try verdict(check(quantity, .compatible, groups), never)
        #expect(failed.outcome == .fail && failed.findings[0].note == "every rate of the grid is below one half")
        // Too few trials to say that the rate is below one half.
        let rarely = try file { _, _, replicate in replicate < 8 ? 0.1 : 0.9 }
        #expect(try verdict(check(quantity, .compatible, groups), rarely).outcome == .undecided)
        let short = [Check.Group(label: "", points: Array(0..<12), lower: 0, upper: 5)]
        #expect(try verdict(check(quantity, .compatible, short), never).outcome == .undecided)
    }

    @Test func aResolvedExponentNeedsItsCellsAndTrials() throws {
        // Success at rates 0.1, 0.3, ... that rise with the count, shifted by the dimension.
        let file = try file { count, dimension, replicate in
            Double(replicate) < 20 * (0.1 + 0.2 * Double(count - dimension)) ? 0.1 : 0.9
        }
        func verdict(cells: Int, trials: Int) throws -> Verdict {
            try self.verdict(
                check(
                    .resolvedExponent(
                        success: Fixture.rule, along: "sampleCount", against: "intrinsicDimension", fit: .logistic,
                        rows: 3, cells: cells, trials: trials),
                    [Check.Group(label: "", points: Array(0..<18), lower: 0, upper: 5)]), file)
        }
        #expect(try verdict(cells: 3, trials: 20).outcome == .pass)
        let few = try verdict(cells: 5, trials: 20)
        #expect(few.outcome == .undecided)
        #expect(
            few.findings[0].note == "4 cells at intrinsicDimension = 4.0 are within the transition, the rule wants 5")
        let small = try verdict(cells: 3, trials: 21)
        #expect(small.outcome == .undecided && small.findings[0].note == "20 trials a cell, the rule wants 21")
    }

    @Test func aRateThatFallsIsNoticed() throws {
        let quantity = Check.Quantity.fall(success: Fixture.rule, along: "sampleCount")
        let groups = [Check.Group(label: "", points: rows()[2].points, upper: 0)]
        #expect(try verdict(check(quantity, .compatible, groups), file()).outcome == .pass)
        let falling = try file { count, _, _ in count == 5 ? 0.9 : count > 3 ? 0.1 : 0.9 }
        let verdict = try verdict(check(quantity, .compatible, groups), falling)
        #expect(verdict.outcome == .fail && verdict.findings[0].note == "from sampleCount = 4.0 to 5.0")
    }

    @Test func shuffledLabelsFailARuleThatHolds() throws {
        let file = try file()
        let groups = (0..<18).filter { 2 + $0 % 6 != 2 + $0 / 6 }.map { point in
            let value = 2 + point % 6 > 2 + point / 6 ? 1.0 : 0
            return Check.Group(label: "", points: [point], lower: value, upper: value)
        }
        let rule = check(.rate(success: Fixture.rule), .value, groups)
        #expect(try verdict(rule, file).outcome == .pass)
        #expect(try verdict(rule, file, isShuffled: true).outcome == .fail)
    }

    @Test func rulesThatDoNotFitTheRunAreUndecidedWithTheReason() throws {
        let file = try file()
        let other = check(.mean(measurement: "other"), [Check.Group(label: "", points: [0])])
        #expect(try verdict(other, file).findings.map(\.note) == ["the run has no measurement 'other'"])
        let outside = check(.mean(measurement: "loss"), [Check.Group(label: "", points: [99])])
        #expect(try verdict(outside, file).findings.map(\.note) == ["it names points outside the grid"])
        #expect(try verdict(check(.mean(measurement: "loss"), []), file).outcome == .undecided)
    }
}
