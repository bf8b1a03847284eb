/// A histogram of eigenvalues over the support of the Marchenko-Pastur law, in the same bins for every ratio.
///
/// The position of an eigenvalue is 0 at the lower edge of the bulk and 1 at the upper one; a density per unit of position
/// integrates to the share of the eigenvalues in the bulk.
struct BulkHistogram {
    /// The number of bins; two lie outside of the bulk on either side.
    static let count = 28

    /// The centres of the bins, from -0.0625 to 1.0625 with 24 bins in the bulk.
    static let positions = (0..<count).map { (Double($0) - 1.5) / 24 }

    /// The density of eigenvalues around each position, as a share of `total` values.
    static func density(of eigenvalues: some Sequence<Double>, total: Int, law: MarchenkoPastur) -> [Double] {
        var density = [Double](repeating: 0, count: count)
        for eigenvalue in eigenvalues {
            let position = (eigenvalue - law.lowerEdge) / (law.upperEdge - law.lowerEdge)
            let bin = (position * 24 + 2).rounded(.down)
            if bin >= 0, bin < Double(count) { density[Int(bin)] += 24 / Double(total) }
        }
        return density
    }

    /// The limit of the density in the bin around a position: its mean over the bin, as it diverges at an edge that is 0.
    static func theory(_ law: MarchenkoPastur, at position: Double) -> Double {
        let (width, parts) = (law.upperEdge - law.lowerEdge, 200)
        let sum = (0..<parts).reduce(0.0) { sum, part in
            // Squared steps from 0, where the integrand then is finite.
            let (low, high) = (max(0, position - 0.5 / 24), max(0, position + 0.5 / 24))
            let (first, last) = (low.squareRoot(), high.squareRoot())
            let root = first + (Double(part) + 0.5) / Double(parts) * (last - first)
            let density = root > 0 ? law.density(at: law.lowerEdge + root * root * width) * width : 0
            return sum + density * 2 * root * (last - first) / Double(parts)
        }
        return sum * 24
    }
}
