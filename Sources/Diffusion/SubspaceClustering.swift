import LinearAlgebra
import SweepGrid

/// K-subspaces: alternates between the subspace that captures most of each sample and the principal subspace of each cluster.
///
/// Neither half step lowers the captured energy `sum_i max_k ||U_k^T x_i||^2`, so that the iteration comes to rest, though
/// not always at the highest value: the start decides. It is the denoising loss with the softmax replaced by its limit, a
/// maximum (arXiv 2409.02426, Theorem 3, which is about that limit).
struct SubspaceClustering {
    /// A cycle of ties ends here; clusterings come to rest after some ten rounds.
    static let rounds = 200

    /// The samples, one per column.
    let samples: Matrix<Double>
    /// The dimension d of every subspace.
    let dimension: Int

    /// Subspaces with the energy that they capture.
    struct Result {
        var bases: [Matrix<Double>]
        var captured: Double
    }

    /// Alternates from given bases until no sample changes its cluster.
    ///
    /// A cluster of fewer than `dimension` samples is completed by directions drawn from `completion`.
    func run(from starts: [Matrix<Double>], completion: inout RandomStream) throws(LAPACKError) -> Result {
        var (bases, clusters, captured) = (starts, [Int](), 0.0)
        for _ in 0..<Self.rounds {
            let next = assignments(to: bases)
            captured = next.captured
            if next.clusters == clusters { break }
            clusters = next.clusters
            bases = try self.bases(of: clusters, count: starts.count, completion: &completion)
        }
        return Result(bases: bases, captured: captured)
    }

    /// The principal subspace of each cluster.
    func bases(
        of clusters: [Int], count: Int, completion: inout RandomStream
    ) throws(LAPACKError) -> [Matrix<Double>] {
        var bases: [Matrix<Double>] = []
        for cluster in 0..<count {
            let members = clusters.indices.filter { clusters[$0] == cluster }
            let own = Matrix<Double>(rows: samples.rows, columns: members.count) { samples[$0, members[$1]] }
            bases.append(try principalComponents(of: own, dimension: dimension, completingWith: &completion))
        }
        return bases
    }

    /// The basis that captures most of each sample, the first of equals, and the energy captured in all.
    func assignments(to bases: [Matrix<Double>]) -> (clusters: [Int], captured: Double) {
        let codes = bases.map { Matrix.product($0, samples, transposing: .first) }
        var captured = 0.0
        let clusters = (0..<samples.columns).map { sample in
            var best = (cluster: 0, energy: -1.0)
            for (cluster, code) in codes.enumerated() {
                let energy = (0..<dimension).reduce(0.0) { $0 + code[$1, sample] * code[$1, sample] }
                if energy > best.energy { best = (cluster, energy) }
            }
            captured += best.energy
            return best.cluster
        }
        return (clusters, captured)
    }
}
