import SweepGrid
import Testing

@testable import Diffusion

/// Long trainings are saved, interrupted and continued between their records; their results do not show it.
@Suite struct OnlineTrainingTests {
    /// A host that keeps every checkpoint and wants the task to stop after some of them.
    final class Interruption: TaskHost, @unchecked Sendable {
        let restored: [UInt8]?
        let stopAfter: Int
        private(set) var checkpoints: [[UInt8]] = []
        private(set) var progress: [Double] = []

        init(restored: [UInt8]? = nil, stopAfter: Int = .max) {
            self.restored = restored
            self.stopAfter = stopAfter
        }

        func report(progress: Double) { self.progress.append(progress) }
        func checkpoint(_ bytes: [UInt8]) { checkpoints.append(bytes) }
        func keep(_ name: String, _ values: [Double], shape: [Int]) {}
        var remainingTime: Duration? { nil }
        var isStopping: Bool { checkpoints.count >= stopAfter }
    }

    private let streams = StreamSource { stream($0, 40, 2) }

    private func parameters(_ engine: CumulantRecovery.Engine, samples: Int = 2_345) -> CumulantRecovery.Parameters {
        CumulantRecoveryTests.parameters(.correlated, dimension: 40, samples: samples, engine)
    }

    /// Runs a task that looks up after so many steps; nil when it was interrupted.
    private func run(
        _ parameters: CumulantRecovery.Parameters, stretch: Int?, _ host: Interruption
    ) throws -> Digest? {
        let context = Context(streams: streams, host: host)
        var initialisation = context.stream("initialisation")
        let start = SphereStart(dimension: parameters.dimension, using: &initialisation)
        let kernel = parameters.kernel
        do {
            switch parameters.engine {
            case .full:
                let engine = SphereDescent(kernel, dimension: parameters.dimension, start: start, in: context)
                return CumulantRecoveryTests.digest(
                    try OnlineTraining(parameters, engine, stretch: stretch).run(in: context))
            case .reduced:
                let engine = OverlapChain(kernel, dimension: parameters.dimension, start: start, in: context)
                return CumulantRecoveryTests.digest(
                    try OnlineTraining(parameters, engine, stretch: stretch).run(in: context))
            }
        } catch is Interrupted {
            return nil
        }
    }

    /// A pause is moved to the end of a block, because the kernels round there.
    @Test(arguments: CumulantRecovery.Engine.allCases, [1, 7, 100])
    func theLengthOfTheStretchesChangesNoBit(engine: CumulantRecovery.Engine, stretch: Int) throws {
        let whole = Interruption()
        #expect(try run(parameters(engine), stretch: stretch, whole) == run(parameters(engine), stretch: nil, .init()))
        #expect(whole.progress == whole.progress.sorted() && whole.progress.last == 1)
    }

    @Test(arguments: CumulantRecovery.Engine.allCases)
    func aTaskGoesOnFromTheMiddleOfARecordBitForBit(engine: CumulantRecovery.Engine) throws {
        let whole = Interruption()
        let expected = try run(parameters(engine), stretch: 7, whole)
        // The 33 records, and the ends of most blocks of 42 or 512 steps.
        #expect(whole.checkpoints.count > (engine == .full ? 60 : 33))
        for index in whole.checkpoints.indices {
            let rest = Interruption(restored: whole.checkpoints[index])
            #expect(try run(parameters(engine), stretch: nil, rest) == expected)
            #expect(rest.progress.first ?? 1 >= whole.progress[index])
        }
    }

    /// Interrupted again and again, each time after a few stretches, as on hosts that are taken away.
    @Test(arguments: CumulantRecovery.Engine.allCases, [2_345, 20, 1])
    func aTaskThatIsInterruptedAgainAndAgainGivesTheSameBits(engine: CumulantRecovery.Engine, samples: Int) throws {
        let parameters = parameters(engine, samples: samples)
        let expected = try run(parameters, stretch: nil, Interruption())
        var state: [UInt8]?
        var attempts = 0
        var found: Digest?
        while found == nil, attempts < 1_000 {
            let host = Interruption(restored: state, stopAfter: 3)
            found = try run(parameters, stretch: 19, host)
            state = host.checkpoints.last
            attempts += 1
        }
        #expect(found == expected)
        #expect(attempts > 10)
    }

    /// A state whose step does not lie where its records say is none of ours.
    @Test(arguments: CumulantRecovery.Engine.allCases)
    func aStateOfAnotherStepStartsTheTaskAfresh(engine: CumulantRecovery.Engine) throws {
        let whole = Interruption()
        let expected = try run(parameters(engine), stretch: 7, whole)
        for (byte, value) in [(0, UInt8(9)), (8, 255), (9, 255), (13, 1), (24, 200), (24, 0)] {
            var changed = whole.checkpoints[whole.checkpoints.count / 2]
            changed[byte] = value
            let rest = Interruption(restored: changed)
            #expect(try run(parameters(engine), stretch: nil, rest) == expected)
            #expect(rest.progress.first == 0)
        }
    }
}
