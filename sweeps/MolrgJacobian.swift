import Diffusion
public import SweepGrid

/// The rank of the exact denoiser's Jacobian against noise, and edits along its singular vectors (after arXiv 2409.02426).
public let molrgJacobian = Sweep(
    "molrg-jacobian", of: DenoiserJacobian.self,
    "The Jacobian of the denoiser has the rank of all subspaces at much noise and of one at little; its singular vectors edit "
        + "a sample's latent alone, and others of its component alike.",
    replicates: 40
) {
    Axis(\.components, [1, 2, 3])
    Axis(\.intrinsicDimension, [3, 5, 7])
    Axis(\.editDeviation, [0.05])
    Fixed(\.editLength, 0.3)
} figures: {
    Curves(along: \.rankFraction)
        .colored(by: \.intrinsicDimension).panels(by: \.components).logarithmic(x: true)
        .theory("one subspace, d/n") { $0.singleRank }
        .theory("all subspaces, Kd/n") { $0.jointRank }
    Curves(along: \.subspaceOverlap)
        .colored(by: \.intrinsicDimension).panels(by: \.components).logarithmic(x: true).named("subspace-overlap")
    Curves(along: \.dominantWeight)
        .colored(by: \.intrinsicDimension).panels(by: \.components).logarithmic(x: true).named("dominant-weight")
    ImageGrid(of: \.editPictures, height: EditPictures.height, width: EditPictures.width)
        .rows(["1st singular vector", "2nd singular vector", "3rd singular vector", "random direction"])
        .columns("edit", [stepName(EditPictures.steps.max() ?? 0)])
        .columns("changes of one decoded sample", EditPictures.steps.map(stepName))
        .columns("changes of another, by the same edits", EditPictures.steps.map(stepName))
        .columnTitle("step of the edit (units of editLength)")
        .at(\.components, 3).at(\.intrinsicDimension, 7).named("edits")
} checks: {
    Claim("rank", "The rank is that of all subspaces at sigma > 20 and of one at sigma < 0.05.", meanOf: \.rankFraction)
        .forEach(\.components, \.intrinsicDimension)
        .near(1e-9, by: .value) { point, snr in snr < 0.05 ? point.jointRank : snr > 20 ? point.singleRank : .nan }
    Claim(
        "span", "Where one component has a weight of 0.99 or more the leading singular vectors span its subspace.",
        rateOf: \.dominantOverlap, above: 0.99
    )
    .forEach(\.components, \.intrinsicDimension).equals { _ in 1 }
    Claim("latent", "An edit changes the latent alone.", meanOf: \.editOutside)
        .where { $0.intrinsicDimension >= 5 }.forEach(\.components, \.intrinsicDimension).atMost(0.02)
    Claim("transfer", "It does the same to another sample of the component.", meanOf: \.editTransfer)
        .where { $0.intrinsicDimension >= 5 }.forEach(\.components, \.intrinsicDimension).atLeast(0.98)
} presets: {
    Preset("small", replicates: 4) { Axis(\.intrinsicDimension, [3, 7]) }
    Preset("desk", replicates: 40)
    Preset("paper", replicates: 200)
    Control("noise", of: "small", fails: ["transfer"]) { Axis(\.editDeviation, [20]) }
    Control("labels", of: "small", fails: ["span", "latent"]) { Fixed(\.isLabelShifted, true) }
    Control("shuffled", of: "small", fails: ["rank"]) {}
}

/// The heading of the pictures of a step: that of no step shows the sample that the others change.
private func stepName(_ step: Double) -> String { step == 0 ? "sample" : "\(step > 0 ? "+" : "")\(Int(step))" }
