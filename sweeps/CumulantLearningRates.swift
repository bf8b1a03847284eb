import Diffusion
import Foundation
public import SweepGrid

/// The covariance spike at a learning rate fixed by the dimension, where n is proportional to d ln d; both engines.
public let mcmLinear = Sweep(
    "mcm-linear", of: CumulantRecovery.self,
    "At the fixed learning rate 0.2 / d a covariance spike is learnt from about 4.9 d ln d samples.", replicates: 50
) {
    Fixed(\.rateLaw, .dimension)
    Fixed(\.rateFactor, 0.2)
    Fixed(\.exponent, 1)
    Axis(\.engine, CumulantRecovery.Engine.allCases)
    Axis(\.dimension, [32, 64, 128, 256, 512])
    Axis(\.prefactor, geometric(4.0, 64, count: 9))
    Derived(\.sampleCount) { $0.scaledSampleCount }
} figures: {
    PhaseDiagram(x: \.prefactor, y: \.dimension, success: \.learned, above: 0.5)
        .panels(by: \.engine).logarithmic(x: true, y: true)
        .theory("4.9 d ln d") { 4.9 * log(Double($0.dimension)) }
    PowerLaw(thresholdOf: \.learned, above: 0.5, along: \.sampleCount, against: \.dimension)
        .colored(by: \.engine).guides(slopes: 1).named("exponents")
    Curves(x: \.sampleCount, success: \.learned, above: 0.5)
        .colored(by: \.dimension).panels(by: \.engine).logarithmic(x: true)
        .against("n / (d ln d)") { point, count in count / dLogD(point) }
        .line(x: "4.9", at: { _ in 4.9 }).named("collapse")
    Histogram(of: \.hittingTime).colored(by: \.engine).at(\.dimension, 128).at(\.prefactor, 64).named("hitting-times")
    Curves(along: \.trainingOverlapU)
        .colored(by: \.dimension).panels(by: \.engine).at(\.prefactor, 64).named("training")
} checks: {
    Claim(
        "full", "The full engine learns from n_50 proportional to d ln d, within 15 %.", thresholdOf: \.learned,
        above: 0.5, along: \.sampleCount
    )
    .at(\.engine, .full).forEach(\.dimension).divided { dLogD($0) }.constant(within: 0.15).resolved(to: 0.15)
    Claim(
        "reduced", "So does the reduced chain.", thresholdOf: \.learned, above: 0.5, along: \.sampleCount
    )
    .at(\.engine, .reduced).forEach(\.dimension).divided { dLogD($0) }.constant(within: 0.15).resolved(to: 0.15)
    Claim(
        "engines", "Both learn from the same number of samples.", thresholdOf: \.learned, above: 0.5,
        along: \.sampleCount
    )
    .comparing(\.engine, .full, with: .reduced).forEach(\.dimension).within(1...1, by: .compatible).resolved(to: 0.3)
    Claim(
        "hitting-times", "Their hitting times have one distribution: p > 0.001 each, by Kolmogorov and Smirnov.",
        distributionOf: \.hittingTime
    )
    .comparing(\.engine, .full, with: .reduced).where { $0.prefactor == 64 }.forEach(\.dimension)
    .atLeast(0.001, by: .value)
} presets: {
    Preset("small", replicates: 100) { Axis(\.dimension, [32, 64, 128]) }
    Preset("desk", replicates: 200)
    Preset("paper", replicates: 200) { Axis(\.dimension, [32, 64, 128, 256, 512, 1_024, 2_048, 4_096]) }
    Control("quadratic-rate", of: "small", fails: ["full", "reduced"]) {
        Axis(\.prefactor, geometric(4.0, 256, count: 7))
        Derived(\.rateFactor) { 4 / Double($0.dimension) }
    }
    Control("different-rates", of: "small", fails: ["engines", "hitting-times"]) {
        Zip {
            Axis(\.engine, [.full, .reduced])
            Axis(\.rateFactor, [0.2, 0.08])
        }
    }
}

/// d ln d.
private func dLogD(_ parameters: CumulantRecovery.Parameters) -> Double {
    Double(parameters.dimension) * log(Double(parameters.dimension))
}

/// How the success depends on the factor of the horizon-matched learning rate, at a sample count that suffices with factor 1.
public let mcmLearningRate = Sweep(
    "mcm-learning-rate", of: CumulantRecovery.self,
    "The learning rate 1 / sqrt(n d) serves the covariance spike at n = 32 d and the cumulant spike at n = 128 d^3 alike.",
    replicates: 50
) {
    Axis(\.panel, [.covariance, .cumulant])
    Axis(\.dimension, [16, 24, 32])
    Axis(\.rateFactor, geometric(0.1, 10, count: 9))
    Derived(\.exponent) { $0.panel == .cumulant ? 3 : 1 }
    Derived(\.prefactor) { $0.panel == .cumulant ? 128 : 32 }
    Derived(\.sampleCount) { $0.scaledSampleCount }
} figures: {
    PhaseDiagram(x: \.rateFactor, y: \.dimension, success: \.learned, above: 0.5)
        .panels(by: \.panel).logarithmic(x: true, y: true)
    Curves(x: \.rateFactor, mean: \.learned)
        .colored(by: \.dimension).panels(by: \.panel).logarithmic(x: true).named("success")
} checks: {
    Claim(
        "serves-both", "With factor 1 at least 40 % of both kinds learn, with factor 10 at most 30 %.",
        rateOf: \.learned, above: 0.5
    )
    .forEach(\.panel, \.rateFactor)
    .within { point in point.rateFactor == 1 ? 0.4...1 : point.rateFactor == 10 ? 0...0.3 : nil }
} presets: {
    Preset("small", replicates: 24) {
        Axis(\.dimension, [16, 24])
        Axis(\.rateFactor, geometric(0.1, 10, count: 5))
    }
    Preset("desk", replicates: 100)
    Preset("paper", replicates: 100) { Axis(\.dimension, [16, 24, 32, 48, 64]) }
    Control("fixed-rate", of: "small", fails: ["serves-both"]) {
        Axis(\.panel, [.cumulant])
        Fixed(\.rateLaw, .dimension)
    }
}
