import Diffusion
import Foundation
public import SweepGrid

/// Weak recovery of spikes in the covariance and in the fourth cumulant against sample count and dimension.
///
/// `covariance` and `correlated` take n = d^exponent, `cumulant` n = prefactor d^3, `independent` both. The reduced engine affords
/// 2e9 steps, the full one (`--set engine=full`) 3e7. Below the preset `paper` the panel `independent` stops at 64 d^3, which
/// shows that v stays unlearnt.
public let mcmPhase = Sweep(
    "mcm-phase", of: CumulantRecovery.self,
    "A denoiser learns a covariance spike, and a cumulant spike with correlated latents, from about d samples, but a cumulant "
        + "spike alone only from about d^3.",
    replicates: 100
) {
    Axis(\.panel, CumulantRecovery.Panel.allCases)
    Axis(\.dimension, [16, 24, 32, 48, 64, 96, 128, 192, 256, 512])
    Union {
        Axis(\.exponent, linear(1, 2.5, count: 49))
        Axis(\.prefactor, geometric(8.0, 512, count: 7))
    }
    Derived(\.sampleCount) { $0.scaledSampleCount }
    Where { point in
        switch point.panel {
        case .covariance, .correlated: point.exponent < 3 && point.dimension >= 32
        case .cumulant: point.exponent == 3 && point.dimension <= 128
        case .independent:
            point.exponent == 3
                ? point.dimension <= 128
                : point.dimension >= 64 && Double(point.sampleCount) <= 50 * dLogD(point)
        }
    }
    Where { $0.sampleCount <= ($0.engine == .full ? 30_000_000 : 2_000_000_000) }
} figures: {
    PhaseDiagram(x: \.exponent, y: \.dimension, success: \.learned, above: 0.5)
        .panels(by: \.panel).at(\.prefactor, 1).logarithmic(y: true)
        .theory("d ln^2 d") { exponent(ofOne: $0) }
    PhaseDiagram(x: \.prefactor, y: \.dimension, success: \.learned, above: 0.5)
        .panels(by: \.panel).at(\.exponent, 3).logarithmic(x: true, y: true).named("cubic")
        .theory("30 d^3") { $0.panel == .cumulant ? 30 : .nan }
        .theory("90 d^3") { $0.panel == .cumulant ? 90 : .nan }
        .theory("mean field") { $0.panel == .cumulant ? meanFieldPrefactor(of: $0.dimension) : .nan }
    PhaseDiagram(x: \.exponent, y: \.dimension, median: \.overlap)
        .panels(by: \.panel).at(\.prefactor, 1).logarithmic(y: true).named("overlap")
    PowerLaw(thresholdOf: \.learned, above: 0.5, along: \.sampleCount, against: \.dimension)
        .colored(by: \.panel).guides(slopes: 1, 3).named("exponents")
        .titled("logistic fits over all dimensions shown")
    Curves(x: \.sampleCount, success: \.learned, above: 0.5)
        .colored(by: \.dimension).panels(by: \.panel).at(\.prefactor, 1).logarithmic(x: true)
        .against("n / (d ln^2 d)") { point, count in count / (dLogD(point) * log(Double(point.dimension))) }
        .named("collapse-linear")
    Curves(x: \.sampleCount, success: \.learned, above: 0.5)
        .colored(by: \.dimension).panels(by: \.panel).at(\.exponent, 3).logarithmic(x: true)
        .against("n / d^3") { point, count in
            let d = Double(point.dimension)
            return count / (d * d * d)
        }
        .named("collapse-cubic")
    Curves(x: \.prefactor, median: \.overlap)
        .colored(by: \.dimension).panels(by: \.panel).at(\.exponent, 3).logarithmic(x: true).named("overlap-cubic")
} checks: {
    Claim(
        "covariance", "A covariance spike is learnt from n_50 proportional to d ln^2 d samples, within 15 %.",
        thresholdOf: \.learned, above: 0.5, along: \.sampleCount
    )
    .at(\.panel, .covariance).forEach(\.dimension)
    .divided { dLogD($0) * log(Double($0.dimension)) }.constant(within: 0.15).resolved(to: 0.15)
    Claim(
        "covariance-exponent", "Its n_50 grows as d^1.3 to d^1.5.", exponentOf: \.learned, above: 0.5,
        along: \.sampleCount, against: \.dimension
    )
    .at(\.panel, .covariance).within(1.3...1.5)
    Claim(
        "correlated", "A cumulant spike with correlated latents is learnt from n_50 between d and d^1.45 samples.",
        exponentOf: \.learned, above: 0.5, along: \.sampleCount, against: \.dimension
    )
    .at(\.panel, .correlated).where { $0.dimension >= 64 }.within(1.0...1.45)
    Claim(
        "correlated-isotonic", "So say thresholds that are interpolated between the cells around one half.",
        exponentOf: \.learned, above: 0.5, along: \.sampleCount, against: \.dimension
    )
    .at(\.panel, .correlated).where { $0.dimension >= 64 }.isotonic().within(1.0...1.45)
    Claim(
        "correlated-learnt", "At n = d^2.5 nearly every training has learnt it.", rateOf: \.learned, above: 0.5
    )
    .at(\.panel, .correlated).where { $0.exponent == 2.5 }.atLeast(0.8)
    Claim(
        "cumulant", "A cumulant spike alone is learnt from n_50 proportional to d^3 samples.", exponentOf: \.learned,
        above: 0.5, along: \.sampleCount, against: \.dimension, atLeast: 5
    )
    .at(\.panel, .cumulant).at(\.engine, .reduced).needing(cells: 5, trials: 100)
    .within(3...3, by: .compatible).resolved(to: 0.35)
    Claim(
        "cumulant-cells", "At n = 8 d^3 most trainings have not learnt it, at n = 512 d^3 most have.",
        rateOf: \.learned,
        above: 0.5
    )
    .at(\.panel, .cumulant).forEach(\.prefactor)
    .within { point in point.prefactor == 8 ? 0...0.5 : point.prefactor == 512 ? 0.5...1 : nil }
    Claim(
        "independent", "With independent latents at most 5 % have learnt v from n <= 50 d ln d.", rateOf: \.overlapV,
        above: 0.5
    )
    // From half of that number on: with fewer samples nothing is learnt by anybody, which would dilute the rate.
    .at(\.panel, .independent)
    .where { (25 * dLogD($0)...50 * dLogD($0)).contains(Double($0.sampleCount)) }.forEach(\.dimension).atMost(0.05)
} presets: {
    Preset("small", replicates: 60) {
        Axis(\.dimension, [16, 24, 32, 64, 128, 256])
        Axis(\.exponent, linear(1, 2.5, count: 25))
        Axis(\.prefactor, [8.0, 512])
        Where { $0.sampleCount <= 3_000_000 && hasShortIndependentPanel($0) }
    }
    Preset("desk", replicates: 100) {
        Axis(\.dimension, [16, 24, 32, 48, 64, 128, 256, 512])
        Where { $0.exponent < 3 || $0.dimension <= 64 && hasShortIndependentPanel($0) }
    }
    Preset("paper", replicates: 100)
    Control("fixed-rate", of: "small", fails: ["cumulant", "cumulant-cells"]) {
        Axis(\.panel, [.cumulant])
        Axis(\.dimension, 10...14)
        Fixed(\.rateLaw, .dimension)
    }
    Control(
        "quadratic-rate", of: "small",
        fails: ["covariance", "covariance-exponent", "correlated", "correlated-isotonic"]
    ) {
        Axis(\.panel, [.covariance, .correlated])
        Axis(\.exponent, linear(1.5, 2.875, count: 12))
        Fixed(\.rateLaw, .dimension)
        Derived(\.rateFactor) { 4 / Double($0.dimension) }
    }
    Control("shuffled", of: "small", fails: ["independent"]) {}
    Control("independent-latents", of: "small", fails: ["correlated-learnt"]) {
        Axis(\.panel, [.correlated])
        Fixed(\.latentCorrelation, 0)
    }
}

/// Where the panel `independent` is cut off: v is as little learnt at 512 d^3 samples as at 64 d^3, which cost an eighth.
private func hasShortIndependentPanel(_ point: CumulantRecovery.Parameters) -> Bool {
    point.panel != .independent || point.prefactor <= 64
}

/// d ln d.
private func dLogD(_ parameters: CumulantRecovery.Parameters) -> Double {
    Double(parameters.dimension) * log(Double(parameters.dimension))
}

/// The C of n_50 = C d^3 without noise, at the learning rate 1 / sqrt(n d).
///
/// The overlap b grows at `rate 0.0945 b^3` (`|G_4 k_4| alpha^4 / 6`), so from the median of its squared start, 0.455 / d, it
/// passes one half after `(d / 0.455 - 4) / (2 rate 0.0945)` steps.
private func meanFieldPrefactor(of dimension: Int) -> Double {
    let root = (1 / 0.455 - 4 / Double(dimension)) / (2 * 0.0945)
    return root * root
}

/// Where n = d ln^2 d lies among the exponents: measured at the learning rate 1 / sqrt(n d), with factor 1.
private func exponent(ofOne parameters: CumulantRecovery.Parameters) -> Double {
    guard parameters.panel == .covariance else { return .nan }
    let logarithm = log(Double(parameters.dimension))
    return 1 + 2 * log(logarithm) / logarithm
}
