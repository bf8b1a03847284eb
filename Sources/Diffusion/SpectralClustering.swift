import LinearAlgebra
import SweepGrid

/// Clusters samples by the directions they share: spectral clustering of the graph of largest inner products.
///
/// In the manner of thresholded inner-product spectral initialisation: each sample is joined to the `neighbours` others with
/// the largest |cos|, with that as the edge's weight; the leading eigenvectors of the normalised graph, one row a sample, are
/// clustered by k-means. Samples of orthogonal subspaces have cosine 0, so without noise the graph falls apart into them.
struct SpectralClustering {
    /// Starts of k-means, of which the best is taken.
    static let starts = 10
    static let rounds = 100

    let clusters: Int
    let neighbours: Int

    /// The number of neighbours is a quarter of a cluster, at least three.
    init(clusters: Int, sampleCount: Int) {
        self.clusters = clusters
        neighbours = max(3, sampleCount / (4 * clusters))
    }

    /// The cluster of each sample (one per column).
    func assignments(of samples: Matrix<Double>, using stream: inout RandomStream) throws(LAPACKError) -> [Int] {
        let count = samples.columns
        guard count > clusters else { return Array(0..<count) }
        let affinity = affinities(of: samples)
        let degrees = (0..<count).map { row in
            (0..<count).reduce(0.0) { $0 + affinity[row, $1] }
        }
        // An isolated sample has no direction in common with any other: any cluster will do.
        let scales = degrees.map { $0 > 0 ? 1 / $0.squareRoot() : 0 }
        let normalised = Matrix<Double>(rows: count, columns: count) { scales[$0] * affinity[$0, $1] * scales[$1] }
        let vectors = try normalised.symmetricEigendecomposition().vectors
        var points = (0..<count).map { row in
            (0..<clusters).map { vectors[row, count - 1 - $0] }
        }
        for row in points.indices {
            let norm = points[row].reduce(0) { $0 + $1 * $1 }.squareRoot()
            if norm > 0 { for column in points[row].indices { points[row][column] /= norm } }
        }
        return KMeans(points: points, clusters: clusters)
            .assignments(starts: Self.starts, rounds: Self.rounds, using: &stream)
    }

    /// The symmetric matrix of |cos| between samples and their nearest neighbours, 0 elsewhere.
    private func affinities(of samples: Matrix<Double>) -> Matrix<Double> {
        let count = samples.columns
        let products = Matrix.product(samples, samples, transposing: .first)
        let norms = (0..<count).map { products[$0, $0].squareRoot() }
        var affinity = Matrix<Double>(rows: count, columns: count)
        for sample in 0..<count {
            let cosines = (0..<count).map { other in
                let scale = norms[sample] * norms[other]
                return other == sample || scale == 0 ? 0 : abs(products[sample, other]) / scale
            }
            let nearest = (0..<count).sorted { (cosines[$0], $1) > (cosines[$1], $0) }.prefix(neighbours)
            for other in nearest where other != sample {
                affinity[sample, other] = cosines[other]
                affinity[other, sample] = cosines[other]
            }
        }
        return affinity
    }
}

/// Lloyd's k-means with starts that are far from each other (k-means++, Arthur & Vassilvitskii 2007).
struct KMeans {
    let points: [[Double]]
    let clusters: Int

    /// The assignment with the least sum of squared distances over some starts.
    func assignments(starts: Int, rounds: Int, using stream: inout RandomStream) -> [Int] {
        var best = (assignments: [Int](), cost: Double.infinity)
        for _ in 0..<starts {
            var centres = seeds(using: &stream)
            var (assignments, cost) = assign(to: centres)
            for _ in 0..<rounds {
                centres = means(of: assignments, instead: centres)
                let next = assign(to: centres)
                let isAtRest = next.assignments == assignments
                (assignments, cost) = next
                if isAtRest { break }
            }
            if cost < best.cost { best = (assignments, cost) }
        }
        return best.assignments.isEmpty ? Array(repeating: 0, count: points.count) : best.assignments
    }

    /// Centres among the points, each chosen with a probability in proportion to its squared distance from those before.
    private func seeds(using stream: inout RandomStream) -> [[Double]] {
        var seeds = [points[min(Int(stream.nextUniform() * Double(points.count)), points.count - 1)]]
        while seeds.count < clusters {
            let distances = points.map { point in seeds.map { squaredDistance($0, point) }.min() ?? 0 }
            var rest = stream.nextUniform() * distances.reduce(0, +)
            var chosen = points.count - 1
            for (index, distance) in distances.enumerated() {
                rest -= distance
                if rest < 0 {
                    chosen = index
                    break
                }
            }
            seeds.append(points[chosen])
        }
        return seeds
    }

    private func assign(to centres: [[Double]]) -> (assignments: [Int], cost: Double) {
        var cost = 0.0
        let assignments = points.map { point in
            var best = (cluster: 0, distance: Double.infinity)
            for (cluster, centre) in centres.enumerated() {
                let distance = squaredDistance(centre, point)
                if distance < best.distance { best = (cluster, distance) }
            }
            cost += best.distance
            return best.cluster
        }
        return (assignments, cost)
    }

    /// The mean of each cluster; an empty one keeps its centre.
    private func means(of assignments: [Int], instead centres: [[Double]]) -> [[Double]] {
        centres.indices.map { cluster in
            let members = assignments.indices.filter { assignments[$0] == cluster }
            guard !members.isEmpty else { return centres[cluster] }
            return centres[cluster].indices.map { column in
                members.reduce(0.0) { $0 + points[$1][column] } / Double(members.count)
            }
        }
    }

    private func squaredDistance(_ first: [Double], _ second: [Double]) -> Double {
        zip(first, second).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    }
}
