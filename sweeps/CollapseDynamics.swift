import Diffusion
public import SweepGrid

/// Dynamic collapse at n = 20 000 points (Biroli et al., arXiv 2402.18491): backward trajectories settle on one point at t_C.
public let collapseDynamics = Sweep(
    "collapse-dynamics", of: CollapseDynamics.self,
    "Near t_C a backward trajectory settles on one training point: clones made later agree, those made earlier do not.",
    replicates: 24
) {
    Axis(\.dimension, [64, 256, 1_024])
} figures: {
    Curves(alongMean: \.excessEntropy).colored(by: \.dimension)
        .theory("theory, class information subtracted") { $0.theory.excessEntropy(at: $1 * $0.theory.collapseTime) }
        .distribution("last change of the nearest point", of: \.collapseTimes)
        .line(x: "t_C") { _ in 1 }
    Curves(alongMean: \.sameEnd).colored(by: \.dimension).line(x: "t_C") { _ in 1 }.line(y: "1/2") { _ in 0.5 }
    Curves(alongMean: \.settled).colored(by: \.dimension).line(x: "t_C") { _ in 1 }.line(y: "1/2") { _ in 0.5 }
    Histogram(of: \.collapseTimes, bins: 50).colored(by: \.dimension).line(x: "t_C") { _ in 1 }.named("collapse-times")
} checks: {
    Claim(
        "clones", "Clones agree as often as two draws from the posterior at their parting.", differenceOf: \.sameEnd,
        and: \.participation
    )
    .forEach(\.dimension)
    .near(by: .compatible, { _, _, _ in 0.01 }) { _, _ in 0 }.resolved(to: 0.1)
    Claim(
        "reversal", "Trajectories settle when noisy copies lose their own point: one is the other's time reversal.",
        differenceOf: \.settled, and: \.kept
    )
    .forEach(\.dimension)
    .near(by: .compatible, { _, _, _ in 0.01 }) { _, _ in 0 }.resolved(to: 0.1)
    Claim(
        "entropy", "Along them f_e follows the theory, class information subtracted, above 0.45 alpha.",
        meanOf: \.excessEntropy
    )
    .where { $0.dimension >= 256 }.forEach(\.dimension)
    .near(0.015) { parameters, time in
        let theory = claimedTheory(parameters)
        let entropy = theory.excessEntropy(at: time * parameters.theory.collapseTime)
        return entropy >= 0.45 ? entropy : .nan
    }
    .sigmas(3).resolved(to: 0.06)
    Claim(
        "time",
        "They settle within 15 % of t_C on average, within 25 % with fewer dimensions or points than 256 and 20 000.",
        meanOf: \.collapseTime
    )
    .forEach(\.dimension)
    .within { (point: CollapseDynamics.Parameters) in
        let scale = point.theory.collapseTime / claimedTheory(point).collapseTime
        let tolerance = point.sampleCount >= 20_000 && point.dimension >= 256 ? 0.15 : 0.25
        return (1 - tolerance) / scale...(1 + tolerance) / scale
    }
} presets: {
    Preset("small", replicates: 16) {
        Axis(\.dimension, [64, 256])
        Fixed(\.sampleCount, 2_000)
        Fixed(\.trajectories, 128)
        Fixed(\.timeStep, 0.05)
    }
    Preset("desk", replicates: 24)
    Preset("paper", replicates: 100) { Axis(\.dimension, [64, 256, 1_024, 4_096]) }
    Control("deviation", of: "small", fails: ["entropy", "time"]) {
        Axis(\.dimension, [256])
        Fixed(\.deviation, 1.5)
    }
    Control("misread", of: "small", fails: ["clones", "reversal"]) {
        Axis(\.dimension, [64])
        Fixed(\.isVarianceMisread, true)
    }
}

/// What is claimed: of unit classes, whatever a control makes of the data.
private func claimedTheory(_ parameters: CollapseDynamics.Parameters) -> CollapseTheory {
    CollapseTheory(mixture: GaussianPair(dimension: parameters.dimension), sampleCount: parameters.sampleCount)
}
