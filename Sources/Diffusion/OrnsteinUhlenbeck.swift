import Foundation

/// Times of the variance-preserving diffusion `dx = -x dt + sqrt(2) dB`, whose marginal is `e^-t x_0 + sqrt(1 - e^-2t) epsilon`.
///
/// Source: Biroli et al., arXiv 2402.18491. The EDM parametrisation is the same diffusion with its samples divided by the
/// signal: `sigma = sqrt(e^2t - 1)`, `t = ln(1 + sigma^2) / 2`.
public enum OrnsteinUhlenbeck {
    /// The marginal at a time >= 0.
    public static func level(at time: Double) -> NoiseLevel {
        NoiseLevel(signal: exp(-time), deviation: noiseVariance(at: time).squareRoot())
    }

    /// The variance `1 - e^-2t` of the noise at a time >= 0.
    public static func noiseVariance(at time: Double) -> Double { -expm1(-2 * time) }

    /// The time at which the ratio of noise to signal is `sigma`.
    public static func time(ofRatio sigma: Double) -> Double { 0.5 * log1p(sigma * sigma) }

    /// The time of a step of a discrete diffusion whose signal has shrunk by `sqrt(alphaBar)`.
    public static func time(ofCumulativeAlpha alphaBar: Double) -> Double { -0.5 * log(alphaBar) }
}

extension NoiseLevel {
    /// The level of the EDM parametrisation that samples at this level have after division by the signal.
    public var rescaledToUnitSignal: NoiseLevel { NoiseLevel(deviation: deviation / signal) }

    /// The variance-preserving level that samples at this level have after division by `sqrt(signal^2 + deviation^2)`.
    public var rescaledToUnitPower: NoiseLevel {
        let power = (signal * signal + deviation * deviation).squareRoot()
        return NoiseLevel(signal: signal / power, deviation: deviation / power)
    }

    /// The noise levels of Karras et al. (arXiv 2206.00364, equation 5), from the highest to 0, `count` positive ones.
    ///
    /// `sigma_i = (high^(1/7) + i / (count - 1) (low^(1/7) - high^(1/7)))^7`, and 0 at the end.
    public static func karrasSteps(count: Int, from high: Double = 80, to low: Double = 0.002) -> [Double] {
        precondition(count >= 1, "\(count) noise levels")
        let (first, last) = (pow(high, 1.0 / 7), pow(low, 1.0 / 7))
        let positive = (0..<count).map { pow(first + Double($0) / Double(max(count - 1, 1)) * (last - first), 7) }
        return positive + [0]
    }
}
