import LinearAlgebra
import SweepGrid

/// Edits of a noisy sample along singular vectors of the denoiser's Jacobian, decoded by the probability flow.
///
/// In a mixture of low-rank Gaussians the leading singular vectors at a sample of component k span its subspace, so that an
/// edit changes the latent `U_k^T x` alone, and the same vector edits other samples of the component alike (derived; the
/// counterpart of the semantic directions of arXiv 2409.02426).
struct SemanticEdit {
    let mixture: LowRankGaussianMixture
    let deviation: Double
    let length: Double
    /// The component whose subspace the effects are measured against; another than the first one is a negative control.
    var judge = 0

    /// The effects of edits on two samples of the first component, averaged over the leading singular vectors at the first.
    func measure(into measured: inout DenoiserJacobian.Measurements, in context: Context) throws {
        let basis = mixture.bases[0]
        let (ambient, intrinsic) = (basis.rows, basis.columns)
        var (clean, noise, random) = (context.stream("clean"), context.stream("noise"), context.stream("random"))
        let samples = basis * Matrix.normal(rows: intrinsic, columns: 2, using: &clean)
        let noisy = samples + deviation * Matrix.normal(rows: ambient, columns: 2, using: &noise)
        let jacobian = mixture.posteriorJacobian(of: noisy.columns(0..<1), at: NoiseLevel(deviation: deviation))
        let directions = try jacobian.singularValueDecomposition().left.columns(0..<intrinsic)

        let decoded = decode(noisy)
        let undirected = Matrix<Double>.normal(rows: ambient, columns: 1, using: &random)
        let unit = (1 / undirected.norm) * undirected
        let randomEffect = (decode(noisy.columns(0..<1).adding(column: length * unit)) - decoded.columns(0..<1)).norm
        for index in 0..<intrinsic {
            let direction = directions.columns(index..<index + 1)
            let effects = decode(noisy.adding(column: length * direction)) - decoded
            let (first, second) = (effects.columns(0..<1), effects.columns(1..<2))
            let inside =
                Matrix.product(mixture.bases[judge], first, transposing: .first).squaredNorm / first.squaredNorm
            measured.editOutside += max(0, 1 - inside).squareRoot() / Double(intrinsic)
            measured.editAlignment += cosine(first, direction) / Double(intrinsic)
            measured.editTransfer += cosine(first, second) / Double(intrinsic)
            measured.randomEffect += randomEffect / first.norm / Double(intrinsic)
        }
        var pixels = context.stream("pixels")
        let frame = try PictureFrame(of: mixture, using: &pixels)
        // Equal singular values leave the vectors free up to a rotation, which rounding would choose. Those nearest to the first
        // axes of the pictures are a choice that does not depend on it.
        let aligned = directions * Matrix.product(directions, basis, transposing: .first)
        let shown = (0..<EditPictures.directionCount).map { index in
            guard index < intrinsic else { return Matrix<Double>(rows: ambient, columns: 1) { _, _ in .nan } }
            let direction = aligned.columns(index..<index + 1)
            // Where they span another subspace, none of them is near.
            return (direction.norm > 0.5 ? 1 / direction.norm : .nan) * direction
        }
        measured.editPictures = (shown + [unit]).flatMap { direction in
            pictures(of: noisy, decoded: decoded, along: direction, in: frame)
        }
    }

    /// A row of pictures: the longest edit itself, then for each sample the effect of every step, at no step the sample.
    private func pictures(
        of noisy: Matrix<Double>, decoded: Matrix<Double>, along direction: Matrix<Double>, in frame: PictureFrame
    ) -> [Double] {
        let effects = EditPictures.steps.map { step in
            step == 0 ? decoded : decode(noisy.adding(column: step * length * direction)) - decoded
        }
        let edit = ((EditPictures.steps.max() ?? 1) * length) * direction
        return frame.pixels(of: edit)
            + (0..<noisy.columns).flatMap { sample in
                effects.flatMap { frame.pixels(of: $0.columns(sample..<sample + 1)) }
            }
    }

    /// The clean samples that the probability flow leads to.
    private func decode(_ noisy: Matrix<Double>) -> Matrix<Double> {
        ProbabilityFlow(deviations: NoiseLevel.karrasSteps(count: 18, from: deviation)).run(from: noisy) {
            mixture.posteriorMeans(of: $0, at: NoiseLevel(deviation: $1))
        }
    }

    private func cosine(_ first: Matrix<Double>, _ second: Matrix<Double>) -> Double {
        Matrix.product(first, second, transposing: .first)[0, 0] / (first.norm * second.norm)
    }
}
