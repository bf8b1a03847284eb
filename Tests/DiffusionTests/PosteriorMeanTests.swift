import Diffusion
import Foundation
import LinearAlgebra
import SweepGrid
import Testing

@Suite struct PosteriorMeanTests {
    static let levels = [
        NoiseLevel(deviation: 0.05), NoiseLevel(deviation: 0.7), NoiseLevel(deviation: 5),
        NoiseLevel(signal: exp(-0.5), deviation: (1 - exp(-1.0)).squareRoot()),
    ]

    /// One, two and three components; equal and unequal weights and dimensions.
    static func mixtures() throws -> [LowRankGaussianMixture] {
        var stream = RandomStream(key: 11, highCounter: 12)
        let frame = try Matrix<Double>.orthonormalFrame(rows: 9, columns: 7, using: &stream)
        return [
            LowRankGaussianMixture(bases: [frame.columns(0..<3)]),
            try .random(ambientDimension: 9, intrinsicDimension: 2, components: 3, using: &stream),
            LowRankGaussianMixture(
                bases: [frame.columns(0..<1), frame.columns(1..<5), frame.columns(5..<7)], weights: [0.5, 0.2, 0.3]),
        ]
    }

    /// Oracle 3: against conditioning by brute force.
    @Test(arguments: levels)
    func oracle3ThePosteriorMeanIsThatOfConditioningTheJointGaussians(level: NoiseLevel) throws {
        for mixture in try Self.mixtures() {
            for noisy in try noisySamples(of: mixture, at: level) {
                let expected = try conditionalMean(of: noisy, under: mixture, at: level)
                #expect((mixture.posteriorMean(of: noisy, at: level) - expected.mean).norm < 1e-9)
                #expect(abs(mixture.logDensity(of: noisy, at: level) - expected.logDensity) < 1e-9)
            }
        }
    }

    /// Oracle 3, Tweedie: `E[x_0 | x_t] = (x_t + gamma^2 grad log p(x_t)) / s`, the gradient by central differences.
    @Test(arguments: levels)
    func oracle3ThePosteriorMeanFollowsFromTheScore(level: NoiseLevel) throws {
        let step = 1e-4 * level.deviation
        for mixture in try Self.mixtures() {
            for noisy in try noisySamples(of: mixture, at: level) {
                let score = Matrix<Double>(rows: 9, columns: 1) { row, _ in
                    var (above, below) = (noisy, noisy)
                    above[row, 0] += step
                    below[row, 0] -= step
                    return (mixture.logDensity(of: above, at: level) - mixture.logDensity(of: below, at: level))
                        / (2 * step)
                }
                let tweedie = (1 / level.signal) * (noisy + level.deviation * level.deviation * score)
                #expect((mixture.posteriorMean(of: noisy, at: level) - tweedie).norm < 1e-5)
            }
        }
    }

    /// Negative control: the oracle above sees a variance that is taken for a deviation.
    @Test func aVarianceReadAsADeviationFailsTheOracle() throws {
        let level = NoiseLevel(deviation: 0.7)
        let misread = NoiseLevel(deviation: 0.7 * 0.7)
        for mixture in try Self.mixtures() {
            for noisy in try noisySamples(of: mixture, at: level) {
                let expected = try conditionalMean(of: noisy, under: mixture, at: level)
                #expect((mixture.posteriorMean(of: noisy, at: misread) - expected.mean).norm > 1e-3)
            }
        }
    }

    /// Oracle 4: the mean squared error of the posterior mean is `d gamma^2 / (1 + gamma^2)` for one component.
    @Test func oracle4TheErrorOfThePosteriorMeanIsTheMinimumMeanSquaredError() throws {
        let (dimension, count) = (4, 4_000)
        let (samples, truth) = try lowRankSamples(dimension: dimension, count: count, trial: 1)
        let mixture = LowRankGaussianMixture(bases: [truth])
        var noise = stream("noise", dimension, 1)
        for deviation in [0.2, 1, 3] {
            let noisy = samples.observed(noise: deviation, using: &noise)
            let level = NoiseLevel(deviation: deviation)
            var total = 0.0
            for index in 0..<count {
                let mean = mixture.posteriorMean(of: noisy.columns(index..<index + 1), at: level)
                total += (mean - samples.columns(index..<index + 1)).squaredNorm
            }
            let expected = Double(dimension) * deviation * deviation / (1 + deviation * deviation)
            #expect(abs(total / Double(count) - expected) < 5 * expected * (2 / Double(dimension * count)).squareRoot())
        }
    }

    @Test func fewerSamplesAreABeginningOfMore() throws {
        let many = try lowRankSamples(dimension: 5, count: 15, trial: 3).samples
        for count in 1..<15 {
            #expect(try lowRankSamples(dimension: 5, count: count, trial: 3).samples == many.columns(0..<count))
        }
    }

    private func noisySamples(of mixture: LowRankGaussianMixture, at level: NoiseLevel) throws -> [Matrix<Double>] {
        var stream = RandomStream(key: 13, highCounter: 14)
        let clean = mixture.samples(6, using: &stream)
        let noisy = (level.signal * clean).observed(noise: level.deviation, using: &stream)
        return (0..<6).map { noisy.columns($0..<$0 + 1) }
    }

    /// The conditional mean from dense covariances: no identity of the model is used.
    private func conditionalMean(
        of noisy: Matrix<Double>, under mixture: LowRankGaussianMixture, at level: NoiseLevel
    ) throws -> (mean: Matrix<Double>, logDensity: Double) {
        var means: [Matrix<Double>] = []
        var logDensities: [Double] = []
        for (basis, weight) in zip(mixture.bases, mixture.weights) {
            let prior = Matrix.product(basis, basis, transposing: .second)
            let marginal =
                level.signal * level.signal * prior + level.deviation * level.deviation * Matrix.identity(basis.rows)
            let parts = try marginal.symmetricEigendecomposition()
            let rotated = Matrix.product(parts.vectors, noisy, transposing: .first)
            let solved =
                parts.vectors * Matrix(rows: basis.rows, columns: 1) { row, _ in rotated[row, 0] / parts.values[row] }
            means.append(level.signal * (prior * solved))
            let quadratic = Matrix.product(noisy, solved, transposing: .first)[0, 0]
            let logDeterminant = parts.values.reduce(0) { $0 + log(2 * Double.pi * $1) }
            logDensities.append(log(weight) - 0.5 * (quadratic + logDeterminant))
        }
        let largest = logDensities.max()!
        let shares = logDensities.map { exp($0 - largest) }
        let sum = shares.reduce(0, +)
        let start = Matrix<Double>(rows: noisy.rows, columns: 1)
        return (zip(means, shares).reduce(start) { $0 + ($1.1 / sum) * $1.0 }, largest + log(sum))
    }
}
