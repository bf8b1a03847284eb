import Foundation
import LinearAlgebra
import SweepGrid
import Testing

@testable import Diffusion

@Suite struct CollapseTests {
    /// A collapse outside the recorded times has the nearest of them, which is a number, so that the task counts.
    @Test func theCollapseTimeIsBoundedByTheRecordedTimes() {
        let times = [1.0, 2, 3]
        #expect(Collapse.timeOfHalf([1, 0.75, 0.25], at: times) == 2.5)
        #expect(Collapse.timeOfHalf([0.4, 0.3, 0.1], at: times) == 1)
        #expect(Collapse.timeOfHalf([1, 0.9, 0.8], at: times) == 3)
    }

    /// Oracle 10: the collapse times at n = 20 000, and the limit of many dimensions.
    @Test func oracle10TheCollapseTimesAreThePublishedOnes() {
        for (dimension, time) in [(256, 1.2988), (1_024, 1.9775), (4_096, 2.6671)] {
            let theory = CollapseTheory(mixture: GaussianPair(dimension: dimension), sampleCount: 20_000)
            #expect(abs(theory.collapseTime - time) < 5e-5)
            #expect(theory.asymptoticExcessEntropy(at: theory.collapseTime) < 1e-10)
        }
        let theory = CollapseTheory(mixture: GaussianPair(dimension: 8), logSamplesPerDimension: 0.5)
        #expect(abs(theory.collapseTime - 0.22934) < 5e-6)
    }

    /// Oracle 10: the paper's curve, and the one corrected for the class, at its times of index i.
    @Test(arguments: [
        (256, 12, [0.982, 0.961, 0.915, 0.812, 0.586, 0.074, 0], [0.967, 0.933, 0.868, 0.750]),
        (1_024, 11, [0.968, 0.929, 0.844, 0.659, 0.25, 0], [0.943, 0.887, 0.785, 0.590]),
        (4_096, 10, [0.941, 0.870, 0.716, 0.378, 0], []),
    ])
    func oracle10TheTheoryHasThePublishedValues(
        dimension: Int, first: Int, asymptotic: [Double], corrected: [Double]
    ) {
        let theory = CollapseTheory(mixture: GaussianPair(dimension: dimension), sampleCount: 20_000)
        for (index, value) in asymptotic.enumerated() {
            #expect(abs(theory.asymptoticExcessEntropy(at: publishedTime(first + index)) - value) < 6e-4)
        }
        for (index, value) in corrected.enumerated() {
            #expect(abs(theory.excessEntropy(at: publishedTime(first + index)) - value) < 6e-4)
        }
    }

    /// Oracle 10: equal to conditioning in double precision, point by point.
    @Test func oracle10TheMeansAreThoseOfTheEmpiricalPosterior() {
        let pair = GaussianPair(dimension: 12)
        let cloud = cloud(pair, 50, trial: 3)
        let level = OrnsteinUhlenbeck.level(at: 0.4)
        var (choices, noise) = (stream("choices", 12, 3), stream("noise", 12, 3))
        let means = cloud.means(ofCopies: 40, at: [level], choosing: &choices, noise: &noise)[0]

        let empirical = EmpiricalDistribution(samples: cloud.points.converted(to: Double.self))
        (choices, noise) = (stream("choices", 12, 3), stream("noise", 12, 3))
        let epsilon = Matrix<Float>.normal(rows: 12, columns: 40, using: &noise).converted(to: Double.self)
        var (entropy, own, participation) = (0.0, 0.0, 0.0)
        for copy in 0..<40 {
            let chosen = Int((UInt64(choices.nextWord()) * 50) >> 32)
            let noisy = Matrix(rows: 12, columns: 1) { row, _ in
                level.signal * empirical.samples[row, chosen] + level.deviation * epsilon[row, copy]
            }
            let weights = empirical.weights(of: noisy, at: level)
            entropy -= weights.reduce(0.0) { $1 > 0 ? $0 + $1 * log($1) : $0 } / 40
            own += weights[chosen] / 40
            participation += weights.reduce(0.0) { $0 + $1 * $1 } / 40
        }
        #expect(abs(means.entropy - entropy) < 1e-5 && abs(means.ownWeight - own) < 1e-5)
        #expect(abs(means.participation - participation) < 1e-5)
    }

    /// Oracle 10: Nishimori's identity at every time, bounds, and growth in time.
    @Test func oracle10TheOwnWeightIsTheParticipationAndTheEntropyGrowsWithTime() {
        let cloud = cloud(GaussianPair(dimension: 24), 400, trial: 1)
        let levels = [0.1, 0.3, 0.6, 1, 1.5, 2.5, 4].map(OrnsteinUhlenbeck.level)
        var (choices, noise) = (stream("choices", 24, 1), stream("noise", 24, 1))
        let means = cloud.means(ofCopies: 5_000, at: levels, choosing: &choices, noise: &noise)
        for mean in means {
            #expect(abs(mean.ownWeight - mean.participation) <= 3 * mean.identityError + 1e-6, "\(mean)")
            #expect((0...1).contains(mean.entropy / cloud.largestEntropy))
        }
        #expect(means.map(\.entropy) == means.map(\.entropy).sorted())
        #expect(means[0].ownWeight > 0.9 && means[6].entropy > 0.98 * cloud.largestEntropy)
    }

    /// Negative control: noise whose variance is read as its deviation breaks the identity.
    @Test func aVarianceReadAsADeviationBreaksTheIdentity() {
        let pair = GaussianPair(dimension: 24)
        let cloud = cloud(pair, 400, trial: 1)
        let level = OrnsteinUhlenbeck.level(at: 0.25)
        var (choices, noise) = (stream("choices", 24, 1), stream("noise", 24, 1))
        let misread = cloud.means(
            ofCopies: 5_000, at: [level],
            assuming: [NoiseLevel(signal: level.signal, deviation: level.deviation * level.deviation)],
            choosing: &choices, noise: &noise)[0]
        #expect(abs(misread.ownWeight - misread.participation) > 5 * misread.identityError)
    }

    /// The published curve at d = 256 with all 20 000 points, from 300 copies.
    @Test func theCurveAtTheSmallestPublishedDimensionIsThePublishedOne() throws {
        var parameters = Collapse.defaults
        parameters.copies = 300
        let measured = try Collapse.run(parameters, in: context(256, 1))
        #expect(measured.excessEntropy.count == 40 && Collapse.times.count == 40)
        // A copy's entropy over ln n varies by about 0.3 where it varies most.
        for (index, value) in zip(12...18, [0.966, 0.933, 0.869, 0.750, 0.523, 0.160, 0.005]) {
            let found = measured.excessEntropy[39 - 2 * index]
            #expect(abs(Collapse.times[39 - 2 * index] - publishedTime(index)) < 1e-12)
            let tolerance = 0.015 + (value > 0.9 || value < 0.1 ? 0.01 : 0.05)
            #expect(abs(found - value) < tolerance, "\(index): \(found)")
        }
        // t_C-hat, where the participation is one half, lies within 10 % of t_C.
        let above = try #require(measured.participation.firstIndex { $0 < 0.5 })
        let (high, low) = (measured.participation[above - 1], measured.participation[above])
        let part = (high - 0.5) / (high - low)
        let time = Collapse.times[above - 1] + part * (Collapse.times[above] - Collapse.times[above - 1])
        #expect(abs(time / parameters.theory.collapseTime - 1) < 0.1, "\(time)")
        #expect(measured.collapseTime == time)
    }

    /// The measured weights of SCIENCE for n = e^(d/2), whose own errors are some hundredths.
    @Test(arguments: [
        (8, 55, [0.90, 0.73, 0.59, 0.48, 0.37, 0.25]), (12, 403, [0.92, 0.76, 0.58, 0.40, 0.31, 0.17]),
        (16, 2_981, [0.95, 0.77, 0.59, 0.38, 0.28, 0.11]),
    ])
    func theWeightOfTheOwnPointFallsAcrossTheCollapseTime(dimension: Int, count: Int, weights: [Double]) throws {
        var parameters = FiniteSizeCollapse.defaults
        parameters.dimension = dimension
        parameters.sampleCount = count
        #expect(parameters.exponentialSampleCount == count)
        let trials = dimension < 16 ? 10 : 2
        let measured = try (0..<trials).map {
            try FiniteSizeCollapse.run(parameters, in: context(dimension, UInt64($0))).ownWeight
        }
        for (ratio, weight) in zip([0.5, 0.75, 1, 1.25, 1.5, 2], weights) {
            let index = try #require(FiniteSizeCollapse.relativeTimes.firstIndex(of: ratio))
            let mean = measured.reduce(0.0) { $0 + $1[index] } / Double(trials)
            #expect(abs(mean - weight) < 0.08, "t/t_C = \(ratio): \(mean)")
        }
    }

    @Test func impossibleNumbersOfPointsAreProblems() {
        #expect(Collapse.problems(with: Collapse.defaults) == [])
        var collapse = Collapse.defaults
        collapse.dimension = 65_536
        #expect(
            Collapse.problems(with: collapse) == [
                "20000 points of dimension 65536 are more than 1073741824 numbers: lower sampleCount or dimension"
            ])
        #expect(FiniteSizeCollapse.problems(with: FiniteSizeCollapse.defaults) == [])
        var parameters = FiniteSizeCollapse.defaults
        parameters.dimension = 12
        #expect(
            FiniteSizeCollapse.problems(with: parameters) == [
                "sampleCount is 2981, but e^(alpha dimension) is 403 at alpha 0.5, dimension 12"
            ])
        parameters.alpha = 20
        parameters.dimension = 1_024
        #expect(
            FiniteSizeCollapse.problems(with: parameters) == [
                "e^(alpha dimension) is beyond all integers at alpha 20.0, dimension 1024, and sampleCount must be in "
                    + "2...200000: alpha must be at most 0.011 there"
            ])
    }

    /// Oracle 17.
    @Test func oracle17ACollapseTaskGivesTheSameBitsWhateverRanBeforeIt() throws {
        var parameters = FiniteSizeCollapse.defaults
        parameters.copies = 50
        let first = try FiniteSizeCollapse.run(parameters, in: context(16, 1))
        _ = try FiniteSizeCollapse.run(parameters, in: context(16, 2))
        let again = try FiniteSizeCollapse.run(parameters, in: context(16, 1))
        #expect(again.excessEntropy == first.excessEntropy && again.ownWeight == first.ownWeight)
        #expect(again.participation == first.participation)
    }

    private func publishedTime(_ index: Int) -> Double { 8 * (1 - 0.98 * Double(index) / 20) }

    private func cloud(_ pair: GaussianPair, _ count: Int, trial: UInt64) -> PointCloud {
        var (classes, samples) = (stream("classes", pair.dimension, trial), stream("samples", pair.dimension, trial))
        return PointCloud(points: pair.samples(count, classes: &classes, using: &samples))
    }
}
