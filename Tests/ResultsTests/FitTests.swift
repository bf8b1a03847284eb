import Foundation
import SweepGrid
import Testing

@testable import Results

@Suite struct FitTests {
    private var resampling: Resampling { Resampling(design: SHA256.hash([1, 2, 3]), purpose: "test") }

    /// Trials whose successes follow a logistic curve in ln x, rounded to whole trials.
    private func cells(midpoint: Double, slope: Double, trials: Int = 100) -> [Cell] {
        (0..<13).map { index in
            let x = midpoint * pow(1.4, Double(index - 6))
            let p = 1 / (1 + exp(-slope * log(x / midpoint)))
            return Cell(x: x, trials: trials, successes: Int((Double(trials) * p).rounded()))
        }
    }

    /// Reference values from SciPy's `norm.ppf` and `t.ppf`.
    @Test func quantilesOfOtherCoveragesAgreeWithReferences() {
        #expect(abs(normalDeviate(coverage: 0.95) - normalQuantile) < 1e-12)
        #expect(abs(normalDeviate(coverage: 0.99) - 2.5758293035489004) < 1e-11)
        #expect(abs(normalDeviate(coverage: 1 - 1e-6) - 4.891638475698826) < 1e-9)
        #expect(abs(studentQuantile(degrees: 5, coverage: 0.99) - 4.032142983557536) < 1e-9)
        #expect(abs(studentQuantile(degrees: 2, coverage: 0.999) - 31.599054576443) < 1e-7)
        #expect(abs(studentQuantile(degrees: 9, coverage: 0.9995) - 5.290654) < 1e-4)
    }

    /// The published example (a) of Newcombe 1998, table II.
    @Test func theDifferenceOfTwoRatesIsThatOfThePublishedExample() {
        let (difference, interval) = rateDifference(
            Cell(x: 0, trials: 70, successes: 56), Cell(x: 0, trials: 80, successes: 48), z: normalQuantile)
        #expect(abs(difference - 0.2) < 1e-12)
        #expect(abs(interval.lower - 0.0524) < 5e-5 && abs(interval.upper - 0.3339) < 5e-5)
        let wide = wilsonInterval(successes: 15, trials: 20, z: 3)
        #expect(abs(wide.lower - 0.4190183024707057) < 1e-12 && abs(wide.upper - 0.9258092837361909) < 1e-12)
    }

    @Test func kolmogorovAndSmirnovsTestAgreesWithAnIndependentComputation() {
        let first = [0.1, 0.4, 0.7, 1.2, 1.5, 2.0, 2.2, 3.1]
        let second = [0.9, 1.2, 1.9, 2.5, 2.8, 3.3, 3.6, 4.0, 4.4, 5.0]
        #expect(abs(sameDistributionProbability(first, second) - 0.06422121745909881) < 1e-12)
        #expect(sameDistributionProbability(first, first) == 1)
        #expect(sameDistributionProbability(first.map { $0 + 10 }, second) < 1e-3)
        #expect(sameDistributionProbability([], second).isNaN)
    }

    @Test func isotonicRatesMergeCellsThatFall() {
        let fit = IsotonicFit([
            Cell(x: 1, trials: 10, successes: 0), Cell(x: 2, trials: 10, successes: 5),
            Cell(x: 4, trials: 10, successes: 3), Cell(x: 8, trials: 20, successes: 16),
        ])
        #expect(fit.points.map(\.rate) == [0, 0.4, 0.4, 0.8])
        #expect(abs((fit.midpoint ?? 0) - 4 * pow(2, 0.25)) < 1e-12)
        #expect(IsotonicFit([Cell(x: 1, trials: 4, successes: 4)]).midpoint == nil)
    }

    @Test func isotonicThresholdsHaveABootstrapIntervalThatTheLogisticFitAgreesWith() {
        var (one, two) = (resampling, resampling)
        let cells = cells(midpoint: 50, slope: 2)
        let isotonic = ThresholdFit(cells, fit: .isotonic, z: 2, coverage: 0.95, resampling: &one)
        let logistic = ThresholdFit(cells, fit: .logistic, z: normalQuantile, coverage: 0.95, resampling: &two)
        #expect(abs(log(isotonic.value / 50)) < 0.02 && abs(log(logistic.value / 50)) < 0.01)
        #expect(isotonic.interval.lower < 50 && 50 < isotonic.interval.upper)
        // Both are about 1/slope * 2 / sqrt(trials per unit of ln x): within a factor of two of each other.
        let widths = [isotonic, logistic].map { log($0.interval.upper / $0.interval.lower) }
        #expect(widths[0] / widths[1] > 0.5 && widths[0] / widths[1] < 2)
        #expect(ThresholdFit([], fit: .isotonic, z: 2, coverage: 0.95, resampling: &one).value.isNaN)
    }

    @Test func aPowerLawIsFoundWithAnIntervalThatCoversIt() throws {
        var resampling = resampling
        let rows = [8.0, 16, 32, 64, 128].map { x in (x: x, cells: cells(midpoint: 30 * pow(x, 1.5), slope: 1.5)) }
        let law = PowerLawFit(rows, resampling: &resampling, draws: 200)
        #expect(abs(law.exponent - 1.5) < 0.01 && law.count == 5)
        #expect(abs(log(law.prefactor / 30)) < 0.05)
        #expect(law.exponentInterval.lower < 1.5 && law.exponentInterval.upper > 1.5)
        // Standard error of ln n_50 at 100 trials a cell, 3 cells per unit of ln x: about 2 / sqrt(100 * 3 * 1.5).
        let width = law.exponentInterval.upper - law.exponentInterval.lower
        #expect(width > 0.03 && width < 0.5)
        let (value, band) = law.value(at: 32)
        #expect(band.lower < value && value < band.upper)
    }

    /// Of 40 made-up experiments about 2 should miss the true exponent at 95 %; eight would be a probability of 1e-3.
    @Test func bootstrapIntervalsOfExponentsCoverTheTruthAtTheirLevel() {
        var chance = Resampling(design: SHA256.hash([9]), purpose: "trials")
        var misses = 0
        for experiment in 0..<40 {
            let rows = [16.0, 32, 64, 128].map { x -> (x: Double, cells: [Cell]) in
                let midpoint = 5 * pow(x, 1.3)
                let cells = (0..<9).map { index -> Cell in
                    let n = midpoint * pow(1.5, Double(index) - 4.3)
                    let p = 1 / (1 + exp(-2 * log(n / midpoint)))
                    return Cell(x: n, trials: 40, successes: (0..<40).count { _ in chance.uniform() < p })
                }
                return (x, cells)
            }
            var resampling = Resampling(design: SHA256.hash([UInt8(experiment)]), purpose: "fit")
            let interval = PowerLawFit(rows, resampling: &resampling, draws: 100).exponentInterval
            if interval.lower > 1.3 || interval.upper < 1.3 { misses += 1 }
        }
        #expect(misses <= 7)
    }

    @Test func theSameRunGivesTheSameIntervalAndAnotherRunAnother() {
        let rows = [8.0, 16, 32].map { x in (x: x, cells: cells(midpoint: x, slope: 1)) }
        func interval(_ seed: UInt8) -> Interval {
            var resampling = Resampling(design: SHA256.hash([seed]), purpose: "x")
            return PowerLawFit(rows, resampling: &resampling, draws: 100).exponentInterval
        }
        #expect(interval(1) == interval(1))
        #expect(interval(1) != interval(2))
    }

    @Test func thresholdsBeyondTheGridAreLeftOut() {
        var resampling = resampling
        var rows = [8.0, 16, 32].map { x in (x: x, cells: cells(midpoint: x, slope: 3)) }
        rows.append((x: 64, cells: [Cell(x: 1, trials: 10, successes: 0), Cell(x: 2, trials: 10, successes: 1)]))
        let law = PowerLawFit(rows, resampling: &resampling, draws: 100)
        #expect(law.rows.map(\.isUsed) == [true, true, true, false])
        #expect(abs(law.exponent - 1) < 0.02)
    }

    @Test func crossingsAreInterpolated() {
        #expect(GroupMeasurement.crossing([0, 1, 2], [0, 0.25, 0.75], 0.5) == 1.5)
        #expect(GroupMeasurement.crossing([0, 1], [1, 0], 0.25) == 0.75)
        #expect(GroupMeasurement.crossing([0, 1], [1, 0.9], 0.5).isNaN)
    }
}
