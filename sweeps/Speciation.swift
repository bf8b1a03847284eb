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
    Curves(x: \.branchTime, mean: \.sameClass)
        .colored(by: \.dimension).panels(by: \.engine)
        .against("time of branching over t_S = ln(d) / 2") { $1 / unitPair($0).speciationTime }
        .theory("theory") { $0.mixture.sameClassProbability(at: $0.branchTime) }
        .line(y: "0.7752", at: { _ in 0.7752 }).line(x: "t_S", at: { _ in 1 }).named("scaled")
} checks: {
    Claim("reduced", "The clones of the scalar equation agree as the theory says.", meanOf: \.sameClass)
        .at(\.engine, .reduced).forEach(\.dimension, \.branchTime)
        .near(tolerance) { parameters, _ in unitPair(parameters).sameClassProbability(at: parameters.branchTime) }
    Claim("full", "So do those of all coordinates.", meanOf: \.sameClass)
        .at(\.engine, .full).forEach(\.dimension, \.branchTime)
        .near(tolerance) { parameters, _ in unitPair(parameters).sameClassProbability(at: parameters.branchTime) }
    Claim(
        "speciation-time", "They agree with probability 0.7752 when they part at t_S = ln(d) / 2.",
        crossingOf: \.sameClass, level: 0.7752, along: \.branchTime
    )
    .forEach(\.engine, \.dimension)
    .near(0.05, by: .value) { unitPair($0).speciationTime }.resolved(to: 0.05)
} presets: {
    Preset("small", replicates: 8) {
        Axis(\.dimension, [64, 256])
        Axis(\.branchTime, linear(1, 4, count: 7))
        Derived(\.trajectories) { $0.engine == .reduced ? 25_000 : 500 }
    }
    Preset("desk", replicates: 10) {
        Axis(\.branchTime, linear(1, 8, count: 15))
        Where { $0.engine == .reduced || $0.dimension <= 1_024 }
    }
    Preset("paper", replicates: 10)
    Control("separation", of: "small", fails: ["reduced", "full", "speciation-time"]) {
        Axis(\.dimension, [64])
        Fixed(\.separation, 2)
    }
}

/// The mixture that the claims are about, whatever a control makes of the data.
private func unitPair(_ parameters: Speciation.Parameters) -> GaussianPair {
    GaussianPair(dimension: parameters.dimension, separation: 1, deviation: 1)
}

/// 0.003 for the bias of the time step; with less than a million trajectories, four standard errors on top.
private func tolerance(_ parameters: Speciation.Parameters, theory: Double, tasks: Int) -> Double {
    let trajectories = parameters.trajectories * tasks
    return trajectories >= 1_000_000 ? 0.003 : 0.003 + 4 * (theory * (1 - theory) / Double(trajectories)).squareRoot()
}
