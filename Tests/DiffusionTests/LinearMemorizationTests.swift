import Foundation
import LinearAlgebra
import SweepGrid
import Testing

@testable import Diffusion

@Suite struct LinearMemorizationTests {
    /// Oracle 16: gradient descent, step by step, is the formula of the modes.
    @Test(arguments: [1, 2, 7, 100])
    func oracle16TheDescentFollowsTheFormulaOfItsModes(steps: Int) throws {
        var random = stream("samples", 10, 1)
        let samples = Matrix<Double>.normal(rows: 10, columns: 7, using: &random)
        let moment = (1.0 / 7) * Matrix.product(samples, samples, transposing: .second)
        let decomposition = try moment.symmetricEigendecomposition()
        var descent = LinearDescent(moment: moment, noiseVariance: 0.3, rate: 0.08)
        descent.advance(to: steps)
        let expected = decomposition.rebuilt {
            $0 / ($0 + 0.3) * (1 - pow(1 - 0.16 * ($0 + 0.3), Double(steps)))
        }
        #expect((descent.weights - expected).norm < 1e-12)
        #expect(descent.step == steps)
    }

    /// Oracle 16: one step is the gradient of the loss, by central differences.
    @Test func oracle16AStepFollowsTheGradientOfTheLoss() throws {
        var random = stream("samples", 4, 1)
        let samples = Matrix<Double>.normal(rows: 4, columns: 6, using: &random)
        let moment = (1.0 / 6) * Matrix.product(samples, samples, transposing: .second)
        var descent = LinearDescent(moment: moment, noiseVariance: 0.3, rate: 0.05)
        descent.advance(to: 3)
        let before = descent.weights
        descent.advance(to: 4)
        let gradient = -20.0 * (descent.weights - before)
        func loss(_ weights: Matrix<Double>) -> Double {
            4 * LinearDescent.loss(of: weights, moment: moment, noiseVariance: 0.3)
        }
        for row in 0..<4 {
            for column in 0..<4 {
                var (above, below) = (before, before)
                above[row, column] += 1e-5
                below[row, column] -= 1e-5
                #expect(abs((loss(above) - loss(below)) / 2e-5 - gradient[row, column]) < 1e-8)
            }
        }
    }

    @Test(arguments: [0.5, 1, 2])
    func bothEnginesMeasureTheSame(ratio: Double) throws {
        let measured = try LinearMemorization.Engine.allCases.map { try run(20, ratio, 0.1, $0, 1) }
        for (first, second) in zip(
            measured[0].testLosses + measured[0].trainingLosses,
            measured[1].testLosses + measured[1].trainingLosses)
        {
            #expect(abs(first - second) < 1e-10)
        }
        #expect(measured[0].spectrum == measured[1].spectrum)
        #expect(measured[0].gap == measured[0].testLoss - measured[0].trainingLoss)
        #expect(measured[0].testLosses.last == measured[0].testLoss)
    }

    /// Oracle 15 at work: losses of finite samples against the integrals over the Marchenko-Pastur law, all along the training.
    @Test(arguments: [0.25, 0.5, 1, 2, 4])
    func oracle15LossesAreIntegralsOverTheMarchenkoPasturLaw(ratio: Double) throws {
        let trials = 8
        let measured = try (0..<trials).map { try run(128, ratio, 0.1, .modes, UInt64($0)) }
        var parameters = LinearMemorization.defaults
        (parameters.dimension, parameters.sampleRatio, parameters.deviation) = (128, ratio, 0.1)
        for (index, step) in LinearMemorization.recordedSteps(512).enumerated() {
            let theory = parameters.theory.losses(after: step)
            let test = measured.reduce(0) { $0 + $1.testLosses[index] } / Double(trials)
            let training = measured.reduce(0) { $0 + $1.trainingLosses[index] } / Double(trials)
            #expect(abs(test - theory.test) < 0.012, "step \(step): \(test), limit \(theory.test)")
            #expect(abs(training - theory.training) < 0.02, "step \(step): \(training), limit \(theory.training)")
        }
    }

    /// The transition: with little noise the test loss of the end is `1 - N / n` below N = n, and 0 from there on.
    @Test(arguments: [0.1, 0.3, 0.5, 0.9, 1.2, 2, 5])
    func withoutNoiseWhatSamplesDoNotSpanIsNotLearnt(ratio: Double) {
        let theory = LinearDescentTheory(aspectRatio: 1 / ratio, noiseVariance: 1e-10)
        #expect(abs(theory.losses(after: nil).test - max(0, 1 - ratio)) < 1e-6)
        #expect(theory.losses(after: nil).training < 1e-9)
    }

    @Test func theLimitOfManySamplesIsTheWienerFilterOfThePopulation() {
        let losses = LinearDescentTheory(aspectRatio: 1e-6, noiseVariance: 0.25).losses(after: nil)
        #expect(abs(losses.test - 0.25 / 1.25) < 1e-5)
        #expect(abs(losses.training - 0.25 / 1.25) < 1e-5)
    }

    @Test func tooFewOrTooManySamplesAreRefused() {
        var parameters = LinearMemorization.defaults
        #expect(LinearMemorization.problems(with: parameters) == [])
        (parameters.dimension, parameters.sampleRatio) = (4, 0.1)
        #expect(LinearMemorization.problems(with: parameters).count == 1)
        (parameters.dimension, parameters.sampleRatio) = (4_096, 1_000)
        #expect(LinearMemorization.problems(with: parameters).count == 1)
        #expect(LinearMemorization.recordedSteps(10) == [1, 2, 4, 8, 10])
        #expect(LinearMemorization.recordedSteps(1) == [1])
    }

    private func run(
        _ dimension: Int, _ ratio: Double, _ deviation: Double, _ engine: LinearMemorization.Engine, _ trial: UInt64
    ) throws -> LinearMemorization.Measurements {
        var parameters = LinearMemorization.defaults
        (parameters.dimension, parameters.sampleRatio, parameters.deviation) = (dimension, ratio, deviation)
        (parameters.engine, parameters.steps) = (engine, 512)
        return try LinearMemorization.run(parameters, in: context(dimension, trial))
    }
}
