import Diffusion
public import SweepGrid

/// Collapse with n = e^(alpha d) points (Biroli et al., arXiv 2402.18491): curves of several dimensions cross at t_C and steepen.
public let finiteSizeCollapse = Sweep(
    "collapse-finite-size", of: FiniteSizeCollapse.self,
    "With n = e^(alpha d) points the weight of the own point jumps at t_C as the dimension grows.",
    replicates: 50
) {
    Axis(\.alpha, alphas)
    Axis(\.dimension, dimensions)
    // What fits of this grid; what a user adds and does not fit is kept, to be refused by its name.
    Where {
        $0.exponentialSampleCount <= FiniteSizeCollapse.largestSampleCount || !alphas.contains($0.alpha)
            || !dimensions.contains($0.dimension)
    }
    Derived(\.sampleCount) { $0.exponentialSampleCount }
} figures: {
    Curves(along: \.ownWeight).colored(by: \.dimension).panels(by: \.alpha)
    Curves(along: \.excessEntropy).colored(by: \.dimension).panels(by: \.alpha)
    Curves(along: \.ownWeight).colored(by: \.dimension).panels(by: \.alpha)
        .against("(t / t_C - 1) sqrt(d)") { ($1 - 1) * Double($0.dimension).squareRoot() }.named("scaled")
} checks: {
    Claim("crossing", "At t_C the weight of the own point is about one half, whatever d.", meanOf: \.ownWeight)
        .where { $0.sampleCount >= 20 }.forEach(\.alpha, \.dimension)
        .within { (_: FiniteSizeCollapse.Parameters, time: Double) in time == 1 ? 0.45...0.65 : nil }
    Claim("weights", "At alpha = 1/2 the weights are those computed independently.", meanOf: \.ownWeight)
        .at(\.alpha, 0.5).forEach(\.dimension)
        .near(0.08, by: .value) { parameters, time in independentWeight(parameters.dimension, at: time) ?? .nan }
        .resolved(to: 0.06)
    Claim(
        "steepening", "At alpha = 1/2 the weight falls below 0.3 within 2.5 / sqrt(d) of t_C.",
        crossingOf: \.ownWeight, level: 0.3
    )
    .at(\.alpha, 0.5).forEach(\.dimension)
    .within { (point: FiniteSizeCollapse.Parameters) in 1...(1 + 2.5 / Double(point.dimension).squareRoot()) }
    Claim(
        "identity", "The weight of the own point is the participation (Nishimori's identity).",
        differenceOf: \.ownWeight, and: \.participation
    )
    .forEach(\.alpha, \.dimension)
    .near(by: .compatible, { point, _, tasks in rareEvents / Double(point.copies * tasks) }) { _, _ in 0 }
    .resolved(to: 0.03)
} presets: {
    Preset("small", replicates: 16) {
        Axis(\.alpha, [0.5])
        Axis(\.dimension, [8, 12, 16])
    }
    Preset("desk", replicates: 50)
    Preset("paper", replicates: 50)
    Control("misread", of: "small", fails: ["crossing", "weights", "steepening", "identity"]) {
        Fixed(\.isVarianceMisread, true)
    }
}

private let alphas = [0.25, 0.5, 0.75]
private let dimensions = [8, 12, 16, 20, 24]

/// Mean weights of the own point at alpha = 1/2, from 100 to 400 copies of another program.
private func independentWeight(_ dimension: Int, at relativeTime: Double) -> Double? {
    let times = [0.5, 0.75, 1, 1.25, 1.5, 2]
    let weights: [Int: [Double]] = [
        8: [0.90, 0.73, 0.59, 0.48, 0.37, 0.25], 12: [0.92, 0.76, 0.58, 0.40, 0.31, 0.17],
        16: [0.95, 0.77, 0.59, 0.38, 0.28, 0.11], 20: [0.97, 0.84, 0.50, 0.38, 0.24, 0.058],
    ]
    guard let index = times.firstIndex(of: relativeTime) else { return nil }
    return weights[dimension]?[index]
}
