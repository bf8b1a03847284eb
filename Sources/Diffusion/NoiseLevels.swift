/// Noise levels that are equally likely and equally spaced in the logarithm: a log-uniform distribution on a fine grid.
///
/// The grid needs square roots and products only, so that its values are the same on every processor and C library.
struct NoiseLevels {
    /// Ten bits of a random word choose a level.
    static let count = 1 << 10

    /// Standard deviations in ascending order; `signal` is 1 at each.
    let deviations: [Double]

    init(from lowest: Double, to highest: Double) {
        var ratio = highest / lowest
        for _ in 0..<10 { ratio.formSquareRoot() }
        var deviations = [lowest * ratio.squareRoot()]
        while deviations.count < Self.count { deviations.append(deviations[deviations.count - 1] * ratio) }
        self.deviations = deviations
    }

    /// `s / (s^2 + gamma^2)` at each level.
    var shrinkages: [Double] { deviations.map { NoiseLevel(deviation: $0).shrinkage } }

    /// The index of the level that a random word chooses.
    static func index(of word: UInt32) -> Int { Int(word >> 22) }

    /// A word that chooses a level.
    static func word(of index: Int) -> UInt32 { UInt32(index) << 22 }
}
