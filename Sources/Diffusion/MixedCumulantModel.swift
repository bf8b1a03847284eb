/// Samples with two spikes: one in the covariance, along u, and one in the fourth cumulant alone, along v.
///
/// `x0 = sqrt(covarianceStrength) lambda u + S (sqrt(cumulantStrength) nu v + z)`, z and lambda standard normal, nu a sign,
/// `S = (I + cumulantStrength v v^T)^(-1/2)`, so that the covariance is `I + covarianceStrength u u^T` when the latents are
/// independent. Source: Bardone and Goldt, arXiv 2404.08602; Bardone, Merger and Goldt, arXiv 2603.12901.
public struct MixedCumulantModel: Hashable, Sendable {
    /// The strength of the spike in the covariance, 0 for none.
    public var covarianceStrength: Double
    /// The strength of the spike in the fourth cumulant, 0 for none.
    public var cumulantStrength: Double
    /// nu is the sign of `latentCorrelation lambda + sqrt(1 - latentCorrelation^2) g`; 0 makes it independent of lambda.
    public var latentCorrelation: Double

    /// Creates a model.
    public init(covarianceStrength: Double, cumulantStrength: Double, latentCorrelation: Double = 0) {
        self.covarianceStrength = covarianceStrength
        self.cumulantStrength = cumulantStrength
        self.latentCorrelation = latentCorrelation
    }

    /// The fourth cumulant of v . x0, which has variance 1: `-2 (b / (1 + b))^2` for strength b.
    public var fourthCumulant: Double {
        let share = cumulantStrength / (1 + cumulantStrength)
        return -2 * share * share
    }

    /// The factor of S along v.
    public var whitening: Double { 1 / (1 + cumulantStrength).squareRoot() }
}
