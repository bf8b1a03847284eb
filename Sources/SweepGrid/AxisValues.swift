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
    let ratio = last / first
    return (0..<count).map { index in
        switch index {
        case 0: first
        case count - 1: last
        default: first * power(ratio, Double(index) / Double(count - 1))
        }
    }
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

/// `base` to a power in 0...1, by repeated square roots, so that the bits depend on no mathematics library.
///
/// IEEE square roots and products are exact to the last bit everywhere, which `pow` is not.
private func power(_ base: Double, _ exponent: Double) -> Double {
    guard base > 0 else { return .nan }
    var result = 1.0
    var root = base
    var rest = exponent
    for _ in 0..<60 where rest > 0 {
        root = root.squareRoot()
        rest *= 2
        if rest >= 1 {
            result *= root
            rest -= 1
        }
    }
    return result
}
