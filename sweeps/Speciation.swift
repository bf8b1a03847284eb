import Diffusion
public import SweepGrid

/// Speciation in a mixture of two Gaussians (Biroli et al., arXiv 2402.18491): clones that part at t_S = ln(d) / 2 end in the
/// same class with probability 0.7752 in every dimension.
public let speciation = Sweep(
    "speciation", of: Speciation.self,
    "Until t_S = ln(d)/2 a backward trajectory has not chosen its class: clones part, and agree with probability 0.7752.",
    replicates: 10
) {
    Axis(\.dimension, [256, 1_024, 4_096, 16_384])
    Axis(\.branchTime, linear(1, 10, count: 19))
    Axis(\.engine, [.reduced, .full])
    Derived(\.trajectories) { $0.engine == .reduced ? 100_000 : 1_000 }
} figures: {
    Curves(x: \.branchTime, mean: \.sameClass)
        .colored(by: \.dimension).panels(by: \.engine)
        .theory("theory") { $0.mixture.sameClassProbability(at: $0.branchTime) }
} presets: {
    Preset("small", replicates: 2) {
        Axis(\.dimension, [64, 256])
        Axis(\.branchTime, linear(1, 6, count: 11))
    }
    Preset("desk") {
        Axis(\.dimension, [256, 1_024, 4_096])
        Axis(\.branchTime, linear(1, 8, count: 15))
    }
    Preset("paper", replicates: 10)
}
