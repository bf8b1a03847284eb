import Foundation

/// The law of the eigenvalues of a sample covariance `Z Z^T / n` of white noise, d variates of n samples, d / n fixed.
///
/// The density is `sqrt((b - x)(x - a)) / (2 pi ratio x)` between the edges a and b = `(1 -+ sqrt(ratio))^2`; with more variates
/// than samples the share `1 - 1 / ratio` of the eigenvalues is 0. Source: Marchenko & Pastur, Math. USSR Sbornik 1, 1967.
public struct MarchenkoPastur: Hashable, Sendable {
    /// The number of variates over the number of samples, d / n > 0.
    public let aspectRatio: Double

    /// Creates the law of a ratio > 0.
    public init(aspectRatio: Double) {
        precondition(aspectRatio > 0, "an aspect ratio of \(aspectRatio)")
        self.aspectRatio = aspectRatio
    }

    /// The smallest eigenvalue above 0.
    public var lowerEdge: Double { square(1 - aspectRatio.squareRoot()) }

    /// The largest eigenvalue.
    public var upperEdge: Double { square(1 + aspectRatio.squareRoot()) }

    /// The share of eigenvalues that are 0.
    public var massAtZero: Double { max(0, 1 - 1 / aspectRatio) }

    /// The density of the eigenvalues above 0.
    public func density(at eigenvalue: Double) -> Double {
        let product = (upperEdge - eigenvalue) * (eigenvalue - lowerEdge)
        guard product > 0 else { return 0 }
        return product.squareRoot() / (2 * Double.pi * aspectRatio * eigenvalue)
    }

    /// The mean of a smooth function of the eigenvalue, zeros included.
    ///
    /// The midpoint rule in the angle of `x = 1 + ratio + 2 sqrt(ratio) cos(angle)`, where both edges are smooth: it converges
    /// exponentially in the number of nodes.
    public func mean(nodes: Int = 400, _ value: (Double) -> Double) -> Double {
        let radius = 2 * aspectRatio.squareRoot()
        var sum = 0.0
        for node in 0..<nodes {
            let angle = Double.pi * (Double(node) + 0.5) / Double(nodes)
            let eigenvalue = 1 + aspectRatio + radius * cos(angle)
            guard eigenvalue > 0 else { continue }
            sum += value(eigenvalue) * square(radius * sin(angle)) / eigenvalue
        }
        let bulk = sum / Double(nodes) / (2 * aspectRatio)
        return massAtZero > 0 ? bulk + massAtZero * value(0) : bulk
    }

    private func square(_ value: Double) -> Double { value * value }
}

/// What principal components see of one spike in the covariance: `Cov = I + strength u u^T`, d variates, n samples.
///
/// The leading eigenvector turns towards u exactly when the strength exceeds `sqrt(d / n)`. Source: Baik, Ben Arous & Peche,
/// Ann. Probab. 33, 2005; the overlap is that of Paul, Stat. Sinica 17, 2007, and Benaych-Georges & Nadakuditi, 2011.
public struct SpikedCovarianceTheory: Hashable, Sendable {
    /// d / n.
    public let aspectRatio: Double
    /// The excess variance along u.
    public let strength: Double

    /// Creates the theory of a ratio > 0 and a strength >= 0.
    public init(aspectRatio: Double, strength: Double) {
        self.aspectRatio = aspectRatio
        self.strength = strength
    }

    /// The strength above which the spike is seen: `sqrt(d / n)`.
    public var threshold: Double { aspectRatio.squareRoot() }

    /// The limit of the squared overlap of the leading eigenvector with u: `(1 - ratio / strength^2) / (1 + ratio / strength)`.
    public var overlapSquared: Double {
        guard strength > threshold else { return 0 }
        return (1 - aspectRatio / (strength * strength)) / (1 + aspectRatio / strength)
    }

    /// The limit of the largest eigenvalue: `(1 + strength) (1 + ratio / strength)` above the threshold, else the bulk's edge.
    public var largestEigenvalue: Double {
        guard strength > threshold else { return MarchenkoPastur(aspectRatio: aspectRatio).upperEdge }
        return (1 + strength) * (1 + aspectRatio / strength)
    }
}
