internal import Foundation

/// A closed interval of reals; an infinite end means that the data do not bound it on that side.
package struct Interval: Hashable, Sendable, Codable {
    package var lower: Double
    package var upper: Double

    package init(lower: Double, upper: Double) {
        self.lower = lower
        self.upper = upper
    }
}

/// The 97.5 % point of the standard normal distribution: two-sided 95 %.
package let normalQuantile = 1.959963984540054

/// Wilson's score interval of a success probability, by default 95 % two-sided (Wilson 1927; E. B., JASA 22, 209).
///
/// - Parameters:
///   - successes: `0...trials`.
///   - trials: independent trials; with none the interval is [0, 1].
///   - z: half the width in standard errors.
package func wilsonInterval(successes: Int, trials: Int, z: Double = normalQuantile) -> Interval {
    guard trials > 0 else { return Interval(lower: 0, upper: 1) }
    let n = Double(trials)
    let p = Double(successes) / n
    let z2 = z * z
    let centre = (p + z2 / (2 * n)) / (1 + z2 / n)
    let half = z / (1 + z2 / n) * (p * (1 - p) / n + z2 / (4 * n * n)).squareRoot()
    // At the ends the formula gives 0 and 1 only up to rounding.
    return Interval(
        lower: successes == 0 ? 0 : max(0, centre - half), upper: successes == trials ? 1 : min(1, centre + half))
}

/// Counts of paired trials of two methods on the same samples.
package struct PairedCounts: Hashable, Sendable {
    package var both = 0
    package var firstOnly = 0
    package var secondOnly = 0
    package var neither = 0

    package init() {}

    package init(both: Int, firstOnly: Int, secondOnly: Int, neither: Int) {
        self.both = both
        self.firstOnly = firstOnly
        self.secondOnly = secondOnly
        self.neither = neither
    }

    package var total: Int { both + firstOnly + secondOnly + neither }

    package mutating func count(first: Bool, second: Bool) {
        switch (first, second) {
        case (true, true): both += 1
        case (true, false): firstOnly += 1
        case (false, true): secondOnly += 1
        case (false, false): neither += 1
        }
    }
}

/// Success rate of the second method minus that of the first on paired trials, with its 95 % interval.
///
/// Newcombe's square-and-add interval with his correction for pairing (Statistics in Medicine 17, 2635, 1998, method 10);
/// the interval is [-1, 1] without trials.
package func pairedRateDifference(_ counts: PairedCounts) -> (difference: Double, interval: Interval) {
    guard counts.total > 0 else { return (.nan, Interval(lower: -1, upper: 1)) }
    let n = Double(counts.total)
    let (a, b, c, d) = (
        Double(counts.both), Double(counts.firstOnly), Double(counts.secondOnly), Double(counts.neither)
    )
    let (first, second) = ((a + b) / n, (a + c) / n)
    let firstInterval = wilsonInterval(successes: counts.both + counts.firstOnly, trials: counts.total)
    let secondInterval = wilsonInterval(successes: counts.both + counts.secondOnly, trials: counts.total)
    let margins = (a + b) * (c + d) * (a + c) * (b + d)
    var phi = 0.0
    if margins > 0 {
        let association = a * d - b * c
        let numerator = association > n / 2 ? association - n / 2 : association > 0 ? 0 : association
        phi = numerator / margins.squareRoot()
    }
    let (down2, up1) = (second - secondInterval.lower, firstInterval.upper - first)
    let (up2, down1) = (secondInterval.upper - second, first - firstInterval.lower)
    let below = max(0, down2 * down2 - 2 * phi * down2 * up1 + up1 * up1).squareRoot()
    let above = max(0, up2 * up2 - 2 * phi * up2 * down1 + down1 * down1).squareRoot()
    let difference = second - first
    return (difference, Interval(lower: max(-1, difference - below), upper: min(1, difference + above)))
}

/// The point of Student's t distribution that a variable stays below in size with a probability, to about 1e-9.
///
/// Newton's method on the exact finite series of the distribution function (Abramowitz & Stegun 26.7.3, 26.7.4).
/// - Parameters:
///   - degrees: degrees of freedom, at least 1.
///   - coverage: the probability of (-t, t), in (0, 1).
package func studentQuantile(degrees: Int, coverage: Double = 0.95) -> Double {
    precondition(degrees >= 1, "at least one degree of freedom")
    let normal = coverage == 0.95 ? normalQuantile : normalDeviate(coverage: coverage)
    guard degrees <= 1000 else {
        // Cornish-Fisher expansion: its error is below 1e-9 here.
        let (z, v) = (normal, Double(degrees))
        let (z3, z5) = (z * z * z, z * z * z * z * z)
        return z + (z3 + z) / (4 * v) + (5 * z5 + 16 * z3 + 3 * z) / (96 * v * v)
    }
    var t = normal
    let v = Double(degrees)
    let normalisation = exp(lgamma((v + 1) / 2) - lgamma(v / 2)) / (v * .pi).squareRoot()
    for _ in 0..<200 {
        // The distribution function is concave right of zero, so Newton's iterates rise to the root from the left.
        let density = normalisation * pow(1 + t * t / v, -(v + 1) / 2)
        let step = (coverage - centralProbability(t, degrees: degrees)) / (2 * density)
        t += step
        if abs(step) < 1e-12 * t { break }
    }
    return t
}

/// The point that a standard normal variable stays below in size with a probability in (0, 1), to 1e-12.
package func normalDeviate(coverage: Double) -> Double {
    // erfc keeps its digits in the tail, where erf has none left.
    let outside = 1 - coverage
    var (low, high) = (0.0, 40.0)
    for _ in 0..<60 {
        let middle = (low + high) / 2
        if erfc(middle / 2.0.squareRoot()) > outside { low = middle } else { high = middle }
    }
    return (low + high) / 2
}

/// Probability that a Student t variable lies in (-t, t).
private func centralProbability(_ t: Double, degrees: Int) -> Double {
    let theta = atan(t / Double(degrees).squareRoot())
    let (sine, cosine) = (sin(theta), cos(theta))
    var term = degrees.isMultiple(of: 2) ? 1 : cosine
    var sum = degrees == 1 ? 0 : term
    var k = degrees.isMultiple(of: 2) ? 2 : 3
    while k < degrees {
        term *= cosine * cosine * Double(k - 1) / Double(k)
        sum += term
        k += 2
    }
    return degrees.isMultiple(of: 2) ? sine * sum : 2 / .pi * (theta + sine * sum)
}
