import Diffusion
import Foundation
import LinearAlgebra
import SweepGrid
import Testing

@Suite struct SamplerTests {
    let gaussian = DiagonalGaussian(mean: [0.5, -1, 0], variances: [4, 0.25, 0.01])

    /// Oracle 5: the closed form solves the equation, checked by its derivative.
    @Test func oracle5TheClosedFormSolvesTheProbabilityFlow() {
        let start = Matrix<Double>(rows: 3, columns: 1, columnMajor: [30, -20, 10])
        for deviation in [0.01, 0.3, 2.0, 40] {
            let h = 1e-5 * deviation
            let (up, down) = (
                gaussian.flow(start, from: 80, to: deviation + h), gaussian.flow(start, from: 80, to: deviation - h)
            )
            let here = gaussian.flow(start, from: 80, to: deviation)
            let slope = (1 / deviation) * (here - gaussian.denoised(here, deviation: deviation))
            #expect(((1 / (2 * h)) * (up - down) - slope).norm < 1e-6 * (1 + slope.norm))
        }
    }

    /// Oracle 5: Euler's error halves and Heun's quarters with the step.
    @Test func oracle5TheSolversConvergeToTheClosedFormAtTheirOrders() {
        let start = Matrix<Double>(rows: 3, columns: 2, columnMajor: [80, -40, 10, 3, 5, -7])
        for (order, factor) in [(ProbabilityFlow.Order.euler, 2.0), (.heun, 4)] {
            let errors = [200, 400].map { count in
                // Down to a positive deviation: the last step to 0 is of first order for both.
                let deviations = Array(NoiseLevel.karrasSteps(count: count, to: 0.05).dropLast())
                let solver = ProbabilityFlow(order: order, deviations: deviations)
                let found = solver.run(from: start) { gaussian.denoised($0, deviation: $1) }
                return (found - gaussian.flow(start, from: 80, to: 0.05)).norm
            }
            #expect(abs(errors[0] / errors[1] / factor - 1) < 0.1, "\(order): \(errors)")
        }
        let samples = ProbabilityFlow().run(from: start) { gaussian.denoised($0, deviation: $1) }
        #expect((samples - gaussian.flow(start, from: 80, to: 0)).norm < 0.1)
    }

    @Test func theKarrasStepsAreThePublishedTenLevels() {
        let published = [80, 42.415, 21.108, 9.723, 4.06, 1.501, 0.469, 0.116, 0.020, 0.002]
        let steps = NoiseLevel.karrasSteps(count: 10)
        #expect(steps.count == 11 && steps[10] == 0)
        // The published levels are cut to three decimals or fewer.
        for (step, value) in zip(steps, published) { #expect(abs(step - value) < 0.001 + 2e-3 * value) }
    }

    @Test(arguments: [0.001, 0.1, 1, 5])
    func theParametrisationsConvertIntoOneAnother(time: Double) {
        let level = OrnsteinUhlenbeck.level(at: time)
        #expect(abs(level.signal * level.signal + level.deviation * level.deviation - 1) < 1e-14)
        let sigma = level.rescaledToUnitSignal.deviation
        #expect(abs(sigma - (exp(2 * time) - 1).squareRoot()) < 1e-12 * sigma)
        #expect(abs(OrnsteinUhlenbeck.time(ofRatio: sigma) - time) < 1e-13)
        #expect(abs(OrnsteinUhlenbeck.time(ofCumulativeAlpha: level.signal * level.signal) - time) < 1e-13)
        let back = NoiseLevel(deviation: sigma).rescaledToUnitPower
        #expect(abs(back.signal - level.signal) < 1e-14 && abs(back.deviation - level.deviation) < 1e-14)
    }

    /// The backward equation ends in the mixture: moments of both coordinates' sum and difference.
    @Test func theBackwardDiffusionEndsInItsDistribution() {
        let pair = GaussianPair(dimension: 2, separation: 2, deviation: 0.5)
        var noise = stream("noise", 2, 1)
        let start = Matrix<Double>.normal(rows: 2, columns: 3_000, using: &noise)
        let samples = BackwardDiffusion(start: 6, step: 0.02, count: 300).run(from: start, using: &noise) {
            pair.score(of: $0, at: $1)
        }
        let folded = (0..<3_000).map { abs(samples[0, $0] + samples[1, $0]) / 2 }
        let differences = (0..<3_000).map { samples[0, $0] - samples[1, $0] }
        let mean = folded.reduce(0, +) / 3_000
        let spread = differences.reduce(0.0) { $0 + $1 * $1 } / 3_000
        let positive = (0..<3_000).count { samples[0, $0] > 0 }
        #expect(abs(mean - 2) < 0.05 && abs(spread - 0.5) < 0.08, "\(mean), \(spread)")
        #expect(abs(positive - 1_500) < 4 * 28)
    }

    /// Oracle 11: the score is the gradient of the logarithmic density.
    @Test(arguments: [0.05, 0.5, 2])
    func oracle11TheScoreOfThePairIsTheGradientOfItsDensity(time: Double) {
        let pair = GaussianPair(dimension: 3, separation: 0.7, deviation: 1.3)
        let point = Matrix<Double>(rows: 3, columns: 1, columnMajor: [0.3, -0.8, 1.1])
        let score = pair.score(of: point, at: time)
        for row in 0..<3 {
            var (up, down) = (point, point)
            up[row, 0] += 1e-5
            down[row, 0] -= 1e-5
            let slope = (pair.logDensity(of: up, at: time) - pair.logDensity(of: down, at: time)) / 2e-5
            #expect(abs(score[row, 0] - slope) < 1e-8)
        }
    }

    /// Negative control of oracle 11: a variance read as a deviation.
    @Test func aVarianceReadAsADeviationIsNotTheGradientOfTheDensity() {
        let (right, misread) = (
            GaussianPair(dimension: 3, deviation: 1.3), GaussianPair(dimension: 3, deviation: 1.3 * 1.3)
        )
        let point = Matrix<Double>(rows: 3, columns: 1, columnMajor: [0.3, -0.8, 1.1])
        #expect((right.score(of: point, at: 0.3) - misread.score(of: point, at: 0.3)).norm > 0.1)
    }

    /// Oracle 11: the empirical posterior mean is the nearest sample at low noise, the mean of all at high noise.
    @Test func oracle11TheEmpiricalDenoiserGoesFromTheNearestSampleToTheMean() {
        var normals = stream("samples", 5, 1)
        let samples = Matrix<Double>.normal(rows: 5, columns: 20, using: &normals)
        let empirical = EmpiricalDistribution(samples: samples)
        let noisy = samples.columns(7..<8) + 0.05 * Matrix.normal(rows: 5, columns: 1, using: &normals)
        let near = empirical.posteriorMean(of: noisy, at: NoiseLevel(deviation: 0.05))
        #expect((near - samples.columns(7..<8)).norm < 1e-9)
        let far = empirical.posteriorMean(of: noisy, at: NoiseLevel(deviation: 1e6))
        let mean = Matrix(rows: 5, columns: 1) { row, _ in (0..<20).reduce(0.0) { $0 + samples[row, $1] } / 20 }
        #expect((far - mean).norm < 1e-9)
        let level = NoiseLevel(signal: 0.8, deviation: 0.6)
        let tweedie = (1 / 0.8) * (noisy + 0.36 * empirical.score(of: noisy, at: level))
        #expect((tweedie - empirical.posteriorMean(of: noisy, at: level)).norm < 1e-13)
    }
}
