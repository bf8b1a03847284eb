import SweepGrid
import Testing

/// The points of a sweep as text, in order.
private func points(_ sweep: Sweep, _ options: Sweep.Options = .init()) throws -> [String] {
    let design = try sweep.freeze(options).design
    return (0..<design.pointCount).map { point in
        design.values(ofPoint: point).map(\.description).joined(separator: " ")
    }
}

private func problems(_ sweep: Sweep, _ options: Sweep.Options = .init()) -> [String] {
    do {
        _ = try sweep.freeze(options)
        return []
    } catch {
        return error.problems
    }
}

@Suite struct GridTests {
    @Test func statementsMultiplyWithTheLastOneFastest() throws {
        let sweep = Sweep("s", of: Fixture.self) {
            Axis(\.count, [1, 2])
            Axis(\.method, [.slow, .fast])
        }
        #expect(
            try points(sweep) == [
                "1 4 0.5 slow false", "1 4 0.5 fast false", "2 4 0.5 slow false", "2 4 0.5 fast false",
            ])
    }

    @Test func zipPairsValuesOnOneDimension() throws {
        let sweep = Sweep("s", of: Fixture.self) {
            Zip {
                Axis(\.count, 1...3)
                Axis(\.dimension, [2, 4, 6])
            }
            Axis(\.rate, [1])
        }
        let design = try sweep.freeze().design
        #expect(design.dimensions.map(\.name) == ["count_dimension", "rate"])
        #expect(try points(sweep) == ["1 2 1.0 slow false", "2 4 1.0 slow false", "3 6 1.0 slow false"])
    }

    @Test func filtersSeeWhatIsDerivedAboveThem() throws {
        let sweep = Sweep("s", of: Fixture.self) {
            Axis(\.count, 1...4)
            Axis(\.dimension, 1...2)
            Derived(\.rate) { Double($0.count * $0.dimension) / 2 }
            Where { $0.rate >= 3 }
        }
        let design = try sweep.freeze().design
        #expect(try points(sweep) == ["3 2 3.0 slow false", "4 2 4.0 slow false"])
        #expect(design.kept == [5, 7])
        #expect(design.derived.map(\.values) == [[.real(3), .real(4)]])
    }

    @Test func aLoopJoinsAndTheEnclosingBoxIsSorted() throws {
        let sweep = Sweep("s", of: Fixture.self) {
            for dimension in [6, 2] {
                Fixed(\.dimension, dimension)
                Axis(\.count, dimension...dimension + 1)
            }
        }
        let design = try sweep.freeze().design
        #expect(design.dimensions.map(\.name) == ["dimension", "count"])
        #expect(design.dimensions.map(\.count) == [2, 4])
        #expect(design.kept == [0, 1, 6, 7])
        #expect(
            try points(sweep) == [
                "2 2 0.5 slow false", "3 2 0.5 slow false", "6 6 0.5 slow false", "7 6 0.5 slow false",
            ])
    }

    @Test func aUnionTakesDefaultsForWhatAPartDoesNotSet() throws {
        let sweep = Sweep("s", of: Fixture.self) {
            Union {
                Axis(\.count, [1, 2])
                Product {
                    Fixed(\.method, .fast)
                    Axis(\.count, [2, 5])
                }
            }
        }
        #expect(
            try points(sweep) == [
                "1 4 0.5 slow false", "2 4 0.5 slow false", "2 4 0.5 fast false", "5 4 0.5 fast false",
            ])
    }

    @Test(arguments: [true, false]) func ifIncludesItsBlock(_ included: Bool) throws {
        let sweep = Sweep("s", of: Fixture.self) {
            Axis(\.count, 1...4)
            if included { Where { $0.count > 3 } }
        }
        #expect(try points(sweep).count == (included ? 1 : 4))
    }

    @Test func everyMistakeIsListedAtOnce() {
        let sweep = Sweep("s", of: Fixture.self, replicates: 0) {
            Axis(\.count, [0, 5, 5])
            Axis(\.rate, [.nan])
            Axis(\.dimension, [] as [Int])
            Axis(\.count, [7])
        }
        #expect(
            problems(sweep) == [
                "replicates is 0, it must be at least 1",
                "count=0 is below the smallest allowed value 1",
                "axis 'count' has the value 5 twice",
                "rate=nan is not a number",
                "axis 'dimension' has no values",
                "parameter 'count' is set twice in one block",
            ])
    }

    @Test func anEmptyGridAndADoubledPointAreRefusedByName() {
        let empty = Sweep("s", of: Fixture.self) {
            Axis(\.count, 1...4)
            Where { $0.count > 9 }
        }
        #expect(problems(empty) == ["the grid is empty: no point passes its filters"])
        let doubled = Sweep("s", of: Fixture.self) {
            Union {
                Axis(\.count, 1...3)
                Axis(\.count, 3...4)
            }
        }
        #expect(problems(doubled) == ["the point count=3 occurs twice in a union"])
    }

    @Test func impossiblePointsAreNamedBeforeTheSweepStarts() {
        let sweep = Sweep("s", of: Fixture.self) {
            Axis(\.count, 1...5)
            Fixed(\.isNoisy, true)
        }
        #expect(problems(sweep) == ["noise needs count >= dimension (at 3 points)"])
    }

    @Test func zipsOfUnequalLengthAreRefused() {
        let sweep = Sweep("s", of: Fixture.self) {
            Zip {
                Axis(\.count, 1...3)
                Axis(\.dimension, 1...2)
            }
        }
        #expect(problems(sweep) == ["zipped axes differ in length: 'count' has 3 values, 'dimension' has 2"])
    }

    @Test func linearAndGeometricValuesKeepTheirEndsExact() {
        #expect(linear(0, 1, count: 5) == [0, 0.25, 0.5, 0.75, 1])
        #expect(linear(2, 3, count: 1) == [2])
        #expect(geometric(4, 64, count: 5) == [4, 8, 16, 32, 64] as [Int])
        #expect(geometric(1, 2, count: 9) == [1, 2] as [Int])
        let reals = geometric(0.1, 10, count: 3) as [Double]
        #expect(reals[0] == 0.1 && reals[2] == 10 && abs(reals[1] - 1) < 1e-14)
    }

    /// All subsets of a small box: filtering and joining single points give the same design.
    @Test func aUnionOfSinglePointsEqualsTheFilterThatKeepsThem() throws {
        for subset in 1..<(1 << 6) {
            @Sendable func isKept(_ count: Int, _ dimension: Int) -> Bool {
                subset >> ((count - 1) * 2 + dimension - 1) & 1 == 1
            }
            let filtered = Sweep("s", of: Fixture.self) {
                Axis(\.count, 1...3)
                Axis(\.dimension, 1...2)
                Where { isKept($0.count, $0.dimension) }
            }
            let joined = Sweep("s", of: Fixture.self) {
                for count in 1...3 {
                    for dimension in 1...2 {
                        if isKept(count, dimension) {
                            Fixed(\.count, count)
                            Fixed(\.dimension, dimension)
                        } else {
                            Where { _ in false }
                        }
                    }
                }
            }
            #expect(try points(filtered) == points(joined), "subset \(subset)")
        }
    }
}

/// An experiment whose names files could not hold.
private enum Misnamed: Experiment {
    struct Parameters: Sendable { var status = 0 }
    struct Measurements: Sendable { var error = 0.0 }
    static let name = "misnamed"
    static let version = 1
    static let defaults = Parameters()
    static let parameters = [
        Parameter(\Parameters.status, "status", "taken"), Parameter(\Parameters.status, "2nd", "no word"),
    ]
    static let measurements = [Measurement<Parameters, Measurements>(\.error, "replicate", "taken")]
    static func work(_ parameters: Parameters) -> Double { 1 }
    static func run(_ parameters: Parameters, in context: Context) -> Measurements { Measurements() }
}

@Test func namesThatFilesCannotHoldAreRefused() {
    let sweep = Sweep("s", of: Misnamed.self) { Axis(\.status, 1...2) }
    #expect(
        problems(sweep) == [
            "the name 'status' is taken by the phase-diagram file: choose another",
            "the name '2nd' must be letters, digits and underscores",
            "the name 'replicate' is declared twice",
        ])
}
