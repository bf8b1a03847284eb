import Foundation
import LinearAlgebra
import SweepGrid
import Testing

@testable import Diffusion

/// The model's moments, and the training's mean step against the loss as a function of one projection.
@Suite struct MixedCumulantModelTests {
    // MARK: Oracle 12

    @Test func oracle12SamplesHaveTheCovarianceAndTheFourthCumulantOfTheModel() {
        let model = MixedCumulantModel(covarianceStrength: 2, cumulantStrength: 10)
        let (u, v, z) = projections(.independent, count: 400_000, covarianceStrength: 2)
        let tolerance = 5 / Double(u.count).squareRoot()
        #expect(abs(mean(u, u) - 3) < 3 * 1.5 * tolerance)
        #expect(abs(mean(v, v) - 1) < tolerance && abs(mean(z, z) - 1) < 1.5 * tolerance)
        #expect(abs(mean(u, v)) < 2 * tolerance && abs(mean(u, z)) < 2 * tolerance && abs(mean(v, z)) < tolerance)
        let fourth = v.reduce(0) { $0 + $1 * $1 * $1 * $1 } / Double(v.count) - 3 * mean(v, v) * mean(v, v)
        #expect(abs(model.fourthCumulant + 2 * 100 / 121) < 1e-15)
        #expect(abs(fourth - model.fourthCumulant) < 6 * (24 / Double(v.count)).squareRoot())
    }

    @Test func oracle12WhiteningUndoesTheVarianceOfTheCumulantSpike() {
        let model = MixedCumulantModel(covarianceStrength: 0, cumulantStrength: 10)
        #expect(abs(model.whitening * model.whitening * 11 - 1) < 1e-15)
    }

    @Test func oracle12CorrelatedLatentsShowInTheCovariance() {
        let (u, v, _) = projections(.correlated, count: 200_000, covarianceStrength: 1)
        #expect(abs(mean(u, v) - (2 / Double.pi).squareRoot() * (10.0 / 11).squareRoot()) < 0.015)
    }

    // MARK: Oracle 13

    /// G_k of the loss as a function of y = w . x, with the numbers of the specification.
    @Test(arguments: [
        (1.0, 0.5.squareRoot(), -1.350, 1.372), (1, 0.5, -3.271, 3.678), (1, 0.9, -0.148, -0.071),
        (0.5, 0.5.squareRoot(), -0.766, 0.857),
    ])
    func oracle13HermiteCoefficientsOfTheLossAreThoseOfTheTable(
        amplitude: Double, signal: Double, second: Double, fourth: Double
    ) {
        let loss = Contrast(signal: signal, amplitude: amplitude)
        let h2 = { (y: Double) in y * y - 1 }
        let h3 = { (y: Double) in y * y * y - 3 * y }
        let h4 = { (y: Double) in y * y * y * y - 6 * y * y + 3 }
        #expect(abs(expectation { loss.value($0) * h2($0) } - second) < 6e-4)
        #expect(abs(expectation { loss.value($0) * h4($0) } - fourth) < 6e-4)
        // The same without the derivative of tanh, which Gaussian integration by parts removes.
        let a = (1 - signal * signal) / signal
        let parts = expectation {
            let phi = amplitude * hyperbolicTangent($0)
            return phi * phi * h4($0) - 8 * a * phi * h3($0)
        }
        #expect(abs(expectation { loss.value($0) * h4($0) } - parts) < 1e-9)
        let square = expectation { amplitude * amplitude * hyperbolicTangent($0) * hyperbolicTangent($0) }
        #expect(abs(expectation(loss.value) - square) < 1e-9)
    }

    /// The mean step of both engines' kernels is the slope of that loss: along u for the covariance, along v for the cumulant.
    @Test(arguments: [CumulantRecovery.Panel.covariance, .cumulant])
    func oracle13TheMeanStepIsTheSlopeOfTheLoss(panel: CumulantRecovery.Panel) {
        let signal = 0.5.squareRoot()
        let contrast = Contrast(signal: signal, amplitude: 1)
        /// The loss when w has this overlap with the panel's direction.
        func loss(_ overlap: Double) -> Double {
            let part = signal * signal * overlap * overlap
            switch panel {
            case .covariance: return expectation(deviation: (1 + part).squareRoot(), contrast.value)
            default:
                let shift = (part * 10 / 11).squareRoot()
                return expectation(mean: shift, deviation: (1 - part + part / 11).squareRoot(), contrast.value)
            }
        }
        let overlap = 0.6
        let slope = (loss(overlap + 1e-4) - loss(overlap - 1e-4)) / 2e-4

        var parameters = CumulantRecoveryTests.parameters(panel, dimension: 20, samples: 1)
        parameters.rateLaw = .dimension
        parameters.rateFactor = 20e-9
        let steps = 200_000
        let start = panel == .covariance ? [overlap, 0, 0.8] : [0, overlap, 0.8]
        var current = start
        var components = stream("components", 20, 1)
        var normals = [Float](repeating: 0, count: 8 * steps)
        normals.withUnsafeMutableBufferPointer { components.fillNormals($0) }
        var lengths = [Double](repeating: 0, count: steps)
        ChiSquares(degrees: 17, streams: (1...4).map { RandomStream(key: 1, highCounter: $0) }).fill(&lengths, from: 0)
        _ = parameters.kernel.step(&current, normals: normals, chiSquares: lengths, rows: 0..<steps)
        let direction = panel == .covariance ? 0 : 1
        let drift = (current[direction] - start[direction]) / (1e-9 * Double(steps))
        #expect(abs(drift + (1 - overlap * overlap) * slope) < 0.008, "drift \(drift), slope \(slope)")
        #expect(abs(drift) > 0.012)
    }

    // MARK: Helpers

    /// `phi^2 - 2 A (y phi - phi')` with A the noise variance over the signal amplitude: the loss given y, up to a constant.
    struct Contrast {
        let signal, amplitude: Double

        func value(_ y: Double) -> Double {
            let t = hyperbolicTangent(y)
            let phi = amplitude * t
            return phi * phi - 2 * (1 - signal * signal) / signal * (y * phi - amplitude * (1 - t * t))
        }
    }

    /// The mean of a function of a normal variate by the trapezoidal rule, which converges faster than any power.
    private func expectation(mean: Double = 0, deviation: Double = 1, _ function: (Double) -> Double) -> Double {
        (-1_200...1_200).reduce(0) { sum, index in
            let x = Double(index) * 0.01
            return sum + 0.01 * exp(-x * x / 2) / (2 * Double.pi).squareRoot() * function(mean + deviation * x)
        }
    }

    private func mean(_ a: [Double], _ b: [Double]) -> Double {
        zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } / Double(a.count)
    }

    /// The components of clean samples along u, v and another coordinate.
    private func projections(
        _ panel: CumulantRecovery.Panel, count: Int, covarianceStrength: Double
    ) -> (u: [Double], v: [Double], other: [Double]) {
        var parameters = CumulantRecoveryTests.parameters(panel, dimension: 16, samples: 1)
        parameters.covarianceStrength = covarianceStrength
        var rows = [Float](repeating: 0, count: 3 * count)
        var latents = [Float](repeating: 0, count: 2 * count)
        var sampleStream = stream("samples", 3, 1)
        var latentStream = stream("latents", 3, 1)
        rows.withUnsafeMutableBufferPointer { sampleStream.fillNormals($0) }
        latents.withUnsafeMutableBufferPointer { latentStream.fillNormals($0) }
        parameters.kernel.addSpikes(to: &rows, width: 3, latents: latents)
        let column = { (index: Int) in stride(from: index, to: rows.count, by: 3).map { Double(rows[$0]) } }
        return (column(0), column(1), column(2))
    }
}
