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
    Axis(\.engine, CumulantRecovery.Engine.allCases, paired: ["initialisation"])
    Axis(\.dimension, [32, 64, 128, 256, 512])
    Axis(\.prefactor, geometric(4.0, 64, count: 9))
    Derived(\.sampleCount) { $0.scaledSampleCount }
} figures: {
    PhaseDiagram(x: \.prefactor, y: \.dimension, success: \.learned, above: 0.5)
        .panels(by: \.engine).logarithmic(x: true, y: true)
        .theory("4.9 d ln d") { 4.9 * log(Double($0.dimension)) }
    Curves(along: \.trainingOverlapU)
        .colored(by: \.dimension).panels(by: \.engine).at(\.prefactor, 64).named("training")
} presets: {
    Preset("small", replicates: 8) {
        Axis(\.dimension, [32, 64, 128])
        Axis(\.prefactor, geometric(4.0, 64, count: 5))
    }
    Preset("desk", replicates: 100)
    Preset("paper", replicates: 100) { Axis(\.dimension, [32, 64, 128, 256, 512, 1_024, 2_048, 4_096]) }
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
} presets: {
    Preset("small", replicates: 16) { Axis(\.dimension, [16, 24]) }
    Preset("desk", replicates: 100)
    Preset("paper", replicates: 100) { Axis(\.dimension, [16, 24, 32, 48, 64]) }
}
