import Foundation
public import LinearAlgebra

/// Two Gaussian classes of equal weight, `N(m, sigma^2 I) / 2 + N(-m, sigma^2 I) / 2` with `m = (mu, ..., mu)`.
///
/// Source: Biroli et al., arXiv 2402.18491; `||m||^2 = d mu^2`. Times are those of `OrnsteinUhlenbeck`.
public struct GaussianPair: Hashable, Sendable {
    /// The dimension d of a sample.
    public var dimension: Int
    /// The mean mu of every coordinate in the positive class.
    public var separation: Double
    /// The standard deviation sigma within a class: a deviation, never a variance.
    public var deviation: Double

    /// Creates the pair.
    public init(dimension: Int, separation: Double = 1, deviation: Double = 1) {
        self.dimension = dimension
        self.separation = separation
        self.deviation = deviation
    }

    /// The variance within a class at a time: `1 - e^-2t + sigma^2 e^-2t`.
    public func variance(at time: Double) -> Double {
        OrnsteinUhlenbeck.noiseVariance(at: time) + deviation * deviation * exp(-2 * time)
    }

    /// The distance of a class's centre from the origin at a time: `mu sqrt(d) e^-t`.
    public func centre(at time: Double) -> Double { separation * Double(dimension).squareRoot() * exp(-time) }

    /// The time at which the centre stands one standard deviation from the origin: `ln(mu^2 d + 1 - sigma^2) / 2`.
    ///
    /// At unit separation and deviation this is the paper's speciation time `ln(d) / 2`.
    public var speciationTime: Double {
        0.5 * log(separation * separation * Double(dimension) + 1 - deviation * deviation)
    }

    /// The probability that two backward trajectories which part at a time end in the same class.
    ///
    /// Given a position, a trajectory ends in the positive class with the posterior probability p of that class, and the two
    /// agree with probability `p^2 + (1 - p)^2`; the mean over positions is the paper's integral
    /// `1/2 int (G_+^2 + G_-^2) / (G_+ + G_-) dx`. The trapezoidal rule on a Gaussian is exact to rounding here.
    public func sameClassProbability(at time: Double) -> Double {
        let (centre, variance) = (centre(at: time), variance(at: time))
        return gaussianMean { unit in
            let position = centre + variance.squareRoot() * unit
            let p = 1 / (1 + exp(-2 * centre * position / variance))
            return p * p + (1 - p) * (1 - p)
        }
    }

    /// What a sample at a time tells about its class, in nats: from 0 at late times to ln 2 at early ones.
    public func classInformation(at time: Double) -> Double {
        let (centre, variance) = (centre(at: time), variance(at: time))
        // ln 2 minus the mean surprise at the true class.
        return log(2)
            - gaussianMean { unit in
                let logit = 2 * centre * (centre + variance.squareRoot() * unit) / variance
                return logit > 0 ? log1p(exp(-logit)) : log1p(exp(logit)) - logit
            }
    }

    /// The score at points (one per column): `(tanh(m_t . x / Gamma) m_t - x) / Gamma`, `m_t = m e^-t`.
    public func score(of points: Matrix<Double>, at time: Double) -> Matrix<Double> {
        let (variance, mean) = (variance(at: time), separation * exp(-time))
        let tangents = (0..<points.columns).map { column in
            tanh(mean * (0..<points.rows).reduce(0.0) { $0 + points[$1, column] } / variance)
        }
        return Matrix(rows: points.rows, columns: points.columns) { row, column in
            (tangents[column] * mean - points[row, column]) / variance
        }
    }

    /// The logarithm of the density at a point (one column).
    public func logDensity(of point: Matrix<Double>, at time: Double) -> Double {
        let (variance, mean) = (variance(at: time), separation * exp(-time))
        let squares = [mean, -mean].map { mean in
            (0..<point.rows).reduce(0.0) { $0 + (point[$1, 0] - mean) * (point[$1, 0] - mean) }
        }
        let (near, far) = (min(squares[0], squares[1]), max(squares[0], squares[1]))
        return -near / (2 * variance) + log1p(exp(-(far - near) / (2 * variance))) - log(2)
            - 0.5 * Double(point.rows) * log(2 * Double.pi * variance)
    }

    /// The mean of a function of a standard normal variable.
    private func gaussianMean(_ function: (Double) -> Double) -> Double {
        let (range, count) = (9.0, 720)
        let width = 2 * range / Double(count)
        return (0...count).reduce(0.0) { sum, index in
            let unit = -range + Double(index) * width
            return sum + function(unit) * exp(-0.5 * unit * unit)
        } * width / (2 * Double.pi).squareRoot()
    }
}
