import Foundation
import LinearAlgebra
import SweepGrid
import Testing

@testable import Diffusion

@Suite struct SoftmaxDenoiserTrainingTests {
    /// The gradient through the softmax against central differences of the loss by its definition, in double precision.
    ///
    /// The levels reach from nearly hard to soft weights, so that both of its parts count.
    @Test(arguments: [1, 2, 3])
    func theGradientIsThatOfFiniteDifferences(components: Int) throws {
        var training = try training(components: components, levels: NoiseLevels(from: 0.3, to: 3))
        training.drawBatch()
        training.computeGradient()
        let bases = training.bases
        #expect(abs(training.loss - training.batchLoss(at: bases)) < 1e-12)
        let dimension = bases[0].columns
        for component in 0..<components {
            let gradient = training.gradient.columns(component * dimension..<(component + 1) * dimension)
            #expect(Matrix.product(bases[component], gradient, transposing: .first).norm < 1e-12)
            for trial in 0..<4 as Range<UInt64> {
                var noise = stream("direction", component, trial)
                var direction = Matrix<Double>.normal(rows: bases[0].rows, columns: dimension, using: &noise)
                direction =
                    direction - bases[component]
                    * Matrix.product(bases[component], direction, transposing: .first)
                let step = 1e-5
                let losses = try [step, -step].map { step in
                    var moved = bases
                    moved[component] = try (bases[component] + step * direction).qrDecomposition().orthonormal
                    return training.batchLoss(at: moved)
                }
                let slope = (losses[0] - losses[1]) / (2 * step)
                let expected = zip(gradient.elements, direction.elements).reduce(0) { $0 + $1.0 * $1.1 }
                #expect(abs(slope - expected) < 1e-8)
            }
        }
    }

    /// Negative control: with the weights of the softmax held fast the slope of the loss is another one.
    @Test func theSoftmaxTakesPartInTheGradient() throws {
        var training = try training(components: 2, levels: NoiseLevels(from: 0.5, to: 2))
        training.drawBatch()
        training.computeGradient()
        let bases = training.bases
        let gradient = training.gradient.columns(0..<2)
        let direction = (1 / gradient.norm) * gradient
        func slope(weightsAt frozen: [Matrix<Double>]?) throws -> Double {
            let losses = try [1e-5, -1e-5].map { step in
                let moved = try (bases[0] + step * direction).qrDecomposition().orthonormal
                return training.batchLoss(at: [moved, bases[1]], weightsAt: frozen)
            }
            return (losses[0] - losses[1]) / 2e-5
        }
        #expect(abs(try slope(weightsAt: nil) - gradient.norm) < 1e-8)
        #expect(abs(try slope(weightsAt: bases) - gradient.norm) > 1e-3)
    }

    /// One component has no softmax: the step is that of the training for a single component.
    @Test func withOneComponentItIsTheTrainingOfTheSingleDenoiser() throws {
        let (samples, _) = try lowRankSamples(ambient: 12, dimension: 3, count: 5, trial: 1)
        let start = try randomFrame(ambient: 12, dimension: 3, trial: 1)
        let levels = NoiseLevels(from: 0.02, to: 0.2)
        let streams = LowRankDenoiserTraining<Double>.Streams(
            noise: stream("noise", 3, 1), levels: stream("levels", 3, 1))
        var softmax = SoftmaxDenoiserTraining<Double>(
            samples: samples, starts: [start], draws: 4, levels: levels, streams: streams)
        var single = LowRankDenoiserTraining<Double>(
            samples: samples, start: start, draws: 4, levels: levels, streams: streams)
        for _ in 0..<20 {
            try softmax.step(rate: 0.01)
            try single.step(rate: 0.01)
        }
        #expect((softmax.frame - single.frame).norm < 1e-10)
    }

    @Test func theExponentialIsExactToRounding() {
        for step in 0...2_000 {
            let x = -Double(step) * 0.0433
            #expect(abs(exponential(ofNegative: x) - exp(x)) <= 4e-15 * exp(x))
            let single = Float(x)
            #expect(abs(exponential(ofNegative: single) - exp(single)) <= 1e-6 * exp(single))
        }
        #expect(exponential(ofNegative: -1_000.0) == 0)
        #expect(exponential(ofNegative: Double.nan).isNaN)
        #expect(softmax([1_000.0, 1_000, -1_000]) == [0.5, 0.5, 0])
    }

    @Test func theRetractionLeavesTheAnglesBetweenBlocksAlone() throws {
        var noise = stream("noise", 6, 1)
        var frame = Matrix<Double>.normal(rows: 10, columns: 6, using: &noise)
        let expected = try (0..<3).map { try frame.columns(2 * $0..<2 * $0 + 2).qrDecomposition().orthonormal }
        var gram = Matrix<Double>(rows: 6, columns: 6)
        try Retraction.qr(&frame, gram: &gram, blocks: 3)
        for block in 0..<3 { #expect((frame.columns(2 * block..<2 * block + 2) - expected[block]).norm < 1e-12) }
    }

    private func training(components: Int, levels: NoiseLevels) throws -> SoftmaxDenoiserTraining<Double> {
        var subspaces = stream("subspaces", 2, 1)
        var samples = stream("samples", 2, 1)
        let mixture = try LowRankGaussianMixture.random(
            ambientDimension: 9, intrinsicDimension: 2, components: 3, using: &subspaces)
        let starts = try (0..<components).map { try randomFrame(ambient: 9, dimension: 2, trial: UInt64($0)) }
        return SoftmaxDenoiserTraining(
            samples: mixture.samples(7, using: &samples), starts: starts, draws: 3, levels: levels,
            streams: .init(noise: stream("noise", 2, 1), levels: stream("levels", 2, 1)))
    }
}
