import LinearAlgebra

/// The distances between estimated and true subspaces under the best matching of one to the other.
struct SubspaceMatching {
    /// The distance of the worst pair under the matching that makes it least: in 0...1.
    let worst: Double
    /// The mean distance of the pairs under that matching: in 0...1.
    let mean: Double

    /// Tries every matching: K! of them, so K is at most six.
    init(_ estimates: [Matrix<Double>], _ truths: [Matrix<Double>]) throws(LAPACKError) {
        precondition(estimates.count == truths.count && (1...6).contains(truths.count))
        var distances: [[Double]] = []
        for estimate in estimates {
            var row: [Double] = []
            for truth in truths { row.append(try subspaceDistance(estimate, truth)) }
            distances.append(row)
        }
        var best = (worst: Double.infinity, mean: Double.infinity)
        for permutation in Self.permutations(of: truths.count) {
            let pairs = permutation.enumerated().map { distances[$0.offset][$0.element] }
            let candidate = (worst: pairs.max() ?? 0, mean: pairs.reduce(0, +) / Double(pairs.count))
            if candidate < best { best = candidate }
        }
        (worst, mean) = best
    }

    /// All orders of `0..<count`.
    static func permutations(of count: Int) -> [[Int]] {
        guard count > 0 else { return [[]] }
        return permutations(of: count - 1).flatMap { shorter in
            (0..<count).map { place in Array(shorter[..<place]) + [count - 1] + Array(shorter[place...]) }
        }
    }
}
