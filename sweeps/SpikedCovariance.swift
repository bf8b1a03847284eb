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
    Curves(alongMean: \.spectrum)
        .colored(by: \.dimension).panels(by: \.aspectRatio).at(\.relativeStrength, 0).named("spectrum")
        .theory("Marchenko-Pastur") { $0.spectrumLimit(at: $1) }
} checks: {
    Claim("overlap", "The overlap is that of the limit, away from the threshold.", meanOf: \.overlapSquared)
        .where { $0.dimension >= 256 && ($0.relativeStrength <= 0.5 || $0.relativeStrength >= 1.5) }
        .forEach(\.dimension, \.aspectRatio, \.relativeStrength)
        .near(by: .compatible, { point, _, _ in 8 / Double(point.dimension) }) { point, _ in point.theory.overlapSquared
        }
        .sigmas(4).resolved(to: 0.1)
    Claim("eigenvalue", "So is the largest eigenvalue, at every strength.", meanOf: \.largestEigenvalue)
        .divided { $0.theory.largestEigenvalue }
        .forEach(\.dimension, \.aspectRatio, \.relativeStrength)
        .near({ point, _, tasks in eigenvalueTolerance(point, tasks: tasks) }) { _, _ in 1 }
    Claim("spectrum", "The bulk is that of Marchenko and Pastur.", meanOf: \.spectrum)
        .at(\.relativeStrength, 0).where { $0.dimension >= 128 }.forEach(\.dimension, \.aspectRatio)
        .near({ point, _, tasks in
            6 / Double(point.dimension) + 0.04 + 4 * 0.5 / Double(point.dimension * tasks).squareRoot()
        }) { point, position in
            position > 0.1 && position < 0.9 ? point.spectrumLimit(at: position) : .nan
        }
} presets: {
    Preset("small", replicates: 24) {
        Axis(\.dimension, [64, 128, 256])
        Axis(\.relativeStrength, [0, 0.5, 1, 1.5, 2, 4])
    }
    Preset("desk", replicates: 40)
    Preset("paper", replicates: 100) { Axis(\.dimension, [64, 128, 256, 512, 1_024]) }
    Control("variance", of: "small", fails: ["overlap", "eigenvalue", "spectrum"]) { Fixed(\.noiseVariance, 2) }
}

/// The bias of a finite dimension, and four standard errors: the variance of the largest eigenvalue is that of n squares.
private func eigenvalueTolerance(_ point: SpikedCovariance.Parameters, tasks: Int) -> Double {
    1 / Double(point.dimension).squareRoot() + 4 * (2 / Double(point.sampleCount * tasks)).squareRoot()
}
