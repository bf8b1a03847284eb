import Diffusion
public import SweepGrid

/// Principal components of a spiked covariance: the transition of Baik, Ben Arous and Peche at a strength of sqrt(d / n).
public let spikedCovariance = Sweep(
    "spiked-covariance", of: SpikedCovariance.self,
    "From a batch of n samples principal components see a covariance spike when its strength exceeds sqrt(d/n).",
    replicates: 40
) {
    Axis(\.dimension, [64, 128, 256, 512])
    Axis(\.aspectRatio, [0.25, 1, 2])
    Axis(\.relativeStrength, [0, 0.5, 0.75, 0.9, 1, 1.1, 1.25, 1.5, 2, 3, 4], paired: true)
} figures: {
    Curves(x: \.relativeStrength, mean: \.overlapSquared)
        .colored(by: \.dimension).panels(by: \.aspectRatio)
        .theory("theory") { $0.theory.overlapSquared }
    Curves(x: \.relativeStrength, mean: \.largestEigenvalue)
        .colored(by: \.dimension).panels(by: \.aspectRatio)
        .theory("theory") { $0.theory.largestEigenvalue }
    Curves(along: \.spectrum)
        .colored(by: \.dimension).panels(by: \.aspectRatio).at(\.relativeStrength, 0).named("spectrum")
        .theory("Marchenko-Pastur") { $0.spectrumLimit(at: $1) }
} presets: {
    Preset("small", replicates: 10) {
        Axis(\.dimension, [32, 64, 128])
        Axis(\.relativeStrength, [0, 0.5, 1, 1.5, 2, 4])
    }
    Preset("desk", replicates: 40)
    Preset("paper", replicates: 100) { Axis(\.dimension, [64, 128, 256, 512, 1_024]) }
}
