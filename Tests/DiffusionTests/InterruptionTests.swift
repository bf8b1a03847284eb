import LinearAlgebra
import SweepGrid
import Testing

@testable import Diffusion

/// Long tasks tell how far they are, and where they take checkpoints their results do not show it.
@Suite struct InterruptionTests {
    private typealias Host = OnlineTrainingTests.Interruption

    private func context(_ host: Host) -> Context {
        Context(streams: StreamSource { stream($0, 24, 3) }, host: host)
    }

    /// Runs a task that is interrupted after every so many checkpoints, until it is done.
    private func attempts<Result>(every count: Int, _ run: (Context) throws -> Result) throws -> (Result, Int) {
        var state: [UInt8]?
        for attempt in 1...1_000 {
            let host = Host(restored: state, stopAfter: count)
            do { return (try run(context(host)), attempt) } catch is Interrupted { state = host.checkpoints.last }
        }
        throw Diverged("the task never ends")
    }

    /// Runs a task without interruption, and from each of its checkpoints on; the state of another task starts it afresh.
    private func expectSameBits<Result: Equatable>(_ run: (Context) throws -> Result) throws {
        let whole = Host()
        let expected = try run(context(whole))
        #expect(whole.progress == whole.progress.sorted() && whole.progress.last == 1)
        #expect(whole.checkpoints.count > 3)
        for checkpoint in whole.checkpoints {
            let rest = Host(restored: checkpoint)
            #expect(try run(context(rest)) == expected)
            #expect(rest.progress.count < whole.progress.count)
        }
        for foreign in [[], [1, 2, 3], [UInt8](repeating: 255, count: 24), Array(whole.checkpoints[0].dropLast(8))] {
            let afresh = Host(restored: foreign)
            #expect(try run(context(afresh)) == expected)
            #expect(afresh.progress == whole.progress)
        }
        let (found, count) = try attempts(every: 2, run)
        #expect(found == expected && count > 2)
    }

    @Test(arguments: Speciation.Engine.allCases) func aBatchOfTrajectoriesGoesOn(engine: Speciation.Engine) throws {
        var parameters = Speciation.Parameters()
        parameters.engine = engine
        parameters.dimension = engine == .full ? 24 : 64
        parameters.trajectories = engine == .full ? 400 : 11_000
        parameters.branchTime = 1
        parameters.duration = 5
        try expectSameBits { try Speciation.run(parameters, in: $0).sameClass }
    }

    @Test func collapsingTrajectoriesGoOn() throws {
        var parameters = CollapseDynamics.Parameters()
        (parameters.dimension, parameters.sampleCount, parameters.trajectories) = (6, 30, 180)
        parameters.timeStep = 0.05
        try expectSameBits { context in
            let measured = try CollapseDynamics.run(parameters, in: context)
            return [measured.excessEntropy, measured.sameEnd, measured.participation, measured.settled, measured.kept]
                + [measured.collapseTimes, [measured.collapseTime, measured.entropyAtCollapse]]
        }
    }

    @Test func aDescentGoesOnFromBetweenItsRecords() throws {
        var stream = stream("samples", 8, 1)
        let samples = Matrix<Double>.normal(rows: 8, columns: 12, using: &stream)
        let moment = (1.0 / 12) * Matrix.product(samples, samples, transposing: .second)
        try expectSameBits { context in
            let descent = LinearDescent(moment: moment, noiseVariance: 0.04, rate: 0.1)
            var run = RecordedDescent(descent, variance: 1, steps: 200, stretch: 7)
            try run.finish(in: context)
            return run.training + run.test
        }
    }

    /// What the experiment itself gives does not depend on how it is cut up either.
    @Test func aTrainedLinearDenoiserGoesOn() throws {
        var parameters = LinearMemorization.Parameters()
        parameters.dimension = 24
        parameters.steps = 300
        parameters.engine = .descent
        try expectSameBits { try LinearMemorization.run(parameters, in: $0).testLosses }
    }

    @Test(arguments: LinearDistillation.Teacher.allCases)
    func distillingTellsHowFarItIs(teacher: LinearDistillation.Teacher) throws {
        var parameters = LinearDistillation.Parameters()
        parameters.inputCount = 1_001
        parameters.teacher = teacher
        let host = Host()
        _ = try LinearDistillation.run(parameters, in: context(host))
        #expect(host.progress.count > 3)
        #expect(host.progress == host.progress.sorted() && host.progress.last == 1)
    }
}
