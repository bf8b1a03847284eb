import Diffusion
public import SweepGrid

/// Recovery of two and three subspaces against samples a component and dimension (Wang et al., arXiv 2409.02426): the
/// threshold N_k = d, and what a random start misses of it.
///
/// The four methods see the same samples. From random starts K-subspaces takes the best of ten, the denoiser the best of four.
public let molrgK23 = Sweep(
    "molrg-k23", of: MixtureRecovery.self,
    "K orthogonal subspaces are learnt from N_k >= d samples each when the start is informed; random starts need far more.",
    replicates: 20
) {
    Axis(\.components, [2, 3])
    Axis(\.intrinsicDimension, 2...8)
    Axis(\.samplesPerComponent, 2...15, nested: ["subspaces", "samples", "observationNoise"])
    Axis(\.method, MixtureRecovery.Method.allCases, paired: true)
    Derived(\.restarts) { restarts($0.method) }
} figures: {
    PhaseDiagram(x: \.samplesPerComponent, y: \.intrinsicDimension, success: \.worstError, below: 0.5)
        .panels(by: \.method).at(\.components, 2)
        .theory("N_k = d") { $0.intrinsicDimension }
    PhaseDiagram(x: \.samplesPerComponent, y: \.intrinsicDimension, success: \.worstError, below: 0.5)
        .panels(by: \.method).at(\.components, 3).named("three-components")
        .theory("N_k = d") { $0.intrinsicDimension }
    Curves(x: \.samplesPerComponent, median: \.worstError)
        .colored(by: \.intrinsicDimension).panels(by: \.method).at(\.components, 2).named("worst-error")
} checks: {
    Claim(
        "clusters",
        "K-subspaces from a spectral start finds them from N_k >= d, at least 9 of 10, and never from fewer.",
        rateOf: \.worstError, below: 0.5
    )
    .at(\.method, .subspacesInformed).forEach(\.components, \.intrinsicDimension, \.samplesPerComponent)
    .within(by: .value) { $0.samplesPerComponent >= $0.intrinsicDimension ? 0.9...1 : 0...0 }
    Claim(
        "threshold", "Half of the denoisers trained from there find them from N_k <= d + 2.",
        thresholdOf: \.worstError, below: 0.5, along: \.samplesPerComponent
    )
    .at(\.method, .denoiserInformed).forEach(\.components, \.intrinsicDimension)
    .atMost(by: .value) { Double($0.intrinsicDimension + 2) }
    Claim(
        "gap", "From random starts no method finds half of what N_k >= d samples determine, for K = 3 and d >= 4.",
        rateOf: \.worstError, below: 0.5
    )
    .at(\.components, 3)
    .where { $0.samplesPerComponent >= $0.intrinsicDimension && $0.intrinsicDimension >= 4 && isRandom($0.method) }
    .forEach(\.method).atMost(0.5)
} presets: {
    Preset("small", replicates: 6) {
        Axis(\.intrinsicDimension, [2, 4])
        Axis(\.samplesPerComponent, [2, 3, 4, 5, 6, 8])
        Fixed(\.steps, 600)
    }
    Preset("desk", replicates: 20)
    Preset("paper", replicates: 100) {
        Derived(\.restarts) { $0.method == .subspacesRandom || $0.method == .denoiserRandom ? 10 : 1 }
    }
    Control("noise", of: "small", fails: ["clusters", "threshold"]) { Fixed(\.noise, 0.5) }
    // So many starts that one of them is near the answer.
    Control("restarts", of: "small", fails: ["gap"]) {
        Axis(\.method, [.subspacesRandom])
        Axis(\.components, [3])
        Axis(\.intrinsicDimension, [4])
        Axis(\.samplesPerComponent, [8, 12])
        Fixed(\.restarts, 500)
    }
}

private func isRandom(_ method: MixtureRecovery.Method) -> Bool {
    method == .subspacesRandom || method == .denoiserRandom
}

/// As many random starts as half an hour on two cores allows.
private func restarts(_ method: MixtureRecovery.Method) -> Int {
    switch method {
    case .subspacesRandom: 10
    case .denoiserRandom: 4
    case .subspacesInformed, .denoiserInformed: 1
    }
}
