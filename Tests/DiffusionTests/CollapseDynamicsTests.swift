import Foundation
import LinearAlgebra
import SweepGrid
import Testing

@testable import Diffusion

@Suite struct CollapseDynamicsTests {
    /// With one point the positions at a time are Gaussian around it, and a step leads from each such law to the earlier one.
    @Test(arguments: [0.02, 0.5]) func aStepBackKeepsTheMarginalOfASinglePoint(length: Double) {
        let schedule = CollapseSchedule(timeStep: length, steps: 20, recorded: [5], collapseTime: 1)
        for index in 1...20 {
            let (from, to) = (schedule.level(index), schedule.level(index - 1))
            let bridge = schedule.bridge(from: index)
            let (position, noise) = (Double(bridge.position), Double(bridge.noise))
            let variance = position * position * from.deviation * from.deviation + noise * noise
            #expect(abs(position * from.signal + Double(bridge.point) - to.signal) < 1e-6)
            #expect(abs(variance - to.deviation * to.deviation) < 1e-6)
        }
        let last = schedule.bridge(from: 1)
        #expect(last.position == 0 && last.noise == 0 && abs(last.point - 1) < 1e-6)
    }

    /// Two opposite points: clones agree with the probability of the closed form for two classes without width.
    @Test(arguments: CollapseDynamics.Engine.allCases)
    func clonesOfTwoPointsAgreeAsTheClosedFormSays(engine: CollapseDynamics.Engine) throws {
        let recorded = [50, 75, 100, 150]
        let schedule = CollapseSchedule(timeStep: 0.01, steps: 400, recorded: recorded, collapseTime: 1)
        let cloud = PointCloud(points: Matrix<Float>(rows: 3, columns: 2) { $1 == 0 ? 1 : -1 })
        let tally = try tally(cloud, schedule, 4_000, engine: engine)
        let pair = GaussianPair(dimension: 3, separation: 1, deviation: 0)
        for (place, step) in recorded.enumerated() {
            let expected = pair.sameClassProbability(at: Double(step) * 0.01)
            let error = (expected * (1 - expected) / 4_000).squareRoot()
            let (clones, participation) = (
                Double(tally.agreements[place]) / 4_000, tally.participation[place] / 4_000
            )
            // The error of steps to posterior means is below 0.005 here.
            #expect(abs(clones - expected) < 4 * error + (engine == .score ? 0.005 : 0), "\(clones) for \(expected)")
            #expect(abs(participation - expected) < 4 * error, "\(participation) for \(expected)")
        }
    }

    /// The backward diffusion under the exact score is the forward one reversed: the last change has the law of the first loss.
    @Test func trajectoriesSettleByTheLawByWhichCopiesLoseTheirPoint() throws {
        var parameters = CollapseDynamics.Parameters()
        (parameters.dimension, parameters.sampleCount) = (8, 60)
        let cloud = self.cloud(parameters)
        let tally = try tally(cloud, CollapseSchedule(parameters), 1_500)
        let probability = kolmogorovSmirnov(tally.changes.map(Double.init), tally.losses.map(Double.init))
        #expect(probability > 1e-3)
        // The law is a wide one, not a point.
        #expect(Set(tally.changes).count > 50)

        // A score that takes the variance of the noise for its deviation is told apart.
        parameters.isVarianceMisread = true
        let misread = try self.tally(cloud, CollapseSchedule(parameters), 1_500)
        #expect(misread.losses == tally.losses)
        #expect(kolmogorovSmirnov(misread.changes.map(Double.init), tally.losses.map(Double.init)) < 1e-3)
    }

    /// Ten steps to t_C are as good as any number: the exact engine has no error of the step, the other one has.
    @Test func longStepsAreExactWhereAPointIsDrawn() throws {
        var parameters = CollapseDynamics.Parameters()
        (parameters.dimension, parameters.sampleCount, parameters.timeStep) = (64, 500, 0.1)
        let (cloud, schedule) = (self.cloud(parameters), CollapseSchedule(parameters))
        func gap(_ engine: CollapseDynamics.Engine) throws -> Double {
            let tally = try tally(cloud, schedule, 2_048, engine: engine)
            return zip(tally.agreements, tally.participation).map { (Double($0) - $1) / 2_048 }
                .max { abs($0) < abs($1) } ?? 0
        }
        // A rate of 2 048 pairs has a standard error of 0.011 at most, and so has nearly the other side: the largest of 13.
        #expect(abs(try gap(.exact)) < 0.06)
        #expect(try gap(.score) < -0.025, "trajectories towards the mean choose too late")
    }

    /// At each time the positions of backward trajectories are those of noisy copies: the mean entropies agree.
    @Test func theEntropyAlongTrajectoriesIsThatOfNoisyCopies() throws {
        var parameters = CollapseDynamics.Parameters()
        (parameters.dimension, parameters.sampleCount) = (16, 200)
        let (cloud, schedule) = (self.cloud(parameters), CollapseSchedule(parameters))
        let tally = try tally(cloud, schedule, 1_024)
        var (choices, noise) = (stream("choices", 16, 5), stream("noise", 16, 5))
        let means = cloud.means(
            ofCopies: 4_000, at: schedule.recorded.map { schedule.level($0) }, choosing: &choices, noise: &noise)
        for (place, step) in schedule.recorded.enumerated() {
            // Entropies lie in 0...ln 200 with a deviation of at most half of that.
            let error = 0.5 * cloud.largestEntropy * (1.0 / 1_024 + 1.0 / 4_000).squareRoot()
            #expect(abs(tally.entropy[step] / 1_024 - means[place].entropy) < 3 * error)
        }
        let measured = tally.measurements(schedule: schedule, largestEntropy: cloud.largestEntropy)
        #expect(measured.excessEntropy.first ?? 1 < 0.1 && measured.excessEntropy.last ?? 0 > 0.5)
        #expect(measured.settled == measured.settled.sorted(by: >) && measured.kept == measured.kept.sorted(by: >))
    }

    /// The last change of the nearest point is counted in whole steps, and reported half a step before.
    @Test func theTallyTellsTimesAndEntropies() {
        let schedule = CollapseSchedule(timeStep: 0.2, steps: 10, recorded: [2, 5], collapseTime: 0.5)
        var tally = CollapseTally(schedule: schedule)
        (tally.changes, tally.losses, tally.agreements) = ([3, 6], [2, 9], [2, 1])
        tally.participation = [1.5, 0.5]
        tally.entropy = (0...10).map { 4 * Double($0) }
        let measured = tally.measurements(schedule: schedule, largestEntropy: 2)
        #expect(zip(measured.collapseTimes, [0.5, 1.1]).allSatisfy { abs($0 - $1) < 1e-12 })
        #expect(abs(measured.collapseTime - 0.8) < 1e-12 && abs(measured.entropyAtCollapse - 4) < 1e-12)
        #expect(measured.settled == [1, 0.5] && measured.kept == [0.5, 0.5] && measured.sameEnd == [1, 0.5])
        #expect(measured.participation == [0.75, 0.25] && measured.excessEntropy == [2, 5])
        #expect(CollapseTally(tally.bytes, schedule: schedule, of: 2) == tally)
        #expect(CollapseTally(tally.bytes, schedule: schedule, of: 3) == nil, "no whole number of batches")
        #expect(CollapseTally(Array(tally.bytes.dropLast(8)), schedule: schedule, of: 2) == nil)
    }

    @Test func impossibleParametersAreRefusedByName() {
        var parameters = CollapseDynamics.Parameters()
        (parameters.dimension, parameters.sampleCount) = (65_536, 20_000)
        #expect(CollapseDynamics.problems(with: parameters).first?.contains("lower sampleCount or dimension") == true)
        parameters = .init()
        #expect(CollapseDynamics.problems(with: parameters).isEmpty)
        func problem(_ change: (inout CollapseDynamics.Parameters) -> Void) -> String? {
            var changed = parameters
            change(&changed)
            let problems = CollapseDynamics.problems(with: changed)
            return problems.count == 1 ? problems[0] : nil
        }
        #expect(problem { $0.timeStep = 0.03 }?.contains("take 0.05 divided by an integer") == true)
        #expect(problem { $0.duration = 4.01 }?.contains("no multiple of timeStep") == true)
        #expect(problem { $0.dimension = 1 }?.contains("too close for single precision") == true)
        #expect(problem { $0.deviation = 0.001 }?.contains("raise dimension or deviation") == true)
        for step in [0.05, 0.025, 0.0125, 0.01, 0.005] {
            parameters.timeStep = step
            #expect(CollapseDynamics.problems(with: parameters).isEmpty, "\(step)")
        }
    }

    private func cloud(_ parameters: CollapseDynamics.Parameters) -> PointCloud {
        var (classes, samples) = (
            stream("classes", parameters.dimension, 2), stream("samples", parameters.dimension, 2)
        )
        return PointCloud(
            points: parameters.mixture.samples(parameters.sampleCount, classes: &classes, using: &samples))
    }

    private func tally(
        _ cloud: PointCloud, _ schedule: CollapseSchedule, _ count: Int, engine: CollapseDynamics.Engine = .exact
    ) throws -> CollapseTally {
        var tally = CollapseTally(schedule: schedule)
        while tally.count < count {
            let size = min(CollapseBatch.width, count - tally.count)
            try CollapseBatch(cloud: cloud, schedule: schedule, engine: engine, first: tally.count, count: size)
                .run(into: &tally, in: context(cloud.points.rows, 4)) { _ in }
        }
        return tally
    }
}
