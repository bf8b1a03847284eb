import Testing

@testable import Results

@Suite struct IntervalTests {
    /// Wilson, JASA 1927, and the tables of Newcombe (1998): 81 of 263 gives 0.2553-0.3662, 0 of 20 gives 0-0.1611.
    @Test(arguments: [
        (81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0, 0.1611), (1, 29, 0.0061, 0.1718),
        (29, 29, 0.8830, 1),
    ])
    func wilsonIntervalsAreThoseOfTheTables(successes: Int, trials: Int, lower: Double, upper: Double) {
        let interval = wilsonInterval(successes: successes, trials: trials)
        #expect(abs(interval.lower - lower) < 6e-5)
        #expect(abs(interval.upper - upper) < 6e-5)
    }

    @Test func wilsonIntervalsReachTheEndsExactlyAndKnowNothingWithoutTrials() {
        #expect(wilsonInterval(successes: 0, trials: 7).lower == 0)
        #expect(wilsonInterval(successes: 7, trials: 7).upper == 1)
        #expect(wilsonInterval(successes: 0, trials: 0) == Interval(lower: 0, upper: 1))
    }

    @Test(arguments: [
        (1, 12.706205), (2, 4.302653), (3, 3.182446), (4, 2.776445), (19, 2.093024), (30, 2.042272),
        (1000, 1.962339), (1001, 1.962337), (100_000, 1.959988),
    ])
    func studentQuantilesAreThoseOfTheTables(degrees: Int, quantile: Double) {
        #expect(abs(studentQuantile(degrees: degrees) - quantile) < 1e-6)
    }

    /// Newcombe 1998, table II of the paired paper, method 10.
    @Test(arguments: [
        (PairedCounts(both: 36, firstOnly: 12, secondOnly: 2, neither: 0), 0.2, 0.0569, 0.3404),
        (PairedCounts(both: 20, firstOnly: 12, secondOnly: 2, neither: 16), 0.2, 0.0562, 0.3292),
        (PairedCounts(both: 0, firstOnly: 12, secondOnly: 2, neither: 36), 0.2, 0.0569, 0.3404),
    ])
    func pairedDifferencesAreThoseOfTheTables(counts: PairedCounts, difference: Double, lower: Double, upper: Double) {
        // The table subtracts the second from the first.
        let result = pairedRateDifference(counts)
        #expect(abs(result.difference + difference) < 1e-12)
        #expect(abs(result.interval.lower + upper) < 6e-5)
        #expect(abs(result.interval.upper + lower) < 6e-5)
    }

    @Test func summariesLeaveOutWhatIsNotFinite() {
        let summary = Summary([4, .nan, 1, 3, 2, .infinity])
        #expect(summary.count == 4)
        #expect(summary.mean == 2.5)
        #expect(abs(summary.standardError - 0.6454972243679028) < 1e-15)
        #expect(summary.lowerQuartile == 1.75)
        #expect(summary.median == 2.5)
        #expect(summary.upperQuartile == 3.25)
    }

    @Test func aSummaryOfNothingIsNotANumberAndOfOneValueHasNoError() {
        #expect(Summary([Double]()).mean.isNaN)
        let one = Summary([0.5])
        #expect(one.mean == 0.5 && one.median == 0.5 && one.standardError.isNaN)
    }

    @Test func aMeanDifferenceHasStudentsInterval() {
        let (mean, interval) = meanDifference([1, 2, 3, .nan])
        #expect(mean == 2)
        #expect(abs(interval.lower - (2 - 4.302653 / 3.0.squareRoot())) < 1e-6)
        #expect(abs(interval.upper - (2 + 4.302653 / 3.0.squareRoot())) < 1e-6)
    }
}
