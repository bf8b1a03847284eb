import Foundation
import LinearAlgebra
import SweepGrid
import Testing

@testable import Diffusion

@Suite struct DenoiserJacobianTests {
    /// The exact Jacobian against central differences of the posterior mean, for equal and unequal components.
    @Test(arguments: PosteriorMeanTests.levels)
    func theJacobianIsThatOfFiniteDifferences(level: NoiseLevel) throws {
        for mixture in try PosteriorMeanTests.mixtures() {
            var random = stream("points", 9, 1)
            let clean = mixture.samples(5, using: &random)
            let noisy = (level.signal * clean).observed(noise: level.deviation, using: &random)
            for index in 0..<5 {
                let point = noisy.columns(index..<index + 1)
                let jacobian = mixture.posteriorJacobian(of: point, at: level)
                let step = 1e-5 * level.deviation
                for column in 0..<9 {
                    var (above, below) = (point, point)
                    above[column, 0] += step
                    below[column, 0] -= step
                    let slope =
                        (1 / (2 * step))
                        * (mixture.posteriorMean(of: above, at: level) - mixture.posteriorMean(of: below, at: level))
                    #expect((slope - jacobian.columns(column..<column + 1)).norm < 1e-6 * max(1, jacobian.norm))
                }
                #expect((jacobian - jacobian.transposed).norm < 1e-12 * jacobian.norm)
            }
        }
    }

    /// Its largest singular value by power iteration on products with the Jacobian alone, as a network would allow.
    @Test func powerIterationOnDirectionalDerivativesFindsTheLeadingSingularValue() throws {
        let mixture = try PosteriorMeanTests.mixtures()[1]
        var random = stream("points", 9, 2)
        let point = mixture.samples(1, using: &random).observed(noise: 0.7, using: &random)
        let level = NoiseLevel(deviation: 0.7)
        let expected = try mixture.posteriorJacobian(of: point, at: level).singularValueDecomposition().values[0]
        var vector = Matrix<Double>.normal(rows: 9, columns: 1, using: &random)
        var value = 0.0
        for _ in 0..<300 {
            vector = (1 / vector.norm) * vector
            let slope =
                5e4
                * (mixture.posteriorMean(of: point + 1e-5 * vector, at: level)
                    - mixture.posteriorMean(of: point - 1e-5 * vector, at: level))
            value = slope.norm
            vector = slope
        }
        #expect(abs(value - expected) < 1e-5)
    }

    @Test func theNumericalRankOfEqualValuesFollowsItsRule() {
        for count in 1...60 {
            let rank = NumericalRank.of(Array(repeating: 3, count: count))
            #expect(rank == min(count, Int(0.9801 * Double(count)) + 1))
        }
        #expect(NumericalRank.of([1, 0.01, 0.001]) == 1)
        #expect(NumericalRank.of([1, 1, 1e-3]) == 2)
        #expect(NumericalRank.of([0, 0]) == 0)
    }

    /// The rank falls from that of all subspaces to that of one, and the singular vectors then span it.
    @Test(arguments: [(1, 5), (2, 7), (3, 7)])
    func theRankGoesFromAllSubspacesToOne(components: Int, dimension: Int) throws {
        var parameters = DenoiserJacobian.defaults
        (parameters.components, parameters.intrinsicDimension) = (components, dimension)
        for trial in 0..<5 as Range<UInt64> {
            let measured = try DenoiserJacobian.run(parameters, in: context(dimension, trial))
            #expect(measured.rankFraction.count == 18)
            #expect(abs(measured.rankFraction[0] - parameters.jointRank) < 1e-12)
            #expect(abs(measured.rankFraction[17] - parameters.singleRank) < 1e-12)
            let dominated = zip(measured.dominantWeight, measured.subspaceOverlap).filter { $0.0 >= 0.99 }.map(\.1)
            #expect(measured.dominantOverlap >= 0.99)
            #expect(measured.dominantOverlap == dominated.min())
            #expect(measured.dominantWeight[17] > 1 - 1e-9)
        }
    }

    /// An edit along a singular vector changes the latent alone, has the vector's direction, and transfers; at high noise,
    /// where components are not told apart, it does not.
    @Test func editsChangeTheLatentAloneAndTransfer() throws {
        for trial in 0..<5 as Range<UInt64> {
            let measured = try DenoiserJacobian.run(DenoiserJacobian.defaults, in: context(7, trial))
            #expect(measured.editOutside < 0.01)
            #expect(measured.editAlignment > 0.99)
            #expect(measured.editTransfer > 0.99)
            // A random direction has the share d / n of its square in the subspace.
            #expect(measured.randomEffect < 0.8)
        }
        var parameters = DenoiserJacobian.defaults
        parameters.editDeviation = 20
        let control = try (0..<5 as Range<UInt64>).map { try DenoiserJacobian.run(parameters, in: context(7, $0)) }
        #expect(control.contains { $0.editOutside > 0.1 })
    }

    /// Pictures turn samples into images without changing lengths, the first subspace into the smoothest patterns.
    @Test(arguments: [30, 48, 60]) func aPictureFrameTurnsTheFirstSubspaceIntoTheSmoothestPatterns(ambient: Int) throws
    {
        var random = stream("points", ambient, 3)
        let mixture = try LowRankGaussianMixture.random(
            ambientDimension: ambient, intrinsicDimension: 5, components: 2, using: &random)
        let frame = try PictureFrame(of: mixture, using: &random)
        let patterns = PictureFrame.cosinePatterns()
        let product = Matrix.product(patterns, patterns, transposing: .first)
        #expect((product - .identity(PictureFrame.pixelCount)).norm < 1e-12)
        let samples = mixture.samples(4, using: &random)
        for index in 0..<4 {
            let sample = samples.columns(index..<index + 1)
            let image = Matrix(rows: 48, columns: 1, columnMajor: frame.pixels(of: sample))
            let smooth = patterns.columns(5 * (index % 2)..<5 * (index % 2) + 5)
            let part = Matrix.product(smooth, image, transposing: .first)
            #expect(abs(part.norm - sample.norm) < 1e-12 && abs(image.norm - sample.norm) < 1e-12)
        }
        let any = Matrix<Double>.normal(rows: ambient, columns: 1, using: &random)
        let image = Matrix(rows: 48, columns: 1, columnMajor: frame.pixels(of: any))
        #expect(ambient > 48 ? image.norm < any.norm : abs(image.norm - any.norm) < 1e-12)
    }

    /// Rows of singular vectors change both samples by the edit itself, the random direction's by little of it.
    @Test func editPicturesShowTheEditTheSamplesAndTheirChanges() throws {
        var parameters = DenoiserJacobian.defaults
        (parameters.editDeviation, parameters.editLength) = (0.05, 0.3)
        let measured = try DenoiserJacobian.run(parameters, in: context(7, 1))
        let pictures = (0..<44).map { index in
            Matrix(rows: 48, columns: 1, columnMajor: Array(measured.editPictures[48 * index..<48 * (index + 1)]))
        }
        #expect(measured.editPictures.count == EditPictures.coordinates.count && measured.editPictures.count == 44 * 48)
        #expect(EditPictures.coordinates[11 * 48 + 2 * 48 + 5] == 10_205)
        #expect(EditPictures.coordinates.last == 31_047)
        for row in 0..<4 {
            let edit = pictures[11 * row]
            #expect(abs(edit.norm - 1.8) < 1e-9)
            for sample in 0..<2 {
                let shown = pictures[11 * row + 1 + 5 * sample..<11 * row + 6 + 5 * sample].map { $0 }
                #expect(shown[2] == pictures[3 + 5 * sample])
                for (step, change) in zip(EditPictures.steps, shown) where step != 0 {
                    if row < 3 {
                        #expect((change - (step / 6) * edit).norm < 0.02 * edit.norm)
                    } else {
                        #expect(change.norm < 0.6 * abs(step / 6) * edit.norm)
                    }
                }
            }
            #expect((pictures[3] - pictures[8]).norm > 0.5)
        }
    }

    /// With fewer dimensions than rows the rows that are left over have no edit, and nothing that changes.
    @Test func rowsWithoutASingularVectorShowTheSamplesAlone() throws {
        var parameters = DenoiserJacobian.defaults
        parameters.intrinsicDimension = 2
        let measured = try DenoiserJacobian.run(parameters, in: context(2, 1))
        let isBlank = (0..<44).map { measured.editPictures[48 * $0..<48 * ($0 + 1)].allSatisfy(\.isNaN) }
        let isKnown = (0..<44).map { measured.editPictures[48 * $0..<48 * ($0 + 1)].allSatisfy(\.isFinite) }
        let left = Set(22..<33).subtracting([25, 30])
        #expect(Set(isBlank.indices.filter { isBlank[$0] }) == left)
        #expect(Set(isKnown.indices.filter { isKnown[$0] }) == Set(0..<44).subtracting(left))
    }

    @Test func subspacesThatDoNotFitAreRefused() {
        var parameters = DenoiserJacobian.defaults
        #expect(DenoiserJacobian.problems(with: parameters) == [])
        parameters.intrinsicDimension = 17
        #expect(DenoiserJacobian.problems(with: parameters).first?.contains("intrinsicDimension") == true)
    }
}
