/// What is reported of one measurement at one point, from the finite values of its replicates in their order.
package struct Summary: Hashable, Sendable {
    /// How many finite values there were.
    package var count = 0
    package var mean = Double.nan
    /// Sample standard deviation over the square root of `count`; needs two values.
    package var standardError = Double.nan
    package var lowerQuartile = Double.nan
    package var median = Double.nan
    package var upperQuartile = Double.nan

    /// Summarises the values, leaving those that are not finite out.
    ///
    /// Sums run in the order given, so that the same replicates give the same bits. Quantiles interpolate linearly
    /// between order statistics (Hyndman & Fan 1996, type 7: the default of R and NumPy).
    /// - Complexity: O(n log n).
    package init(_ values: some Sequence<Double>) {
        var finite = values.filter(\.isFinite)
        count = finite.count
        guard count > 0 else { return }
        var sum = 0.0
        for value in finite { sum += value }
        mean = sum / Double(count)
        if count > 1 {
            var squares = 0.0
            for value in finite { squares += (value - mean) * (value - mean) }
            standardError = (squares / Double(count - 1) / Double(count)).squareRoot()
        }
        finite.sort()
        lowerQuartile = quantile(0.25, ofSorted: finite)
        median = quantile(0.5, ofSorted: finite)
        upperQuartile = quantile(0.75, ofSorted: finite)
    }
}

/// A quantile of ascending values by linear interpolation between the two nearest.
package func quantile(_ probability: Double, ofSorted values: [Double]) -> Double {
    guard let last = values.last else { return .nan }
    let position = probability * Double(values.count - 1)
    let index = Int(position)
    guard index + 1 < values.count else { return last }
    let (low, high) = (values[index], values[index + 1])
    return low == high ? low : low + (position - Double(index)) * (high - low)
}

/// Mean of paired differences with its 95 % interval by Student's t; differences that are not finite are left out.
package func meanDifference(_ differences: [Double]) -> (mean: Double, interval: Interval) {
    let summary = Summary(differences)
    guard summary.count > 1 else { return (summary.mean, Interval(lower: -.infinity, upper: .infinity)) }
    let half = studentQuantile(degrees: summary.count - 1) * summary.standardError
    return (summary.mean, Interval(lower: summary.mean - half, upper: summary.mean + half))
}
