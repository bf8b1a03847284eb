/// Values spaced evenly: `linear(0, 1, count: 5)` is 0, 0.25, 0.5, 0.75, 1.
///
/// - Precondition: none; a count below 1 gives no values, which validation refuses by the axis's name.
public func linear(_ first: Double, _ last: Double, count: Int) -> [Double] {
    guard count > 1 else { return count == 1 ? [first] : [] }
    return (0..<count).map { index in
        index == count - 1 ? last : first + (last - first) * (Double(index) / Double(count - 1))
    }
}

/// Values spaced evenly in the logarithm: `geometric(1, 1000, count: 4)` is 1, 10, 100, 1000.
///
/// The ends are exact; both must have the same sign, else the values are not numbers and validation refuses them.
public func geometric(_ first: Double, _ last: Double, count: Int) -> [Double] {
    guard count > 1 else { return count == 1 ? [first] : [] }
    guard last / first > 0 else { return Array(repeating: .nan, count: count) }
    let step = root(last / first, count - 1)
    var values = [first]
    for _ in 1..<count - 1 { values.append((values.last ?? first) * step) }
    return values + [last]
}

/// Integers spaced evenly in the logarithm, rounded, each once: `geometric(4, 64, count: 5)` is 4, 8, 16, 32, 64.
public func geometric(_ first: Int, _ last: Int, count: Int) -> [Int] {
    var values: [Int] = []
    for real in geometric(Double(first), Double(last), count: count) where real.isFinite && abs(real) < 0x1p53 {
        let value = Int(real.rounded())
        if values.last != value { values.append(value) }
    }
    return values
}

/// The positive root of a positive number, by Newton's iteration on exact operations, so that the bits depend on no
/// mathematics library; a root that is a floating-point number, such as 2 or 10, is found exactly.
private func root(_ base: Double, _ degree: Int) -> Double {
    // From above, where the iteration descends; in the logarithm's sense half the distance is gained at each step.
    var estimate = 1.0
    var (low, high) = base < 1 ? (base, 1.0) : (1.0, base)
    while high / low > 2 {
        let middle = (low * high).squareRoot()
        if power(middle, degree) < base { low = middle } else { high = middle }
    }
    estimate = high
    for _ in 0..<60 {
        let value = power(estimate, degree)
        guard value.isFinite else { return estimate }
        let next = estimate - estimate * (1 - base / value) / Double(degree)
        if next == estimate { break }
        estimate = next
    }
    // Newton stops within a few units of the last place; the nearest power decides.
    var candidates = [estimate]
    for _ in 0..<4 { candidates = [candidates[0].nextDown] + candidates + [candidates[candidates.count - 1].nextUp] }
    return candidates.min { abs(power($0, degree) - base) < abs(power($1, degree) - base) } ?? estimate
}

/// A positive number to a whole power, by squaring.
private func power(_ base: Double, _ exponent: Int) -> Double {
    var (result, square, rest) = (1.0, base, exponent)
    while rest > 0 {
        if rest & 1 == 1 { result *= square }
        square *= square
        rest >>= 1
    }
    return result
}
