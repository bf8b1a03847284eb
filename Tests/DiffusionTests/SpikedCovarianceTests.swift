import Foundation
import LinearAlgebra
import SweepGrid
import Testing

@testable import Diffusion

@Suite struct SpikedCovarianceTests {
    /// Oracle 15: the edges, the mass, and the first moments of the law: 1, 1 + ratio, 1 + 3 ratio + ratio^2.
    @Test(arguments: [0.1, 0.5, 1, 2, 7])
    func oracle15TheMarchenkoPasturLawHasItsMoments(ratio: Double) {
        let law = MarchenkoPastur(aspectRatio: ratio)
        #expect(abs(law.lowerEdge - pow(1 - ratio.squareRoot(), 2)) < 1e-15)
        #expect(abs(law.upperEdge - pow(1 + ratio.squareRoot(), 2)) < 1e-14)
        #expect(abs(law.mean { _ in 1 } - 1) < 1e-9)
        #expect(abs(law.mean { $0 } - 1) < 1e-9)
        #expect(abs(law.mean { $0 * $0 } - (1 + ratio)) < 1e-9)
        #expect(abs(law.mean { $0 * $0 * $0 } - (1 + 3 * ratio + ratio * ratio)) < 1e-8)
        // The means over the bins sum to the mass away from 0, also where the density diverges at an edge.
        let bulk = BulkHistogram.positions.reduce(0.0) { $0 + BulkHistogram.theory(law, at: $1) / 24 }
        #expect(abs(bulk - (1 - law.massAtZero)) < 1e-4)
    }

    /// Oracle 15: eigenvalues of white noise stay between the edges and fill them with the density of the law.
    @Test(arguments: [0.5, 2.0])
    func oracle15TheSpectrumOfWhiteNoiseIsTheMarchenkoPasturLaw(ratio: Double) throws {
        let trials = 10
        let measured = try (0..<trials).map { try run(200, ratio, 0, UInt64($0)) }
        let law = MarchenkoPastur(aspectRatio: ratio)
        for trial in measured { #expect(abs(trial.largestEigenvalue / law.upperEdge - 1) < 0.08) }
        for (bin, position) in BulkHistogram.positions.enumerated() {
            let mean = measured.reduce(0) { $0 + $1.spectrum[bin] } / Double(trials)
            let centre = BulkHistogram.theory(law, at: position)
            let isEdge = bin < 4 || bin >= BulkHistogram.count - 4
            #expect(abs(mean - centre) < (isEdge ? 0.5 : 0.12), "bin \(bin): \(mean), limit \(centre)")
        }
        let mass = measured[0].spectrum.reduce(0) { $0 + $1 / 24 }
        #expect(abs(mass - (1 - law.massAtZero)) < 0.02)
    }

    /// Oracle 15: overlap and largest eigenvalue on both sides of the threshold, within the fluctuations at this size.
    @Test(arguments: [0.25, 1, 2], [0.5, 1.5, 2, 4])
    func oracle15TheOverlapIsThatOfBaikBenArousAndPeche(ratio: Double, relativeStrength: Double) throws {
        let trials = 16
        let measured = try (0..<trials).map { try run(256, ratio, relativeStrength, UInt64($0)) }
        let theory = SpikedCovarianceTheory(
            aspectRatio: ratio, strength: relativeStrength * ratio.squareRoot())
        let overlap = mean(measured.map(\.overlapSquared))
        let eigenvalue = mean(measured.map(\.largestEigenvalue))
        #expect(abs(overlap.value - theory.overlapSquared) < 4 * overlap.error + 0.03)
        #expect(abs(eigenvalue.value / theory.largestEigenvalue - 1) < 4 * eigenvalue.error + 0.04)
    }

    @Test func theTheoryIsContinuousAtTheThreshold() {
        for ratio in [0.2, 1, 3] {
            let above = SpikedCovarianceTheory(aspectRatio: ratio, strength: ratio.squareRoot() * (1 + 1e-9))
            #expect(above.overlapSquared < 1e-8)
            #expect(abs(above.largestEigenvalue - MarchenkoPastur(aspectRatio: ratio).upperEdge) < 1e-8)
            #expect(SpikedCovarianceTheory(aspectRatio: ratio, strength: 1e9).overlapSquared > 1 - 1e-8)
        }
    }

    /// Wide and tall samples take different ways to the same eigenvector: the overlap of a tall one against power iteration.
    @Test func theLeadingEigenvectorIsThatOfTheSampleCovariance() throws {
        for ratio in [0.5, 3.0] {
            var parameters = SpikedCovariance.defaults
            (parameters.dimension, parameters.aspectRatio, parameters.relativeStrength) = (30, ratio, 3)
            var noise = stream("noise", 30, 1)
            let stretch = (1 + parameters.theory.strength).squareRoot()
            let normals = Matrix<Double>.normal(rows: 30, columns: parameters.sampleCount, using: &noise)
            let samples = Matrix<Double>(rows: 30, columns: parameters.sampleCount) {
                normals[$0, $1] * ($0 == 0 ? stretch : 1)
            }
            let moment = Matrix.product(samples, samples, transposing: .second)
            var vector = Matrix<Double>(rows: 30, columns: 1) { row, _ in row == 0 ? 1 : 0.01 }
            for _ in 0..<3_000 {
                vector = moment * vector
                vector = (1 / vector.norm) * vector
            }
            let measured = try SpikedCovariance.run(parameters, in: context(30, 1))
            #expect(abs(measured.overlapSquared - vector[0, 0] * vector[0, 0]) < 1e-8)
            let largest = (moment * vector).norm / Double(parameters.sampleCount)
            #expect(abs(measured.largestEigenvalue - largest) < 1e-8)
        }
    }

    @Test func tooFewOrTooManySamplesAreRefused() {
        var parameters = SpikedCovariance.defaults
        #expect(SpikedCovariance.problems(with: parameters) == [])
        (parameters.dimension, parameters.aspectRatio) = (2, 10)
        #expect(SpikedCovariance.problems(with: parameters).count == 1)
        (parameters.dimension, parameters.aspectRatio) = (8_192, 0.001)
        #expect(SpikedCovariance.problems(with: parameters).count == 1)
    }

    private func run(
        _ dimension: Int, _ ratio: Double, _ relativeStrength: Double, _ trial: UInt64
    ) throws -> SpikedCovariance.Measurements {
        var parameters = SpikedCovariance.defaults
        (parameters.dimension, parameters.aspectRatio) = (dimension, ratio)
        parameters.relativeStrength = relativeStrength
        return try SpikedCovariance.run(parameters, in: context(dimension, trial))
    }

    private func mean(_ values: [Double]) -> (value: Double, error: Double) {
        let mean = values.reduce(0, +) / Double(values.count)
        let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1)
        return (mean, (variance / Double(values.count)).squareRoot())
    }
}
