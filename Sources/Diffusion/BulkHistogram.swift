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

    /// The limit of the density at a position.
    static func theory(_ law: MarchenkoPastur, at position: Double) -> Double {
        let width = law.upperEdge - law.lowerEdge
        return law.density(at: law.lowerEdge + position * width) * width
    }
}
