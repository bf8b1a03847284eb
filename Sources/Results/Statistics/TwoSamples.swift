internal import Foundation

/// Difference of two independent success rates, first minus second, with Newcombe's square-and-add interval.
///
/// Source: Newcombe, Statistics in Medicine 17, 873 (1998), method 10, from two Wilson intervals.
package func rateDifference(
    _ first: Cell, _ second: Cell, z: Double
) -> (difference: Double, interval: Interval) {
    guard first.trials > 0, second.trials > 0 else { return (.nan, Interval(lower: -1, upper: 1)) }
    let (p, q) = (first.rate, second.rate)
    let one = wilsonInterval(successes: first.successes, trials: first.trials, z: z)
    let two = wilsonInterval(successes: second.successes, trials: second.trials, z: z)
    let below = ((p - one.lower) * (p - one.lower) + (two.upper - q) * (two.upper - q)).squareRoot()
    let above = ((one.upper - p) * (one.upper - p) + (q - two.lower) * (q - two.lower)).squareRoot()
    return (p - q, Interval(lower: max(-1, p - q - below), upper: min(1, p - q + above)))
}

/// The probability that two samples of one distribution differ as much: Kolmogorov and Smirnov's two-sample test.
///
/// The asymptotic distribution with Stephens's correction for finite samples (J. R. Stat. Soc. B 32, 115, 1970).
/// - Returns: NaN when a sample is empty.
package func sameDistributionProbability(_ first: [Double], _ second: [Double]) -> Double {
    let (one, two) = (first.filter { !$0.isNaN }.sorted(), second.filter { !$0.isNaN }.sorted())
    guard !one.isEmpty, !two.isEmpty else { return .nan }
    var (i, j) = (0, 0)
    var distance = 0.0
    while i < one.count && j < two.count {
        // Equal values count on both sides before the distance is taken.
        let value = min(one[i], two[j])
        while i < one.count && one[i] == value { i += 1 }
        while j < two.count && two[j] == value { j += 1 }
        distance = max(distance, abs(Double(i) / Double(one.count) - Double(j) / Double(two.count)))
    }
    let effective = (Double(one.count) * Double(two.count) / Double(one.count + two.count)).squareRoot()
    let lambda = (effective + 0.12 + 0.11 / effective) * distance
    guard lambda > 0.2 else { return 1 }
    var (sum, sign) = (0.0, 1.0)
    for k in 1...100 {
        let term = exp(-2 * lambda * lambda * Double(k * k))
        sum += sign * term
        sign = -sign
        if term < 1e-16 { break }
    }
    return min(1, max(0, 2 * sum))
}
