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
    Curves(x: \.sampleCount, median: \.recoveryError)
        .colored(by: \.intrinsicDimension).panels(by: \.method).named("recovery-error")
    Curves(along: \.trainingError)
        .colored(by: \.sampleCount).at(\.intrinsicDimension, 4).at(\.method, .denoiser).named("training-error")
} presets: {
    Preset("small", replicates: 4) {
        Axis(\.intrinsicDimension, 2...4)
        Axis(\.sampleCount, 2...8)
        Fixed(\.steps, 1000)
    }
    Preset("noisy") { Axis(\.noise, [0, 0.1]) }
}
