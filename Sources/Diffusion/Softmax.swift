import LinearAlgebra

/// `e^x` for `x <= 0`, from sums, products and powers of two alone: the same bits on every processor.
///
/// Relative error below 1e-15 in double precision; arguments below -87 give 0, as weights that small are.
@inline(__always) func exponential<Scalar: MatrixScalar>(ofNegative x: Scalar) -> Scalar {
    guard x >= -87 else { return x.isNaN ? x : 0 }
    // x = k ln 2 + r with |r| <= ln(2) / 2; ln 2 in two parts, so that k times the first is exact.
    let k = (x * 1.442695040888963387).rounded(.toNearestOrEven)
    let r = (x - k * 0.693359375) + k * 2.12194440054690583e-4
    // Taylor: the first term left out is below 5e-18.
    var sum: Scalar = 1 / 6_227_020_800
    sum = sum * r + 1 / 479_001_600
    sum = sum * r + 1 / 39_916_800
    sum = sum * r + 1 / 3_628_800
    sum = sum * r + 1 / 362_880
    sum = sum * r + 1 / 40_320
    sum = sum * r + 1 / 5_040
    sum = sum * r + 1 / 720
    sum = sum * r + 1 / 120
    sum = sum * r + 1 / 24
    sum = sum * r + 1 / 6
    sum = sum * r + 1 / 2
    sum = sum * r + 1
    sum = sum * r + 1
    return Scalar(sign: .plus, exponent: Scalar.Exponent(Int(k)), significand: sum)
}

/// The softmax of logarithmic weights of any size: the largest is taken off first.
func softmax<Scalar: MatrixScalar>(_ logarithms: [Scalar]) -> [Scalar] {
    let largest = logarithms.max() ?? 0
    let exponentials = logarithms.map { exponential(ofNegative: $0 - largest) }
    let sum = exponentials.reduce(0, +)
    return exponentials.map { $0 / sum }
}
