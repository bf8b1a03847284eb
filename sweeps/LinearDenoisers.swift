import Diffusion
public import SweepGrid

/// Affine fits, linearity and distances of denoisers that are known in closed form (measures of Li, Dai and Qu, arXiv 2410.24060).
public let linearDistillation = Sweep(
    "linear-distillation", of: LinearDistillation.self,
    "The best affine fit of any posterior mean on its own noisy samples is the Wiener filter; what tells memory from "
        + "generalisation is the rest, and inputs that were held out.",
    replicates: 10
) {
    Axis(\.deviation, [0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 0.7, 1, 1.5, 2, 4, 10, 40, 80])
    Axis(\.teacher, LinearDistillation.Teacher.allCases, paired: true)
    Axis(\.inputs, [.matched, .heldOut])
} figures: {
    Curves(x: \.deviation, mean: \.linearityScore)
        .colored(by: \.teacher).panels(by: \.inputs).logarithmic(x: true)
    Curves(x: \.deviation, mean: \.distillationError)
        .colored(by: \.teacher).panels(by: \.inputs).logarithmic(x: true, y: true)
    Curves(x: \.deviation, mean: \.gapToWiener)
        .colored(by: \.teacher).panels(by: \.inputs).logarithmic(x: true)
    Curves(x: \.deviation, mean: \.nonlinearFraction)
        .colored(by: \.teacher).panels(by: \.inputs).logarithmic(x: true)
    Curves(x: \.deviation, mean: \.gapToMemory)
        .colored(by: \.teacher).panels(by: \.inputs).logarithmic(x: true)
} checks: {
    Claim(
        "identity", "On its own noisy samples every posterior mean has the Wiener filter as its best affine fit.",
        meanOf: \.distillationError
    )
    .at(\.inputs, .matched).forEach(\.teacher, \.deviation)
    .atMost(by: .value) { 3 * (Double($0.ambientDimension) / Double(max($0.inputCount, 20_000))).squareRoot() }
    Claim("linear", "The Wiener filter is linear by its score.", meanOf: \.linearityScore)
        .at(\.teacher, .wiener).forEach(\.inputs, \.deviation)
        .near(1e-9, by: .value) { _ in 1 }
} presets: {
    Preset("small", replicates: 2) { Axis(\.deviation, [0.02, 0.1, 0.3, 1, 10]) }
    Preset("desk", replicates: 10)
    Preset("paper", replicates: 20) {
        Axis(\.deviation, Array(NoiseLevel.karrasSteps(count: 10).dropLast()))
        Fixed(\.inputCount, 100_000)
    }
    Control("few", of: "small", fails: ["identity"]) { Fixed(\.inputCount, 30) }
    Control("shuffled", of: "small", fails: ["linear"]) {}
}

/// Gradient descent of a linear denoiser on few samples, with its exact limit: the transition at N = n.
public let linearMemorization = Sweep(
    "linear-memorization", of: LinearMemorization.self,
    "A linear denoiser trained on N samples of dimension n memorises below N = n: its test loss is 1 - N/n there.",
    replicates: 10
) {
    Axis(\.dimension, [32, 64, 128])
    Axis(\.sampleRatio, [0.1, 0.25, 0.5, 0.75, 0.9, 1, 1.1, 1.25, 1.5, 2, 4, 8])
    Axis(\.deviation, [0.03, 0.1, 0.3], paired: true)
    Axis(\.engine, [.descent, .modes], paired: true)
} figures: {
    Curves(x: \.sampleRatio, mean: \.testLoss)
        .colored(by: \.dimension).panels(by: \.engine).at(\.deviation, 0.1).logarithmic(x: true)
        .theory("Marchenko-Pastur") { $0.theory.losses(after: $0.steps).test }
    Curves(x: \.sampleRatio, mean: \.gap)
        .colored(by: \.deviation).panels(by: \.engine).at(\.dimension, 128).logarithmic(x: true)
    Curves(along: \.testLosses)
        .colored(by: \.sampleRatio).at(\.engine, .descent).at(\.dimension, 128).at(\.deviation, 0.1)
        .named("test-loss-during-training").logarithmic(x: true)
        .theory("Marchenko-Pastur") { $0.theory.losses(after: Int($1)).test }
    Curves(along: \.trainingLosses)
        .colored(by: \.sampleRatio).at(\.engine, .descent).at(\.dimension, 128).at(\.deviation, 0.1)
        .named("training-loss-during-training").logarithmic(x: true)
        .theory("Marchenko-Pastur") { $0.theory.losses(after: Int($1)).training }
    Curves(alongMean: \.spectrum)
        .colored(by: \.sampleRatio).at(\.engine, .modes).at(\.dimension, 128).at(\.deviation, 0.1).named("spectrum")
        .theory("Marchenko-Pastur") { $0.spectrumLimit(at: $1) }
} checks: {
    Claim("modes", "Gradient descent follows the formula of its modes.", meanOf: \.testLoss)
        .comparing(\.engine, .descent, with: .modes).forEach(\.dimension, \.sampleRatio, \.deviation)
        .near(1e-9, by: .interval) { _ in 0 }
    Claim("limit", "The test loss is the integral over the Marchenko-Pastur law.", meanOf: \.testLoss)
        .forEach(\.engine, \.dimension, \.sampleRatio, \.deviation)
        .near({ point, _, _ in 2 / Double(point.dimension) }) { point, _ in point.theory.losses(after: point.steps).test
        }
    Claim("training", "So is the training loss along the training.", meanOf: \.trainingLosses)
        .at(\.engine, .modes).forEach(\.dimension, \.sampleRatio, \.deviation)
        .near({ point, _, tasks in
            1 / Double(point.dimension) + 4 * 1.5
                / (Double(point.dimension) * (point.sampleRatio * Double(tasks)).squareRoot())
        }) { point, step in point.theory.losses(after: Int(step)).training }
} presets: {
    Preset("small", replicates: 3) {
        Axis(\.dimension, [32, 128])
        Axis(\.sampleRatio, [0.25, 0.5, 1, 2, 4])
        Axis(\.deviation, [0.1])
        Fixed(\.steps, 1_024)
    }
    Preset("desk", replicates: 10)
    Preset("paper", replicates: 50) { Axis(\.dimension, [64, 128, 256]) }
    Control("variance", of: "small", fails: ["limit", "training"]) { Fixed(\.variance, 2) }
    Control("different-variances", of: "small", fails: ["modes"]) {
        Zip {
            Axis(\.engine, [.descent, .modes])
            Axis(\.variance, [1, 1.001])
        }
    }
}
