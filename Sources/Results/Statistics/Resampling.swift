package import SweepGrid

/// Draws of the bootstrap: deterministic, from one Philox stream per run and purpose.
package struct Resampling {
    private var stream: RandomStream

    /// - Parameters:
    ///   - design: the run's design hash, so that runs draw independently.
    ///   - purpose: the name of the fit, so that fits of one run draw independently.
    package init(design: Digest, purpose: String) {
        let digest = SHA256.hash(Array("bootstrap/\(design)/\(purpose)".utf8))
        stream = RandomStream(key: digest.firstWord, highCounter: digest.secondWord)
    }

    /// An index below `count`, each equally likely to 2^-53.
    mutating func index(below count: Int) -> Int { min(count - 1, Int(stream.nextUniform() * Double(count))) }

    /// A uniform real in [0, 1).
    mutating func uniform() -> Double { stream.nextUniform() }

    /// The cells with their trials drawn again, each cell on its own (stratified).
    ///
    /// - Complexity: O(trials).
    mutating func cells(_ cells: [Cell]) -> [Cell] {
        cells.map { cell in
            guard cell.successes > 0, cell.successes < cell.trials else { return cell }
            let probability = cell.rate
            var successes = 0
            for _ in 0..<cell.trials where stream.nextUniform() < probability { successes += 1 }
            return Cell(x: cell.x, trials: cell.trials, successes: successes)
        }
    }
}

/// The central interval of that coverage of drawn values; those that are not finite are left out.
func percentileInterval(_ values: [Double], coverage: Double) -> Interval {
    let sorted = values.filter(\.isFinite).sorted()
    guard sorted.count > 1 else { return Interval(lower: -.infinity, upper: .infinity) }
    return Interval(
        lower: quantile((1 - coverage) / 2, ofSorted: sorted), upper: quantile((1 + coverage) / 2, ofSorted: sorted))
}
