import Diffusion
public import SweepGrid

/// Subspace recovery against sample count and intrinsic dimension (Wang et al., arXiv 2409.02426): the threshold N = d.
///
/// The three estimators see the same samples, and smaller sample counts see the first of them.
public let molrgK1 = Sweep(
    "molrg-k1", of: SubspaceRecovery.self,
    "A low-rank Gaussian is learnt from N samples if and only if N >= d, by principal components and by denoisers.",
    replicates: 20
) {
    Axis(\.intrinsicDimension, 2...8)
    Axis(\.sampleCount, 2...15, nested: ["subspaces", "samples", "observationNoise"])
    Axis(\.method, [.pca, .denoiserExact, .denoiser], paired: true)
} figures: {
    PhaseDiagram(x: \.sampleCount, y: \.intrinsicDimension, success: \.recoveryError, below: 0.5)
        .panels(by: \.method)
        .theory("N = d") { $0.intrinsicDimension }
        .contour("principal components: rate 1/2", of: \.method, .pca)
    Curves(x: \.sampleCount, median: \.recoveryError)
        .colored(by: \.intrinsicDimension).panels(by: \.method).named("recovery-error")
    Curves(along: \.trainingError)
        .colored(by: \.sampleCount).at(\.intrinsicDimension, 4).at(\.method, .denoiser).named("training-error")
} checks: {
    Claim(
        "pca", "Principal components recover the subspace if and only if N >= d.", rateOf: \.recoveryError, below: 0.5
    )
    .at(\.method, .pca).where(isSharp).forEach(\.noise, \.intrinsicDimension, \.sampleCount)
    .equals { $0.sampleCount >= $0.intrinsicDimension ? 1 : 0 }
    Claim(
        "exact", "The minimum of the expected denoising loss does so at the same N.", rateOf: \.recoveryError,
        below: 0.5
    )
    .at(\.method, .denoiserExact).where(isSharp).forEach(\.noise, \.intrinsicDimension, \.sampleCount)
    .equals { $0.sampleCount >= $0.intrinsicDimension ? 1 : 0 }
    Claim(
        "threshold", "Half of the trained denoisers recover it from N <= d + 1.", thresholdOf: \.recoveryError,
        below: 0.5, along: \.sampleCount
    )
    .at(\.method, .denoiser).where(isSharp).forEach(\.noise, \.intrinsicDimension)
    .atMost(by: .value) { Double($0.intrinsicDimension + 1) }
    Claim("margin", "At N = d + 2 at least 85 % of the trained denoisers do.", rateOf: \.recoveryError, below: 0.5)
        .at(\.method, .denoiser).where { isSharp($0) && $0.sampleCount == $0.intrinsicDimension + 2 }
        .atLeast(0.85)
    Claim(
        "cells",
        "No trained denoiser recovers it from N < d, at least 16 of 20 from each N >= d + 3, 18 from N >= d + 5.",
        rateOf: \.recoveryError, below: 0.5
    )
    .at(\.method, .denoiser).where(isSharp).forEach(\.noise, \.intrinsicDimension, \.sampleCount)
    .within(by: .value) { point in
        let surplus = point.sampleCount - point.intrinsicDimension
        return surplus < 0 ? 0...0 : surplus >= 5 ? 0.9...1 : surplus >= 3 ? 0.8...1 : nil
    }
} presets: {
    Preset("small", replicates: 8) {
        Axis(\.intrinsicDimension, 2...4)
        Axis(\.sampleCount, [2, 3, 4, 5, 6, 9])
        Fixed(\.steps, 1500)
    }
    Preset("desk", replicates: 20)
    Preset("paper", replicates: 20)
    Control("noise", of: "small", fails: ["pca", "exact", "threshold", "margin", "cells"]) { Fixed(\.noise, 0.5) }
    Preset("noisy") { Axis(\.noise, [0, 0.1]) }
}

/// Little noise moves the threshold, so nothing is claimed of it; a control's larger noise must fail.
@Sendable private func isSharp(_ point: SubspaceRecovery.Parameters) -> Bool { point.noise == 0 || point.noise >= 0.5 }
