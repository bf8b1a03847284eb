import Diffusion
public import SweepGrid

/// Collapse of a memorising diffusion at n = 20 000 points (Biroli et al., arXiv 2402.18491): the excess entropy vanishes at
/// t_C = ln(1 + sigma^2 / (n^(2/d) - 1)) / 2.
public let collapse = Sweep(
    "collapse", of: Collapse.self,
    "Below t_C a backward trajectory has fallen onto one training point: the excess entropy vanishes.",
    replicates: 100
) {
    Axis(\.dimension, [256, 1_024, 4_096])
} figures: {
    Curves(along: \.excessEntropy).colored(by: \.dimension)
        .theory("theory, class information subtracted") { $0.theory.excessEntropy(at: $1) }
    Curves(along: \.ownWeight).colored(by: \.dimension)
    Curves(along: \.participation).colored(by: \.dimension)
} presets: {
    Preset("small", replicates: 2) {
        Axis(\.dimension, [64, 256])
        Fixed(\.sampleCount, 4_000)
    }
    Preset("desk", replicates: 10)
    Preset("paper", replicates: 100)
}
