import Foundation
import LinearAlgebra
import SweepGrid
import Testing

@testable import Diffusion

@Suite struct LinearDenoiserTests {
    /// Oracle 4: the error of the Wiener filter is `sum lambda sigma^2 / (lambda + sigma^2)`, whatever the law with its moments.
    @Test(arguments: [0.1, 0.7, 3])
    func oracle4TheWienerFilterReachesTheLeastError(deviation: Double) throws {
        let (samples, moments) = try skewedSamples(400)
        let variance = deviation * deviation
        let wiener = try AffineDenoiser.wiener(moments, deviation: deviation)
        let eigenvalues = try moments.covariance.symmetricEigendecomposition().values
        let expected = eigenvalues.reduce(0) { $0 + $1 * variance / ($1 + variance) }
        // The noise averaged exactly: the miss of each sample, and the noise that the weights let through.
        func error(_ denoiser: AffineDenoiser) -> Double {
            (denoiser.denoised(samples) - samples).squaredNorm / Double(samples.columns)
                + variance * denoiser.weights.squaredNorm
        }
        #expect(abs(error(wiener) - expected) < 1e-10)
        var random = stream("direction", 6, 1)
        for _ in 0..<5 {
            let move = 1e-3 * Matrix<Double>.normal(rows: 6, columns: 6, using: &random)
            let other = AffineDenoiser(weights: wiener.weights + move, centre: wiener.centre, target: wiener.target)
            #expect(error(other) > expected)
        }
    }

    /// Oracle 6: least squares on a memorising denoiser's own noisy samples gives the Wiener filter, as the inputs grow.
    @Test func oracle6TheDistilledDenoiserIsTheWienerFilter() throws {
        var parameters = LinearDistillation.defaults
        for teacher in LinearDistillation.Teacher.allCases {
            parameters.teacher = teacher
            let errors = try [2_000, 32_000].map { count in
                parameters.inputCount = count
                return try LinearDistillation.run(parameters, in: context(3, 1)).distillationError
            }
            if teacher == .wiener {
                #expect(errors.allSatisfy { $0 < 1e-10 })
            } else {
                // 16 times the inputs: a quarter of the error.
                #expect(errors[0] < 0.15 && errors[1] < 0.4 * errors[0], "\(teacher): \(errors)")
            }
        }
    }

    /// What the identity does not cover: on fresh samples the fit of the memorising denoiser is another one.
    @Test func onHeldOutInputsTheFitOfMemoryIsNotTheWienerFilter() throws {
        var parameters = LinearDistillation.defaults
        parameters.inputs = .heldOut
        let memory = try LinearDistillation.run(parameters, in: context(3, 1))
        parameters.teacher = .generalising
        let generalising = try LinearDistillation.run(parameters, in: context(3, 1))
        #expect(memory.distillationError > 3 * generalising.distillationError)
        #expect(memory.gapToWiener > generalising.gapToWiener)
        #expect(memory.gapToMemory == 0 && generalising.gapToMemory > 0)
    }

    /// Oracle 7: affine denoisers have the score 1, and that of a posterior mean of several components is lower.
    @Test func oracle7TheLinearityScoreOfAnAffineDenoiserIsOne() throws {
        var random = stream("weights", 6, 1)
        let denoiser = AffineDenoiser(
            weights: Matrix.normal(rows: 6, columns: 6, using: &random),
            centre: Matrix.normal(rows: 6, columns: 1, using: &random),
            target: Matrix.normal(rows: 6, columns: 1, using: &random))
        let first = Matrix<Double>.normal(rows: 6, columns: 300, using: &random)
        let second = Matrix<Double>.normal(rows: 6, columns: 300, using: &random)
        let score = DenoiserMetrics.linearityScore(of: denoiser.denoised, first: first, second: second)
        #expect(abs(score - 1) < 1e-12)
        let squares: Denoiser = { noisy in Matrix(rows: 6, columns: 300) { noisy[$0, $1] * noisy[$0, $1] } }
        #expect(try DenoiserMetrics.linearityScore(of: squares, first: first, second: second) < 0.8)
        var parameters = LinearDistillation.defaults
        parameters.teacher = .generalising
        #expect(try LinearDistillation.run(parameters, in: context(3, 1)).linearityScore < 0.95)
    }

    /// Oracle 8: no affine denoiser can tell samples from a Gaussian surrogate of the same mean and covariance.
    @Test func oracle8AffineDenoisersHaveOneLossOnDataAndOnTheirGaussianSurrogate() throws {
        let (samples, moments) = try skewedSamples(500)
        // Normal samples with exactly the moments of the others: whitened by their own, coloured by those.
        var random = stream("surrogate", 6, 1)
        let normals = Matrix<Double>.normal(rows: 6, columns: 700, using: &random)
        let own = SampleMoments(of: normals)
        let whitening = try own.covariance.symmetricEigendecomposition().rebuilt { 1 / $0.squareRoot() }
        let colouring = try moments.covariance.symmetricEigendecomposition().rebuilt { $0.squareRoot() }
        let surrogate = (colouring * (whitening * normals.subtracting(column: own.mean))).adding(column: moments.mean)
        for _ in 0..<5 {
            let denoiser = AffineDenoiser(
                weights: Matrix.normal(rows: 6, columns: 6, using: &random),
                centre: Matrix.normal(rows: 6, columns: 1, using: &random),
                target: Matrix.normal(rows: 6, columns: 1, using: &random))
            let losses = [samples, surrogate].map {
                (denoiser.denoised($0) - $0).squaredNorm / Double($0.columns) + 0.49 * denoiser.weights.squaredNorm
            }
            #expect(abs(losses[0] - losses[1]) < 1e-9 * losses[0])
        }
        // A denoiser that is not affine can: its loss depends on the third and fourth moments.
        let cubes = [samples, surrogate].map { data in
            data.elements.reduce(0) { $0 + pow($1 - 0.1 * $1 * $1 * $1, 2) } / Double(data.columns)
        }
        #expect(abs(cubes[0] - cubes[1]) > 1e-2 * cubes[0])
    }

    @Test func blockwisePosteriorMeansAreThoseOfSinglePoints() throws {
        let mixture = try PosteriorMeanTests.mixtures()
        var random = stream("points", 9, 1)
        for mixture in mixture {
            let samples = mixture.samples(12, using: &random)
            let noisy = samples.observed(noise: 0.7, using: &random)
            let training = EmpiricalDistribution(samples: samples)
            for level in PosteriorMeanTests.levels {
                let (all, remembered) = (
                    mixture.posteriorMeans(of: noisy, at: level), training.posteriorMeans(of: noisy, at: level)
                )
                for index in 0..<12 {
                    let point = noisy.columns(index..<index + 1)
                    let single = mixture.posteriorMean(of: point, at: level)
                    #expect((all.columns(index..<index + 1) - single).norm < 1e-10)
                    let memory = training.posteriorMean(of: point, at: level)
                    #expect((remembered.columns(index..<index + 1) - memory).norm < 1e-9)
                }
            }
        }
    }

    @Test func impossibleParametersAreRefusedByName() {
        var parameters = LinearDistillation.defaults
        #expect(LinearDistillation.problems(with: parameters) == [])
        (parameters.intrinsicDimension, parameters.inputCount) = (9, 24)
        let problems = LinearDistillation.problems(with: parameters)
        #expect(problems.count == 2)
        #expect(problems[0].contains("components * intrinsicDimension"))
        #expect(problems[1].contains("inputCount"))
        parameters.inputCount = 10_000_000
        #expect(LinearDistillation.problems(with: parameters).last?.contains("lower inputCount") == true)
    }

    /// Samples with a mean, correlations and a third moment.
    private func skewedSamples(_ count: Int) throws -> (samples: Matrix<Double>, moments: SampleMoments) {
        var random = stream("skewed", 6, 1)
        let mixing = Matrix<Double>.normal(rows: 6, columns: 6, using: &random)
        let normals = Matrix<Double>.normal(rows: 6, columns: count, using: &random)
        let samples = mixing * Matrix(rows: 6, columns: count) { exp(0.7 * normals[$0, $1]) }
        return (samples, SampleMoments(of: samples))
    }
}
