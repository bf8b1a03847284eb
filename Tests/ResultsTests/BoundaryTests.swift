import Foundation
import Testing

@testable import Results

@Suite struct BoundaryTests {
    private func row(_ successes: [Int], of trials: Int = 20, from first: Int = 2) -> [Cell] {
        successes.enumerated().map { Cell(x: Double(first + $0.offset), trials: trials, successes: $0.element) }
    }

    /// Reference values from an independent search over both coefficients and a profile by golden section.
    @Test func theFitAndItsProfileIntervalAgreeWithAnIndependentSearch() {
        guard case .fitted(let value, let interval) = Boundary(row([0, 1, 3, 9, 14, 19, 20, 20])) else {
            Issue.record("not fitted")
            return
        }
        #expect(abs(value - 5.056785613570885) < 1e-6)
        #expect(abs(interval.lower - 4.677226352525079) < 1e-5)
        #expect(abs(interval.upper - 5.430427539063808) < 1e-5)
    }

    @Test func cellsThatAreAllZeroOrOneGiveABracket() {
        #expect(Boundary(row([0, 0, 0, 20, 20])) == .bracket(last: 4, first: 5))
        #expect(Boundary(row([20, 20, 0])) == .bracket(last: 3, first: 4))
    }

    @Test func theOrderOfTheCellsDoesNotMatter() {
        let cells = row([0, 1, 3, 9, 14, 19, 20, 20])
        #expect(Boundary(cells.reversed()) == Boundary(cells))
    }

    @Test func nothingIsExtrapolatedBeyondTheGrid() {
        #expect(Boundary(row([0, 0, 0])) == .above(4))
        #expect(Boundary(row([0, 1, 9])) == .above(4))
        #expect(Boundary(row([20, 20])) == .below(2))
        #expect(Boundary(row([10, 18])) == .below(2))
        #expect(Boundary([]) == .unknown)
        #expect(Boundary([Cell(x: 1, trials: 0, successes: 0)]) == .unknown)
    }

    @Test func anIntervalThatLeavesTheGridHasAnInfiniteEnd() {
        guard case .fitted(let value, let interval) = Boundary(row([0, 1, 3, 11])) else {
            Issue.record("not fitted")
            return
        }
        #expect(value > 4 && value < 5)
        #expect(interval.upper == .infinity)
        #expect(interval.lower > 2 && interval.lower < value)
    }

    @Test func aFallingBoundaryIsFittedToo() {
        let rising = Boundary(row([0, 1, 3, 9, 14, 19, 20, 20]))
        let falling = Boundary(row([20, 19, 17, 11, 6, 1, 0, 0]))
        #expect(abs(rising.value - falling.value) < 1e-9)
        #expect(abs(rising.interval.lower - falling.interval.lower) < 1e-7)
    }

    @Test func theFitDoesNotDependOnUnits() {
        let cells = row([0, 1, 3, 9, 14, 19, 20, 20])
        let thousandfold = cells.map { Cell(x: $0.x * 1000, trials: $0.trials, successes: $0.successes) }
        #expect(abs(Boundary(thousandfold).value / Boundary(cells).value - 1000) < 1e-6)
    }

    @Test func anAxisThroughZeroIsFittedLinearly() {
        let cells = (-3...3).map { Cell(x: Double($0), trials: 20, successes: [0, 2, 5, 10, 15, 18, 20][$0 + 3]) }
        #expect(abs(Boundary(cells).value) < 1e-9)
    }

    @Test func anErraticRowOfZerosAndOnesIsFittedWithAWideInterval() {
        guard case .fitted(_, let interval) = Boundary(row([0, 3, 0, 3, 3], of: 3)) else {
            Issue.record("not fitted")
            return
        }
        #expect(interval.upper - interval.lower > 1)
    }

    @Test func theBoundaryOfManyRowsIsRecoveredFromItsOwnModel() {
        var state: UInt64 = 1
        func uniform() -> Double {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Double(state >> 11) / Double(1 << 53)
        }
        var covered = 0
        for _ in 0..<200 {
            let cells = (2...15).map { x in
                let p = 1 / (1 + exp(-6 * (log(Double(x)) - log(6.0))))
                return Cell(x: Double(x), trials: 20, successes: (0..<20).count { _ in uniform() < p })
            }
            let interval = Boundary(cells).interval
            if interval.lower <= 6, 6 <= interval.upper { covered += 1 }
        }
        // 95 % of 200 is 190; the bounds are four standard deviations away.
        #expect((178...200).contains(covered))
    }
}
