import LinearAlgebra
import SweepGrid
import Testing

@testable import Diffusion

@Suite struct MixtureRecoveryTests {
    /// Oracle 2 with several components: nothing below N_k = d, everything from there on.
    @Test(arguments: [(2, 4), (3, 4), (2, 8), (3, 8)])
    func oracle2InformedSubspacesAreFoundFromAsManySamplesAsDimensions(components: Int, dimension: Int) throws {
        for trial in 0..<10 as Range<UInt64> {
            for count in [dimension - 1, dimension, dimension + 1, 2 * dimension, 3 * dimension] {
                let measured = try run(.subspacesInformed, components, dimension, count, trial)
                #expect(
                    (measured.worstError < 0.5) == (count >= dimension),
                    "K \(components), d \(dimension), N_k \(count), trial \(trial): \(measured.worstError)")
                #expect(measured.meanError <= measured.worstError)
                #expect(measured.trainingError.isEmpty)
            }
        }
    }

    /// A share of the acceptance rule that a test build can afford.
    @Test(arguments: [2, 3])
    func theInformedDenoiserKeepsWhatItKnowsAndLearnsNothingFromTooFew(components: Int) throws {
        for trial in 0..<2 as Range<UInt64> {
            #expect(try run(.denoiserInformed, components, 4, 3, trial, steps: 400).worstError > 0.5)
            let measured = try run(.denoiserInformed, components, 4, 8, trial, steps: 400)
            #expect(measured.worstError < 0.5)
            #expect(measured.trainingError.count == 61)
            #expect(measured.trainingError.last == measured.worstError)
        }
    }

    /// The gap that the figure shows: K-subspaces from one random start stays in local optima where informed ones never fail.
    @Test func randomStartsMissWhatInformedOnesFind() throws {
        let successes = try (0..<20 as Range<UInt64>).filter {
            try run(.subspacesRandom, 2, 4, 8, $0).worstError < 0.5
        }.count
        #expect(successes <= 12)
    }

    /// The best of several restarts is that of those that end; only when none does, the task has diverged.
    @Test func aRestartThatDivergesIsPassedOver() throws {
        var (subspaces, samplesStream) = (stream("subspaces", 3, 1), stream("samples", 3, 1))
        let mixture = try LowRankGaussianMixture.random(
            ambientDimension: 20, intrinsicDimension: 3, components: 2, using: &subspaces)
        let samples = mixture.samples(16, using: &samplesStream)
        let broken = mixture.bases.map { 1e30 * $0 }
        func best(of starts: [[Matrix<Double>]]) throws -> MixtureTraining.Outcome {
            var (noise, levels) = (stream("noise", 3, 1), stream("levels", 3, 1))
            return try MixtureTraining(steps: 100, schedule: .low).best(
                samples: samples, truths: mixture.bases, starts: starts, noise: &noise, levels: &levels
            ) { _ in }
        }
        let alone = try best(of: [mixture.bases])
        #expect(alone.loss.isFinite)
        let second = try best(of: [broken, mixture.bases, broken])
        #expect(second.loss == alone.loss)
        #expect(second.errors == alone.errors)
        #expect(throws: Diverged.self) { try best(of: [broken, broken]) }
    }

    /// K-subspaces never lowers the captured energy, and rests at the true subspaces.
    @Test func theTrueSubspacesAreAFixedPointThatCapturesEverything() throws {
        var (subspaces, stream1, completion) = (stream("subspaces", 3, 1), stream("samples", 3, 1), stream("c", 3, 1))
        let mixture = try LowRankGaussianMixture.random(
            ambientDimension: 20, intrinsicDimension: 3, components: 3, using: &subspaces)
        let samples = mixture.samples(30, using: &stream1)
        let clustering = SubspaceClustering(samples: samples, dimension: 3)
        let result = try clustering.run(from: mixture.bases, completion: &completion)
        #expect(abs(result.captured - samples.squaredNorm) < 1e-9)
        #expect(try SubspaceMatching(result.bases, mixture.bases).worst < 1e-10)
        #expect(clustering.assignments(to: mixture.bases).clusters == (0..<30).map { $0 % 3 })
    }

    @Test func theMatchingIsTheBestOfAllPermutations() throws {
        var subspaces = stream("subspaces", 2, 1)
        let mixture = try LowRankGaussianMixture.random(
            ambientDimension: 12, intrinsicDimension: 2, components: 4, using: &subspaces)
        let shuffled = [2, 0, 3, 1].map { mixture.bases[$0] }
        #expect(try SubspaceMatching(shuffled, mixture.bases).worst < 1e-12)
        var wrong = shuffled
        wrong[1] = mixture.bases[1]
        let matching = try SubspaceMatching(wrong, mixture.bases)
        #expect(abs(matching.worst - 1) < 1e-12)
        #expect(abs(matching.mean - 0.25) < 1e-12)
        #expect(Set(SubspaceMatching.permutations(of: 4)).count == 24)
    }

    /// Orthogonal clusters are separated exactly, however they are ordered.
    @Test func spectralClusteringSeparatesOrthogonalSubspaces() throws {
        for trial in 0..<20 as Range<UInt64> {
            var (subspaces, samples) = (stream("subspaces", 8, trial), stream("samples", 8, trial))
            let mixture = try LowRankGaussianMixture.random(
                ambientDimension: 48, intrinsicDimension: 8, components: 3, using: &subspaces)
            var seeds = stream("seeds", 8, trial)
            for count in [24, 36, 45] {
                let clusters = try SpectralClustering(clusters: 3, sampleCount: count)
                    .assignments(of: mixture.samples(count, using: &samples), using: &seeds)
                for sample in 0..<count { #expect(clusters[sample] == clusters[sample % 3]) }
                #expect(Set(clusters).count == 3)
            }
        }
    }

    /// Impossible parameters are refused by name before a sweep starts.
    @Test func subspacesThatDoNotFitAreRefused() throws {
        var parameters = MixtureRecovery.Parameters()
        parameters.components = 3
        parameters.intrinsicDimension = 16
        #expect(MixtureRecovery.problems(with: parameters) == [])
        parameters.intrinsicDimension = 17
        let problems = MixtureRecovery.problems(with: parameters)
        #expect(
            problems == [
                "3 orthogonal subspaces of dimension 17 do not fit into 48 dimensions: "
                    + "components * intrinsicDimension must be at most ambientDimension"
            ])
    }

    /// Oracle 17.
    @Test(arguments: MixtureRecovery.Method.allCases)
    func oracle17ATaskGivesTheSameBitsWhateverRanBeforeIt(method: MixtureRecovery.Method) throws {
        let first = try run(method, 2, 3, 4, 1, steps: 30, restarts: 2)
        _ = try run(.denoiserRandom, 3, 2, 5, 2, steps: 10)
        let second = try run(method, 2, 3, 4, 1, steps: 30, restarts: 2)
        #expect(first.worstError == second.worstError && first.meanError == second.meanError)
        #expect(first.trainingError == second.trainingError)
    }

    private func run(
        _ method: MixtureRecovery.Method, _ components: Int, _ dimension: Int, _ count: Int, _ trial: UInt64,
        steps: Int = 300, restarts: Int = 1
    ) throws -> MixtureRecovery.Measurements {
        var parameters = MixtureRecovery.Parameters()
        (parameters.components, parameters.intrinsicDimension) = (components, dimension)
        (parameters.samplesPerComponent, parameters.method) = (count, method)
        (parameters.steps, parameters.restarts) = (steps, restarts)
        return try MixtureRecovery.run(parameters, in: context(dimension, trial))
    }
}
