internal import Foundation

/// Success rates made to rise by merging adjacent cells that fall: the maximum-likelihood rising rates.
///
/// Pool-adjacent-violators algorithm (Ayer et al., Annals of Mathematical Statistics 26, 641, 1955).
struct IsotonicFit {
    /// Values and rates of the cells, ascending in both.
    let points: [(x: Double, rate: Double)]

    /// - Parameter cells: in ascending order of x, each with trials.
    /// - Complexity: O(n).
    init(_ cells: [Cell]) {
        var pools: [(first: Int, trials: Int, successes: Int)] = []
        for (index, cell) in cells.enumerated() {
            pools.append((index, cell.trials, cell.successes))
            while pools.count > 1 {
                let (last, previous) = (pools[pools.count - 1], pools[pools.count - 2])
                guard last.successes * previous.trials < previous.successes * last.trials else { break }
                pools.removeLast(2)
                pools.append((previous.first, previous.trials + last.trials, previous.successes + last.successes))
            }
        }
        points = pools.enumerated().flatMap { index, pool in
            let end = index + 1 < pools.count ? pools[index + 1].first : cells.count
            return (pool.first..<end).map { (cells[$0].x, Double(pool.successes) / Double(pool.trials)) }
        }
    }

    /// Where the rate passes one half: linear between cells, in log x where x is positive; nil when it does not in the grid.
    var midpoint: Double? {
        guard let above = points.firstIndex(where: { $0.rate >= 0.5 }), above > 0 else { return nil }
        let (low, high) = (points[above - 1], points[above])
        let part = (0.5 - low.rate) / (high.rate - low.rate)
        return low.x > 0 ? low.x * pow(high.x / low.x, part) : low.x + part * (high.x - low.x)
    }
}
