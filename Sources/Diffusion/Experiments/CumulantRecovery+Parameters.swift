import LinearAlgebra

extension CumulantRecovery.Parameters {
    /// The number of samples by the law `prefactor dimension^exponent`, rounded; a huge one is the largest integer.
    ///
    /// Only products and square roots are used, which IEEE 754 fixes to the last bit, so that a sweep has the same points
    /// everywhere: a power from a mathematics library could round to another integer elsewhere.
    public var scaledSampleCount: Int {
        guard exponent >= 0, exponent <= 64 else { return exponent > 64 ? .max : 0 }
        var power = 1.0
        for _ in 0..<Int(exponent) { power *= Double(dimension) }
        var root = Double(dimension)
        var rest = exponent - exponent.rounded(.down)
        while rest > 0 {
            root = root.squareRoot()
            rest *= 2
            if rest >= 1 {
                power *= root
                rest -= 1
            }
        }
        let count = (prefactor * power).rounded()
        return count < 0x1p62 ? Int(count) : (count.isNaN ? 0 : .max)
    }

    /// The step length of the descent.
    public var learningRate: Double {
        switch rateLaw {
        case .horizon: rateFactor / (Double(sampleCount) * Double(dimension)).squareRoot()
        case .dimension: rateFactor / Double(dimension)
        }
    }

    /// The data.
    public var model: MixedCumulantModel {
        MixedCumulantModel(
            covarianceStrength: panel == .cumulant ? 0 : covarianceStrength,
            cumulantStrength: panel == .covariance ? 0 : cumulantStrength,
            latentCorrelation: panel == .correlated ? latentCorrelation : 0)
    }

    /// The overlap above which the direction of the panel counts as learnt.
    ///
    /// With correlated latents the overlap with v comes to rest at .52 to .54, so that .5 would lie on its plateau.
    public var threshold: Double { panel == .correlated ? 0.3 : 0.5 }

    /// The training as the kernels take it: tanh with amplitude 1, and the skip connection that is best for white data.
    var kernel: OnlineDescent {
        let model = model
        let signal = (1 - noiseVariance).squareRoot()
        return OnlineDescent(
            signal: signal, noise: noiseVariance.squareRoot(), skip: signal, amplitude: 1, rate: learningRate,
            covariance: model.covarianceStrength.squareRoot(), cumulant: model.cumulantStrength.squareRoot(),
            whitening: model.whitening, correlation: model.latentCorrelation,
            remainder: (1 - model.latentCorrelation * model.latentCorrelation).squareRoot(),
            watched: panel == .covariance ? 0 : 1, threshold: threshold)
    }
}

extension CumulantRecovery {
    /// The expected cost of a task in microseconds, from timings on one core.
    public static func work(_ parameters: Parameters) -> Double {
        let dimension = Double(parameters.dimension)
        let step = parameters.engine == .reduced ? 0.05 : 0.05 + 0.0018 * dimension
        return 20 + 0.005 * dimension + step * Double(parameters.sampleCount)
    }
}
