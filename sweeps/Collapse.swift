import Diffusion
public import SweepGrid

/// Collapse of a memorising diffusion at n = 20 000 points (Biroli et al., arXiv 2402.18491): the excess entropy vanishes at
/// t_C = ln(1 + sigma^2 / (n^(2/d) - 1)) / 2.
public let collapse = Sweep(
    "collapse", of: Collapse.self,
    "Below t_C a backward trajectory has fallen onto one training point: the excess entropy vanishes.",
    replicates: 100
) {
    Axis(\.dimension, [256, 1_024, 4_096])
} figures: {
    Curves(along: \.excessEntropy).colored(by: \.dimension)
        .theory("theory, class information subtracted") { $0.theory.excessEntropy(at: $1) }
        .published("Biroli et al.") { published($0, at: $1) ?? .nan }
        .line(x: "t_C of each dimension") { $0.theory.collapseTime }
    Curves(along: \.participation).colored(by: \.dimension)
        .line(x: "t_C of each dimension") { $0.theory.collapseTime }
    Curves(along: \.ownWeight).colored(by: \.dimension)
    Histogram(of: \.collapseTime, bins: 150).colored(by: \.dimension)
        .line(x: "t_C of each dimension") { $0.theory.collapseTime }.named("collapse-time")
} checks: {
    Claim("theory", "f_e follows the theory, class information subtracted, above 0.45 alpha.", meanOf: \.excessEntropy)
        .forEach(\.dimension)
        .near(0.015) { parameters, time in
            let theory = claimedTheory(parameters).excessEntropy(at: time)
            return theory >= 0.45 ? theory : .nan
        }
        .sigmas(3).resolved(to: 0.027)
    Claim("published", "f_e is that of the published curves within 0.015.", meanOf: \.excessEntropy)
        .forEach(\.dimension)
        .near(0.015, by: .value) { parameters, time in published(parameters, at: time) ?? .nan }
        .sigmas(3).resolved(to: 0.027)
    Claim("time", "The participation is one half within 10 % of t_C.", crossingOf: \.participation, level: 0.5)
        .forEach(\.dimension)
        .divided { claimedTheory($0).collapseTime }
        .within(0.9...1.1)
    Claim(
        "identity", "The weight of the own point is the participation (Nishimori's identity).",
        differenceOf: \.ownWeight, and: \.participation
    )
    .forEach(\.dimension)
    .near(by: .compatible, { point, _, tasks in rareEvents / Double(point.copies * tasks) }) { _, _ in 0 }
    .resolved(to: 0.02)
} presets: {
    Preset("small", replicates: 12) { Axis(\.dimension, [256, 1_024]) }
    Preset("desk", replicates: 100)
    Preset("paper", replicates: 500)
    Control("deviation", of: "small", fails: ["theory", "published", "time"]) {
        Axis(\.dimension, [256])
        Fixed(\.deviation, 1.5)
    }
    Control("misread", of: "small", fails: ["published", "identity"]) {
        Axis(\.dimension, [256])
        Fixed(\.isVarianceMisread, true)
    }
}

/// The identity may be missed by this many copies: -ln(0.05 / 400), so that events too rare to be among the copies do not fail it.
///
/// Far below t_C the own weight exceeds the participation in nearly every copy, by little, and a few copies in 10^5 whose own
/// point has lost make up for it: until some are seen, the spread of the others says nothing about the mean.
let rareEvents = 9.0

/// What is claimed: of unit classes, whatever a control makes of the data.
private func claimedTheory(_ parameters: Collapse.Parameters) -> CollapseTheory {
    CollapseTheory(mixture: GaussianPair(dimension: parameters.dimension), sampleCount: parameters.sampleCount)
}

/// The published values at `t_i = 8 (1 - 0.98 i / 20)`, of which every second recorded time is one.
private func published(_ parameters: Collapse.Parameters, at time: Double) -> Double? {
    let curves: [Int: (first: Int, values: [Double])] = [
        256: (12, [0.966, 0.933, 0.869, 0.750, 0.523, 0.160, 0.005]),
        1_024: (11, [0.945, 0.887, 0.785, 0.588, 0.257, 0.026]),
        4_096: (10, [0.910, 0.814, 0.642, 0.328, 0.043]),
    ]
    guard parameters.sampleCount == 20_000, let curve = curves[parameters.dimension] else { return nil }
    let index = 20 / 0.98 * (1 - time / 8)
    let offset = Int(index.rounded()) - curve.first
    guard abs(index - index.rounded()) < 1e-9, curve.values.indices.contains(offset) else { return nil }
    return curve.values[offset]
}
