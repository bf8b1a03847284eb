import Diffusion
import Foundation
public import SweepGrid

/// Weak recovery of spikes in the covariance and in the fourth cumulant against sample count and dimension.
///
/// `covariance` and `correlated` take n = d^exponent, `cumulant` and `independent` n = prefactor d^3. The reduced engine affords
/// 2e9 steps, the full one (`--set engine=full`) 3e7; the panel `independent` needs no more than 64 d^3 to show that v stays
/// unlearnt.
public let mcmPhase = Sweep(
    "mcm-phase", of: CumulantRecovery.self,
    "A denoiser learns a covariance spike, and a cumulant spike with correlated latents, from about d samples, but a cumulant "
        + "spike alone only from about d^3.",
    replicates: 100
) {
    Axis(\.panel, CumulantRecovery.Panel.allCases)
    Axis(\.dimension, [16, 24, 32, 48, 64, 96, 128, 192, 256, 512])
    Union {
        Axis(\.exponent, linear(1, 2.5, count: 13))
        Axis(\.prefactor, geometric(8.0, 512, count: 7))
    }
    Derived(\.sampleCount) { $0.scaledSampleCount }
    Where { point in
        switch point.panel {
        case .covariance, .correlated: point.exponent < 3 && point.dimension >= 32
        case .cumulant: point.exponent == 3 && point.dimension <= 128
        case .independent: point.exponent == 3 && point.dimension <= 128 && point.prefactor <= 64
        }
    }
    Where { $0.sampleCount <= ($0.engine == .full ? 30_000_000 : 2_000_000_000) }
} figures: {
    PhaseDiagram(x: \.exponent, y: \.dimension, success: \.learned, above: 0.5)
        .panels(by: \.panel).at(\.prefactor, 1).logarithmic(y: true)
        .theory("d ln^2 d") { exponent(ofOne: $0) }
    PhaseDiagram(x: \.prefactor, y: \.dimension, success: \.learned, above: 0.5)
        .panels(by: \.panel).at(\.exponent, 3).logarithmic(x: true, y: true).named("cubic")
    PhaseDiagram(x: \.exponent, y: \.dimension, median: \.overlap)
        .panels(by: \.panel).at(\.prefactor, 1).logarithmic(y: true).named("overlap")
    Curves(x: \.prefactor, median: \.overlap)
        .colored(by: \.dimension).panels(by: \.panel).at(\.exponent, 3).logarithmic(x: true).named("overlap-cubic")
} presets: {
    Preset("small", replicates: 8) {
        Axis(\.dimension, [16, 32, 64])
        Axis(\.exponent, linear(1, 2.5, count: 7))
        Axis(\.prefactor, [8.0, 64])
    }
    Preset("desk", replicates: 100) { Axis(\.dimension, [16, 24, 32, 48, 64, 192, 256, 512]) }
    Preset("paper", replicates: 100)
}

/// Where n = d ln^2 d lies among the exponents: measured at the learning rate 1 / sqrt(n d), with factor 1.
private func exponent(ofOne parameters: CumulantRecovery.Parameters) -> Double {
    guard parameters.panel == .covariance else { return .nan }
    let logarithm = log(Double(parameters.dimension))
    return 1 + 2 * log(logarithm) / logarithm
}
