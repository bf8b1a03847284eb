import Diffusion
public import SweepGrid

/// Collapse with n = e^(alpha d) points (Biroli et al., arXiv 2402.18491): curves of several dimensions cross at t_C and steepen.
public let finiteSizeCollapse = Sweep(
    "collapse-finite-size", of: FiniteSizeCollapse.self,
    "With n = e^(alpha d) points the weight of the own point jumps at t_C as the dimension grows.",
    replicates: 50
) {
    Axis(\.alpha, [0.25, 0.5, 0.75])
    Axis(\.dimension, [8, 12, 16, 20, 24])
    Where { $0.exponentialSampleCount <= 200_000 }
    Derived(\.sampleCount) { $0.exponentialSampleCount }
} figures: {
    Curves(along: \.ownWeight).colored(by: \.dimension).panels(by: \.alpha)
    Curves(along: \.excessEntropy).colored(by: \.dimension).panels(by: \.alpha)
} presets: {
    Preset("small", replicates: 10) {
        Axis(\.alpha, [0.5])
        Axis(\.dimension, [8, 12, 16])
    }
    Preset("desk", replicates: 20)
    Preset("paper", replicates: 50)
}
