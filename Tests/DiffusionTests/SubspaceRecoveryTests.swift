import LinearAlgebra
import SweepGrid
import Testing

@testable import Diffusion

@Suite struct SubspaceRecoveryTests {
    /// Oracle 2, and the rule of the figure: 1 960 of 1 960.
    @Test(arguments: 2...8)
    func oracle2PrincipalComponentsRecoverTheSubspaceFromAsManySamplesAsDimensionsAndNoFewer(dimension: Int) throws {
        for count in 2...15 {
            for trial in 0..<20 as Range<UInt64> {
                let error = try run(.pca, dimension, count, trial).recoveryError
                #expect((error < 0.5) == (count >= dimension), "N = \(count), trial \(trial): \(error)")
            }
        }
    }

    @Test(arguments: 2...8)
    func theExactDenoiserRecoversTheSubspaceWherePrincipalComponentsDo(dimension: Int) throws {
        for count in 2...15 {
            for trial in 0..<4 as Range<UInt64> {
                let error = try run(.denoiserExact, dimension, count, trial).recoveryError
                #expect((error < 0.5) == (count >= dimension), "N = \(count), trial \(trial): \(error)")
            }
        }
    }

    @Test func aShortTrainingRecoversTheSubspaceFromEnoughSamples() throws {
        let measured = try run(.denoiser, 3, 12, 1, steps: 400)
        #expect(measured.trainingError.count == 61 && measured.trainingLoss.count == 61)
        #expect(measured.trainingError.last == measured.recoveryError)
        #expect(measured.trainingError[0] > 0.5 && measured.recoveryError < 0.1)
        #expect(measured.trainingLoss[60] < 0.1 * measured.trainingLoss[0])
    }

    @Test func aShortTrainingOnTooFewSamplesDoesNot() throws {
        #expect(try run(.denoiser, 5, 3, 1, steps: 400).recoveryError > 0.5)
    }

    /// A share of the acceptance rule that a test build can afford; `Benchmarks/Sources/acceptance` judges the whole map.
    @Test(arguments: [2, 4, 6, 8])
    func theTrainedDenoiserRecoversTheSubspaceFromThreeSamplesMoreThanDimensions(dimension: Int) throws {
        for trial in 0..<3 as Range<UInt64> {
            #expect(try run(.denoiser, dimension, dimension + 3, trial).recoveryError < 0.5)
            guard dimension > 2 else { continue }
            #expect(try run(.denoiser, dimension, dimension - 1, trial).recoveryError > 0.5)
        }
    }

    /// One dimension, a subspace that fills its space, a single sample, far more samples than dimensions.
    @Test(arguments: [(1, 1, 1), (4, 4, 2), (4, 4, 9), (5, 1, 1), (6, 2, 300)], SubspaceRecovery.Method.allCases)
    func shapesAtTheEdgeHaveResults(shape: (ambient: Int, intrinsic: Int, count: Int), method: SubspaceRecovery.Method)
        throws
    {
        var parameters = SubspaceRecovery.Parameters()
        parameters.ambientDimension = shape.ambient
        parameters.intrinsicDimension = shape.intrinsic
        parameters.sampleCount = shape.count
        parameters.method = method
        parameters.steps = 30
        let measured = try SubspaceRecovery.run(parameters, in: context(shape.intrinsic, 1))
        #expect((0...1 + 1e-12).contains(measured.recoveryError))
        if shape.ambient == shape.intrinsic { #expect(measured.recoveryError < 1e-12) }
        #expect(measured.trainingError.count == (method == .denoiser ? 31 : 0))
    }

    @Test func observationNoiseIsNoSuccessNearTheEdge() throws {
        var errors: [Double] = []
        for trial in 0..<20 as Range<UInt64> {
            errors.append(try run(.pca, 4, 4, trial, noise: 0.3).recoveryError)
        }
        #expect(errors.allSatisfy { $0 > 0.5 })
    }

    /// Oracle 17: the same task gives the same bits whatever ran before it.
    @Test(arguments: SubspaceRecovery.Method.allCases)
    func oracle17ATaskGivesTheSameBitsWhateverRanBeforeIt(method: SubspaceRecovery.Method) throws {
        let first = try run(method, 4, 6, 7, steps: 60)
        _ = try run(.denoiser, 8, 15, 8, steps: 20)
        _ = try run(.denoiserExact, 2, 3, 9)
        _ = try run(.pca, 5, 5, 9)
        let again = try run(method, 4, 6, 7, steps: 60)
        #expect(again.recoveryError.bitPattern == first.recoveryError.bitPattern)
        #expect(again.trainingError.map(\.bitPattern) == first.trainingError.map(\.bitPattern))
        #expect(again.trainingLoss.map(\.bitPattern) == first.trainingLoss.map(\.bitPattern))
    }

    @Test func aSubspaceLargerThanItsSpaceIsAProblem() {
        var parameters = SubspaceRecovery.defaults
        #expect(SubspaceRecovery.problems(with: parameters) == [])
        parameters.intrinsicDimension = 49
        #expect(
            SubspaceRecovery.problems(with: parameters) == [
                "a subspace of dimension 49 does not fit into 48 dimensions: "
                    + "lower intrinsicDimension or raise ambientDimension"
            ])
    }

    @Test func theStochasticTrainingIsTheDearestMethodAndGrowsWithTheSamples() {
        var parameters = SubspaceRecovery.defaults
        var costs: [Double] = []
        for method in [SubspaceRecovery.Method.pca, .denoiserExact, .denoiser] {
            parameters.method = method
            costs.append(SubspaceRecovery.work(parameters))
        }
        parameters.sampleCount = 15
        costs.append(SubspaceRecovery.work(parameters))
        #expect(costs == costs.sorted() && costs[0] > 0)
    }

    /// Nearby subspaces keep their digits: the sine of a small angle, which the root of 1 - cos^2 would lose.
    @Test func smallDistancesAreExact() throws {
        for angle in [1e-12, 1e-8, 1e-3, 0.5] {
            var tilted = Matrix<Double>(rows: 5, columns: 2) { $0 == $1 ? 1 : 0 }
            let truth = tilted
            let tangent = angle * (1 + angle * angle / 3 + 2 * angle * angle * angle * angle / 15)
            tilted[3, 1] = tangent
            let distance = try subspaceDistance(tilted.qrDecomposition().orthonormal, truth)
            let expected = tangent / (1 + tangent * tangent).squareRoot()
            #expect(abs(distance - expected) < 1e-16 + 1e-14 * expected)
        }
    }
}

func run(
    _ method: SubspaceRecovery.Method, _ dimension: Int, _ count: Int, _ trial: UInt64, noise: Double = 0,
    steps: Int = 3_000
) throws -> SubspaceRecovery.Measurements {
    var parameters = SubspaceRecovery.Parameters()
    parameters.intrinsicDimension = dimension
    parameters.sampleCount = count
    parameters.method = method
    parameters.noise = noise
    parameters.steps = steps
    return try SubspaceRecovery.run(parameters, in: context(dimension, trial))
}
