import LinearAlgebra
import SweepGrid
import Testing

@testable import Diffusion

@Suite struct ExpectedDenoisingLossTests {
    @Test func noiseLevelsAreEvenlySpacedInTheLogarithm() {
        let levels = NoiseLevels(from: 0.02, to: 0.2)
        #expect(levels.deviations.count == NoiseLevels.count)
        let ratios = zip(levels.deviations, levels.deviations.dropFirst()).map { $1 / $0 }
        #expect(ratios.allSatisfy { abs($0 - ratios[0]) < 1e-12 })
        #expect(abs(levels.deviations[0] / 0.02 - ratios[0].squareRoot()) < 1e-12)
        #expect(abs(0.2 / levels.deviations[1_023] - ratios[0].squareRoot()) < 1e-12)
        #expect(NoiseLevels.index(of: 0) == 0 && NoiseLevels.index(of: .max) == 1_023)
    }

    /// The closed form is the average of the loss by its definition over batches of the stochastic training.
    @Test func theClosedFormIsTheAverageOverTheNoise() throws {
        let levels = NoiseLevels(from: 0.1, to: 2)
        let samples = try lowRankSamples(ambient: 10, dimension: 3, count: 4, trial: 1).samples
        let frame = try randomFrame(ambient: 10, dimension: 3, trial: 1)
        var training = LowRankDenoiserTraining<Double>(
            samples: samples, start: frame, draws: 250, levels: levels,
            streams: .init(noise: stream("noise", 3, 1), levels: stream("levels", 3, 1)))
        var losses: [Double] = []
        for _ in 0..<20 {
            training.drawBatch()
            losses.append(training.batchLoss(at: frame))
        }
        let mean = losses.reduce(0, +) / 20
        let variance = losses.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 19
        let expected = ExpectedDenoisingLoss(samples: samples, levels: levels).value(at: frame)
        #expect(abs(mean - expected) < 5 * (variance / 20).squareRoot())
        #expect(variance.squareRoot() < 0.05 * expected)
    }

    @Test func theGradientIsThatOfFiniteDifferences() throws {
        let loss = ExpectedDenoisingLoss(
            samples: try lowRankSamples(ambient: 12, dimension: 3, count: 7, trial: 2).samples,
            levels: SubspaceTraining.levels)
        let frame = try randomFrame(ambient: 12, dimension: 3, trial: 2)
        let gradient = loss.gradient(at: frame)
        #expect(Matrix.product(frame, gradient, transposing: .first).norm < 1e-12)
        for trial in 3..<6 as Range<UInt64> {
            let direction = try tangent(at: frame, trial: trial)
            let step = 1e-5
            let above = try (frame + step * direction).qrDecomposition().orthonormal
            let below = try (frame - step * direction).qrDecomposition().orthonormal
            let slope = (loss.value(at: above) - loss.value(at: below)) / (2 * step)
            #expect(abs(slope - Matrix.product(gradient, direction, transposing: .first).trace) < 1e-8)
        }
    }

    /// Oracle 1: the minimiser is the principal subspace at every noise level.
    @Test(arguments: [(0.02, 0.2), (0.5, 0.5001), (3, 80)])
    func oracle1TheMinimiserIsThePrincipalSubspaceAtEveryNoiseLevel(lowest: Double, highest: Double) throws {
        let levels = NoiseLevels(from: lowest, to: highest)
        for (dimension, count, noise) in [(2, 2, 0.0), (4, 4, 0), (8, 15, 0), (4, 9, 0.1), (8, 30, 0.3), (3, 200, 0.3)]
        {
            for trial in 0..<5 as Range<UInt64> {
                var observation = stream("observationNoise", dimension, trial)
                let samples = try lowRankSamples(dimension: dimension, count: count, trial: trial).samples
                    .observed(noise: noise, using: &observation)
                try expectMinimumAtPrincipalComponents(of: samples, dimension: dimension, levels: levels, trial: trial)
            }
        }
    }

    @Test(arguments: 2...8)
    func theMinimiserIsThePrincipalSubspaceInEveryCellOfTheMap(dimension: Int) throws {
        for count in dimension...15 {
            for trial in 0..<20 as Range<UInt64> {
                let samples = try lowRankSamples(dimension: dimension, count: count, trial: trial).samples
                try expectMinimumAtPrincipalComponents(
                    of: samples, dimension: dimension, levels: SubspaceTraining.levels, trial: trial)
            }
        }
    }

    /// Oracle 2, from the side of the loss: fewer samples than dimensions are fitted perfectly and leave directions free.
    @Test(arguments: 3...8)
    func oracle2FewerSamplesThanDimensionsAreContainedInTheMinimiser(dimension: Int) throws {
        for count in 2..<dimension {
            for trial in 0..<20 as Range<UInt64> {
                let (samples, truth) = try lowRankSamples(dimension: dimension, count: count, trial: trial)
                let loss = ExpectedDenoisingLoss(samples: samples, levels: SubspaceTraining.levels)
                let minimum = try loss.minimum(from: randomFrame(dimension: dimension, trial: trial))
                var outside = samples
                outside.setProduct(
                    minimum.frame, Matrix.product(minimum.frame, samples, transposing: .first), scale: -1, keeping: 1)
                #expect(outside.norm < 1e-9 * samples.norm)
                let principal = try principalFrame(of: samples, dimension: dimension)
                #expect(agrees(loss.value(at: minimum.frame), loss.value(at: principal)))
                #expect(try subspaceDistance(minimum.frame, truth) > 0.5)
            }
        }
    }

    private func expectMinimumAtPrincipalComponents(
        of samples: Matrix<Double>, dimension: Int, levels: NoiseLevels, trial: UInt64
    ) throws {
        let loss = ExpectedDenoisingLoss(samples: samples, levels: levels)
        let minimum = try loss.minimum(from: randomFrame(dimension: dimension, trial: trial))
        let spectrum = try loss.moment.symmetricEigendecomposition().values.reversed() as [Double]
        let gradient = loss.gradient(at: minimum.frame)
        #expect(gradient.norm <= 1e-12 * 2 * loss.gain * spectrum[0] * (1 + 1e-9))
        let principal = try principalFrame(of: samples, dimension: dimension)
        #expect(agrees(loss.value(at: minimum.frame), loss.value(at: principal)))
        if spectrum[dimension - 1] - spectrum[dimension] >= 1e-4 * spectrum[0] {
            #expect(try subspaceDistance(minimum.frame, principal) <= 1e-6)
        }
    }

    private func agrees(_ loss: Double, _ other: Double) -> Bool { abs(loss - other) <= 1e-10 * abs(other) }

    private func principalFrame(of samples: Matrix<Double>, dimension: Int) throws -> Matrix<Double> {
        var completion = RandomStream(key: 0, highCounter: 0)
        return try principalComponents(of: samples, dimension: dimension, completingWith: &completion)
    }
}

/// A random direction of unit norm along which a frame can move.
func tangent(at frame: Matrix<Double>, trial: UInt64) throws -> Matrix<Double> {
    var directions = stream("directions", frame.columns, trial)
    var direction = Matrix<Double>.normal(rows: frame.rows, columns: frame.columns, using: &directions)
    direction.setProduct(frame, Matrix.product(frame, direction, transposing: .first), scale: -1, keeping: 1)
    return (1 / direction.norm) * direction
}

extension Matrix<Double> {
    var trace: Double { (0..<rows).reduce(0) { $0 + self[$1, $1] } }
}
