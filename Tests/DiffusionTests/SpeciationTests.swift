import Foundation
import LinearAlgebra
import SweepGrid
import Testing

@testable import Diffusion

@Suite struct SpeciationTests {
    /// Oracle 9: the value at the speciation time in every dimension, and both limits.
    @Test(arguments: [256, 1_024, 4_096, 16_384])
    func oracle9TheTheoryIsTheSameAtTheSpeciationTimeInEveryDimension(dimension: Int) {
        let pair = GaussianPair(dimension: dimension)
        #expect(abs(pair.speciationTime - 0.5 * log(Double(dimension))) < 1e-14)
        #expect(abs(pair.sameClassProbability(at: pair.speciationTime) - 0.77520) < 5e-6)
        #expect(abs(pair.sameClassProbability(at: 40) - 0.5) < 1e-12)
        #expect(abs(pair.sameClassProbability(at: 0) - 1) < 1e-12)
    }

    /// Oracle 9: the published curve.
    @Test(arguments: [
        (256, [0.9657, 0.8636, 0.6932, 0.6020, 0.5295]), (1_024, [0.9868, 0.8845, 0.6751, 0.5760, 0.5152]),
        (4_096, [0.9964, 0.9043, 0.6581, 0.5559, 0.5077]), (16_384, [0.9994, 0.9225, 0.6423, 0.5408, 0.5039]),
    ])
    func oracle9TheTheoryHasThePublishedValues(dimension: Int, published: [Double]) {
        let pair = GaussianPair(dimension: dimension)
        for (ratio, value) in zip([0.75, 0.9, 1.1, 1.25, 1.5], published) {
            #expect(abs(pair.sameClassProbability(at: ratio * pair.speciationTime) - value) < 6e-5)
        }
        #expect(abs(pair.sameClassProbability(at: 0.5 * pair.speciationTime) - 1) < 5e-4)
    }

    @Test(arguments: [(64, 1.0), (64, 2.0), (64, 3.0), (256, 2.5), (1_024, 3.5)])
    func oracle9TheReducedEngineFollowsTheTheory(dimension: Int, time: Double) throws {
        let count = 20_000
        let theory = GaussianPair(dimension: dimension).sameClassProbability(at: time)
        let error = abs(try sameClass(.reduced, dimension, time, count) - theory)
        #expect(error < 4 * (theory * (1 - theory) / Double(count)).squareRoot() + 0.003, "\(error)")
    }

    /// Oracle 9: one law, two engines. A chi-square over cells of branch times with one degree of freedom each.
    @Test func oracle9TheFullEngineHasTheLawOfTheReducedOne() throws {
        var statistic = 0.0
        let cells: [(dimension: Int, time: Double)] = [(24, 0.8), (24, 1.6), (24, 3), (90, 1.8), (90, 2.6), (40, 9.5)]
        for (dimension, time) in cells {
            let (many, few) = (40_000.0, 1_500.0)
            let reduced = try sameClass(.reduced, dimension, time, Int(many))
            let full = try sameClass(.full, dimension, time, Int(few))
            let pooled = (many * reduced + few * full) / (many + few)
            statistic += (full - reduced) * (full - reduced) / (pooled * (1 - pooled) * (1 / many + 1 / few))
        }
        // The 99.9 % quantile with six degrees of freedom.
        #expect(statistic < 22.46, "\(statistic)")
    }

    /// More than one chunk of coordinates, and a rest.
    @Test func theFullEngineFollowsTheTheoryInManyDimensions() throws {
        let theory = GaussianPair(dimension: 4_500).sameClassProbability(at: 3.5)
        var parameters = parameters(.full, 4_500, 3.5, 60)
        parameters.timeStep = 0.02
        let measured = try Speciation.run(parameters, in: context(4_500, 1)).sameClass
        #expect(abs(measured - theory) < 4 * (theory * (1 - theory) / 60).squareRoot() + 0.01, "\(measured)")
    }

    /// Negative control: trajectories under the score of a mixture whose variance was read as its deviation.
    @Test func aVarianceReadAsADeviationMissesTheTheory() throws {
        var parameters = parameters(.reduced, 64, 1.5, 20_000)
        parameters.deviation = 2
        let theory = parameters.mixture.sameClassProbability(at: 1.5)
        let tolerance = 4 * (theory * (1 - theory) / 20_000).squareRoot() + 0.003
        let right = try Speciation.run(parameters, in: context(64, 1)).sameClass
        #expect(abs(right - theory) < tolerance)
        let misread = GaussianPair(dimension: 64, separation: 1, deviation: 4)
        let agreements = try CloningSchedule(parameters, mixture: misread)
            .agreementsOfProjections(20_000, in: context(64, 1))
        #expect(abs(Double(agreements) / 20_000 - theory) > 3 * tolerance)
    }

    /// Oracle 17.
    @Test(arguments: Speciation.Engine.allCases)
    func oracle17ATaskGivesTheSameResultWhateverRanBeforeIt(engine: Speciation.Engine) throws {
        let first = try sameClass(engine, 30, 2, 300)
        _ = try sameClass(.full, 50, 2, 20)
        _ = try sameClass(.reduced, 50, 3, 3_000)
        #expect(try sameClass(engine, 30, 2, 300) == first)
    }

    @Test(arguments: Speciation.Engine.allCases)
    func clonesThatNeverPartAgreeAndOnesThatPartAtOnceAreIndependent(engine: Speciation.Engine) throws {
        #expect(try sameClass(engine, 20, 0, 200) == 1)
        #expect(abs(try sameClass(engine, 20, 10, 400) - 0.5) < 0.1)
    }

    @Test func aBranchBeforeTheStartAndAStepLongerThanTheRunAreProblems() {
        #expect(Speciation.problems(with: Speciation.defaults) == [])
        var parameters = Speciation.defaults
        parameters.branchTime = 11
        #expect(
            Speciation.problems(with: parameters) == [
                "branchTime 11.0 lies before the start of the trajectories at duration 10.0: "
                    + "lower branchTime or raise duration"
            ])
        parameters.branchTime = 0.1
        parameters.duration = 0.5
        parameters.timeStep = 0.75
        #expect(
            Speciation.problems(with: parameters) == [
                "timeStep 0.75 is longer than duration 0.5: lower timeStep"
            ])
    }
}

func parameters(
    _ engine: Speciation.Engine, _ dimension: Int, _ time: Double, _ count: Int
) -> Speciation.Parameters {
    var parameters = Speciation.Parameters()
    parameters.engine = engine
    parameters.dimension = dimension
    parameters.branchTime = time
    parameters.trajectories = count
    return parameters
}

private func sameClass(
    _ engine: Speciation.Engine, _ dimension: Int, _ time: Double, _ count: Int
) throws -> Double {
    try Speciation.run(parameters(engine, dimension, time, count), in: context(dimension, UInt64(10 * time))).sameClass
}
