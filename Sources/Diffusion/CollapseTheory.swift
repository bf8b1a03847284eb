import Foundation

/// What a random-energy argument predicts about the collapse of a memorising diffusion onto its n training points.
///
/// Source: Biroli et al., arXiv 2402.18491. The subtraction of what a sample tells about its class is derived here.
public struct CollapseTheory: Hashable, Sendable {
    /// The distribution of the training points.
    public var mixture: GaussianPair
    /// `ln(n) / d`.
    public var logSamplesPerDimension: Double

    /// Creates the prediction for n points.
    public init(mixture: GaussianPair, sampleCount: Int) {
        self.init(mixture: mixture, logSamplesPerDimension: log(Double(sampleCount)) / Double(mixture.dimension))
    }

    /// Creates the prediction for `n = e^(alpha d)` points.
    public init(mixture: GaussianPair, logSamplesPerDimension: Double) {
        self.mixture = mixture
        self.logSamplesPerDimension = logSamplesPerDimension
    }

    /// `e^(alpha d)` rounded; the largest integer where that is beyond all integers.
    public var exponentialSampleCount: Int {
        Int(exactly: exp(logSamplesPerDimension * Double(mixture.dimension)).rounded()) ?? .max
    }

    /// The time at which the excess entropy of the paper vanishes: `ln(1 + sigma^2 / (n^(2/d) - 1)) / 2`.
    public var collapseTime: Double {
        0.5 * log1p(mixture.deviation * mixture.deviation / expm1(2 * logSamplesPerDimension))
    }

    /// How large the logarithm of a point's weight is at the collapse time before the largest one is taken off, in the mean.
    ///
    /// `d (mu^2 + sigma^2) s^2 / 2 Delta`, with `s^2 / Delta = (n^(2/d) - 1) / sigma^2` there (derived).
    public var logarithmicWeight: Double {
        let ratio = mixture.separation / mixture.deviation
        return 0.5 * Double(mixture.dimension) * (1 + ratio * ratio) * expm1(2 * logSamplesPerDimension)
    }

    /// The paper's excess entropy over alpha: `max(0, alpha + ln(Delta_t / Gamma_t) / 2) / alpha`.
    public func asymptoticExcessEntropy(at time: Double) -> Double { excessEntropy(at: time, classInformation: 0) }

    /// The same less what a sample tells about its class, which is not small at finite d: of order `ln(2) / d`.
    public func excessEntropy(at time: Double) -> Double {
        excessEntropy(at: time, classInformation: mixture.classInformation(at: time))
    }

    private func excessEntropy(at time: Double, classInformation: Double) -> Double {
        let shrinkage = 0.5 * log(OrnsteinUhlenbeck.noiseVariance(at: time) / mixture.variance(at: time))
        let perDimension = logSamplesPerDimension + shrinkage - classInformation / Double(mixture.dimension)
        return max(0, perDimension / logSamplesPerDimension)
    }
}
