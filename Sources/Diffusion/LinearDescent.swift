public import LinearAlgebra

/// Gradient descent of a linear denoiser `D(x) = W x` from W = 0 at one noise level, the noise averaged exactly.
///
/// The loss of W on samples of second moment C is `tr[(W - I) C (W - I)^T] + sigma^2 ||W||^2`, and a step is
/// `W <- W - 2 rate (W (C + sigma^2 I) - C)`. In the eigenbasis of C the modes never mix (derived):
///
///     W_i(tau) = lambda_i / (lambda_i + sigma^2) (1 - (1 - 2 rate (lambda_i + sigma^2))^tau).
public struct LinearDescent: Sendable {
    /// The second moment C of the training samples.
    public let moment: Matrix<Double>
    /// The variance of the diffusion noise.
    public let noiseVariance: Double
    /// The learning rate; below `1 / (lambda_max + sigma^2)` the descent converges.
    public let rate: Double
    /// W after the steps taken.
    public private(set) var weights: Matrix<Double>
    /// The steps taken.
    public private(set) var step = 0

    private var scratch: Matrix<Double>
    private let regularised: Matrix<Double>

    /// Prepares a descent on samples of a given second moment.
    public init(moment: Matrix<Double>, noiseVariance: Double, rate: Double) {
        precondition(moment.rows == moment.columns)
        self.moment = moment
        self.noiseVariance = noiseVariance
        self.rate = rate
        weights = Matrix(rows: moment.rows, columns: moment.rows)
        scratch = weights
        regularised = moment + noiseVariance * Matrix.identity(moment.rows)
    }

    /// Goes on to a later step: one product of square matrices each, no allocation.
    public mutating func advance(to target: Int) {
        let count = weights.count
        while step < target {
            scratch.setProduct(weights, regularised)
            let factor = 2 * rate
            moment.withUnsafePointer { moment in
                scratch.withUnsafePointer { product in
                    weights.withUnsafeMutablePointer { weights in
                        for index in 0..<count { weights[index] -= factor * (product[index] - moment[index]) }
                    }
                }
            }
            step += 1
        }
    }

    /// Goes on from the weights after some steps, in the order of `weights.elements`.
    mutating func resume(at step: Int, weights elements: some Collection<Double>) {
        precondition(elements.count == weights.count)
        weights.withUnsafeMutablePointer { weights in
            for (index, element) in elements.enumerated() { weights[index] = element }
        }
        self.step = step
    }

    /// The weight of a mode of eigenvalue `lambda` after some steps, by the formula; exact at step 0 and for `lambda` 0.
    public static func modeWeight(lambda: Double, noiseVariance: Double, rate: Double, step: Int) -> Double {
        guard lambda > 0 else { return 0 }
        let contraction = 1 - 2 * rate * (lambda + noiseVariance)
        return lambda / (lambda + noiseVariance) * (1 - power(contraction, step))
    }

    /// The denoising loss of any weights on samples of a second moment, per coordinate.
    public static func loss(
        of weights: Matrix<Double>, moment: Matrix<Double>, noiseVariance: Double
    ) -> Double {
        let miss = weights - Matrix.identity(weights.rows)
        let image = miss * moment
        var signal = 0.0
        for column in 0..<image.columns {
            for row in 0..<image.rows { signal += image[row, column] * miss[row, column] }
        }
        return (signal + noiseVariance * weights.squaredNorm) / Double(weights.rows)
    }

    /// A number to a whole power, by squaring: the same bits on every processor.
    private static func power(_ base: Double, _ exponent: Int) -> Double {
        var (result, square, rest) = (1.0, base, exponent)
        while rest > 0 {
            if rest & 1 == 1 { result *= square }
            square *= square
            rest >>= 1
        }
        return result
    }
}

/// What a linear denoiser trained on N white samples of dimension n comes to when both are large, n / N fixed.
///
/// The eigenvalues of the samples' second moment follow the Marchenko-Pastur law and its eigenvectors are isotropic, so both
/// losses are integrals over the law (derived). Converged and with little noise, the test loss is 1 - N / n below N = n: what
/// the samples do not span is not learnt. For N > n it vanishes with the noise.
public struct LinearDescentTheory: Sendable {
    /// The law of the eigenvalues.
    public let law: MarchenkoPastur
    /// The variance of the diffusion noise.
    public let noiseVariance: Double
    /// The learning rate.
    public let rate: Double

    /// The limit for a ratio n / N, with the default rate.
    public init(aspectRatio: Double, noiseVariance: Double) {
        law = MarchenkoPastur(aspectRatio: aspectRatio)
        self.noiseVariance = noiseVariance
        rate = Self.rate(aspectRatio: aspectRatio, noiseVariance: noiseVariance)
    }

    /// Half of the largest rate that converges in the limit, so that finite samples converge, too.
    public static func rate(aspectRatio: Double, noiseVariance: Double) -> Double {
        0.5 / (MarchenkoPastur(aspectRatio: aspectRatio).upperEdge + noiseVariance)
    }

    /// The losses per coordinate after some steps; nil for the end of training.
    public func losses(after step: Int?) -> (training: Double, test: Double) {
        func weight(_ lambda: Double) -> Double {
            guard let step else { return lambda / (lambda + noiseVariance) }
            return LinearDescent.modeWeight(lambda: lambda, noiseVariance: noiseVariance, rate: rate, step: step)
        }
        func loss(_ lambda: Double, _ variance: Double) -> Double {
            let weight = weight(lambda)
            return (1 - weight) * (1 - weight) * variance + noiseVariance * weight * weight
        }
        return (law.mean { loss($0, $0) }, law.mean { loss($0, 1) })
    }
}
