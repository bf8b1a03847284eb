internal import Foundation

/// Trials and successes at one value of the fitted variable.
package struct Cell: Hashable, Sendable {
    package var x: Double
    package var trials: Int
    package var successes: Int

    package init(x: Double, trials: Int, successes: Int) {
        self.x = x
        self.trials = trials
        self.successes = successes
    }

    package var rate: Double { trials > 0 ? Double(successes) / Double(trials) : .nan }
}

/// Firth's penalised logistic regression of success on one variable u: logit p = slope (u - midpoint).
///
/// The penalty, half the log determinant of the information, keeps the estimate finite when the cells are separated
/// (Firth, Biometrika 80, 27, 1993; Heinze & Schemper, Statistics in Medicine 21, 2409, 2002).
struct LogisticFit {
    /// Cells with u in place of x.
    let cells: [Cell]
    private(set) var intercept = 0.0
    private(set) var slope = 0.0
    private(set) var converged = false

    /// Where p = 1/2.
    var midpoint: Double { -intercept / slope }

    /// - Parameters:
    ///   - cells: with `x` the fitted variable, already on the scale of the fit; those without trials count nothing.
    ///   - tolerance: the relative size of the last step.
    init(_ cells: [Cell], tolerance: Double = 1e-10) {
        self.cells = cells.filter { $0.trials > 0 }
        guard self.cells.count > 1 else { return }
        maximise(to: tolerance)
    }

    /// Penalised log likelihood at an intercept and a slope.
    func penalisedLikelihood(intercept: Double, slope: Double) -> Double {
        var sum = 0.0
        var (i00, i01, i11) = (0.0, 0.0, 0.0)
        for cell in cells {
            let eta = intercept + slope * cell.x
            let (n, k) = (Double(cell.trials), Double(cell.successes))
            // log(1 + exp(eta)) without overflow.
            let softplus = max(eta, 0) + log1p(exp(-abs(eta)))
            sum += k * eta - n * softplus
            let p = 1 / (1 + exp(-eta))
            let weight = n * p * (1 - p)
            i00 += weight
            i01 += weight * cell.x
            i11 += weight * cell.x * cell.x
        }
        let determinant = i00 * i11 - i01 * i01
        return determinant > 0 ? sum + 0.5 * log(determinant) : -.infinity
    }

    /// The largest penalised likelihood over the slope with the midpoint held, by golden section on the log of the slope.
    func profile(midpoint: Double) -> Double {
        let direction: Double = slope < 0 ? -1 : 1
        func value(_ logSlope: Double) -> Double {
            let s = direction * exp(logSlope)
            return penalisedLikelihood(intercept: -s * midpoint, slope: s)
        }
        let centre = log(max(abs(slope), 1e-6))
        return goldenMaximum(from: centre - 6, to: centre + 3, value)
    }

    /// Newton's method on Firth's modified score with halved steps.
    private mutating func maximise(to tolerance: Double) {
        var likelihood = penalisedLikelihood(intercept: 0, slope: 0)
        for _ in 0..<200 {
            let (step0, step1) = scoreStep()
            var scale = 1.0
            var accepted = false
            for _ in 0..<40 {
                let (candidate0, candidate1) = (intercept + scale * step0, slope + scale * step1)
                let next = penalisedLikelihood(intercept: candidate0, slope: candidate1)
                if next >= likelihood {
                    (intercept, slope, likelihood) = (candidate0, candidate1, next)
                    accepted = true
                    break
                }
                scale /= 2
            }
            if !accepted || abs(step0) + abs(step1) < tolerance * (1 + abs(intercept) + abs(slope)) { break }
        }
        converged = intercept.isFinite && slope.isFinite
    }

    /// The inverse information times Firth's modified score.
    private func scoreStep() -> (Double, Double) {
        var (i00, i01, i11) = (0.0, 0.0, 0.0)
        for cell in cells {
            let weight = Double(cell.trials) * variance(at: cell.x)
            i00 += weight
            i01 += weight * cell.x
            i11 += weight * cell.x * cell.x
        }
        let determinant = i00 * i11 - i01 * i01
        guard determinant > 0 else { return (0, 0) }
        var (score0, score1) = (0.0, 0.0)
        for cell in cells {
            let n = Double(cell.trials)
            let p = 1 / (1 + exp(-(intercept + slope * cell.x)))
            let leverage = n * variance(at: cell.x) * (i11 - 2 * i01 * cell.x + i00 * cell.x * cell.x) / determinant
            let residual = Double(cell.successes) - n * p + leverage * (0.5 - p)
            score0 += residual
            score1 += residual * cell.x
        }
        return ((i11 * score0 - i01 * score1) / determinant, (i00 * score1 - i01 * score0) / determinant)
    }

    private func variance(at x: Double) -> Double {
        let p = 1 / (1 + exp(-(intercept + slope * x)))
        return p * (1 - p)
    }
}

/// The largest value of a function with one maximum in an interval, which is narrowed to 2e-7 of its width.
func goldenMaximum(from start: Double, to end: Double, _ function: (Double) -> Double) -> Double {
    let ratio = (5.0.squareRoot() - 1) / 2
    var (low, high) = (start, end)
    var (left, right) = (high - ratio * (high - low), low + ratio * (high - low))
    var (valueLeft, valueRight) = (function(left), function(right))
    for _ in 0..<32 {
        if valueLeft >= valueRight {
            (high, right, valueRight) = (right, left, valueLeft)
            left = high - ratio * (high - low)
            valueLeft = function(left)
        } else {
            (low, left, valueLeft) = (left, right, valueRight)
            right = low + ratio * (high - low)
            valueRight = function(right)
        }
    }
    return max(valueLeft, valueRight)
}
