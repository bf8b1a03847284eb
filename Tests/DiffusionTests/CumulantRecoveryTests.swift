import Foundation
import LinearAlgebra
import SweepGrid
import Testing

@testable import Diffusion

@Suite struct CumulantRecoveryTests {
    typealias Parameters = CumulantRecovery.Parameters

    static func parameters(
        _ panel: CumulantRecovery.Panel, dimension: Int, samples: Int, _ engine: CumulantRecovery.Engine = .reduced
    ) -> Parameters {
        var parameters = Parameters()
        parameters.panel = panel
        parameters.dimension = dimension
        parameters.sampleCount = samples
        parameters.engine = engine
        return parameters
    }

    /// How many of some trials learn.
    static func successes(_ parameters: Parameters, trials: Range<UInt64>) throws -> Int {
        try trials.reduce(0) {
            $0 + Int(try CumulantRecovery.run(parameters, in: context(parameters.dimension, $1)).learned)
        }
    }

    @Test(arguments: CumulantRecovery.Engine.allCases)
    func aCovarianceSpikeIsLearntFromSomeDimensionsOfSamplesAndNotFromOne(engine: CumulantRecovery.Engine) throws {
        #expect(
            try Self.successes(Self.parameters(.covariance, dimension: 64, samples: 8_000, engine), trials: 0..<10)
                == 10)
        #expect(
            try Self.successes(Self.parameters(.covariance, dimension: 64, samples: 64, engine), trials: 0..<10) == 0)
    }

    /// The slope of the cumulant is shallow: 512 d^3 samples are enough for most, 8 d^3 for few.
    @Test func aCumulantSpikeAloneNeedsManyMore() throws {
        let many = Self.parameters(.cumulant, dimension: 12, samples: 512 * 12 * 12 * 12)
        #expect(try Self.successes(many, trials: 0..<6) >= 4)
        #expect(try Self.successes(Self.parameters(.cumulant, dimension: 64, samples: 8_000), trials: 0..<20) == 0)
    }

    /// The negative control of the learning rate: fixed at 1 / d, its noise never lets the cumulant grow.
    @Test func aCumulantSpikeIsNeverLearntAtARateFixedByTheDimension() throws {
        var fixed = Self.parameters(.cumulant, dimension: 12, samples: 512 * 12 * 12 * 12)
        fixed.rateLaw = .dimension
        #expect(try Self.successes(fixed, trials: 0..<6) <= 1)
    }

    /// The negative control of the latents: with independent ones v stays unlearnt where correlated ones suffice.
    @Test func correlatedLatentsAreWhatMakesTheCumulantEasy() throws {
        var parameters = Self.parameters(.correlated, dimension: 64, samples: 8_000)
        #expect(try Self.successes(parameters, trials: 0..<10) == 10)
        parameters.latentCorrelation = 0
        #expect(try Self.successes(parameters, trials: 0..<10) == 0)
        let independent = Self.parameters(.independent, dimension: 64, samples: 8_000)
        let measured = try CumulantRecovery.run(independent, in: context(64, 3))
        #expect(measured.overlapU > 0.8 && measured.overlapV < 0.2 && measured.learned == 0)
        #expect(measured.overlap == measured.overlapV && measured.hittingTime == 8_001)
    }

    @Test(arguments: CumulantRecovery.Engine.allCases)
    func theRecordsAreTheTraining(engine: CumulantRecovery.Engine) throws {
        let measured = try CumulantRecovery.run(
            Self.parameters(.correlated, dimension: 40, samples: 3_001, engine), in: context(40, 1))
        #expect(measured.trainingOverlapU.count == 33 && measured.trainingOverlapV.count == 33)
        #expect(
            measured.trainingOverlapU.last == measured.overlapU && measured.trainingOverlapV.last == measured.overlapV)
        #expect((measured.trainingOverlapU + measured.trainingOverlapV).allSatisfy { (0...1.000_001).contains($0) })
        let crossing = Double(measured.trainingOverlapV.firstIndex { $0 > 0.3 } ?? 33) / 32 * 3_001
        #expect(measured.hittingTime <= crossing + 1)
    }

    /// Both engines start at the same point of the sphere.
    @Test func theEnginesShareTheirStart() throws {
        let runs = try CumulantRecovery.Engine.allCases.map {
            try CumulantRecovery.run(Self.parameters(.correlated, dimension: 24, samples: 40, $0), in: context(24, 5))
        }
        #expect(abs(runs[0].trainingOverlapU[0] - runs[1].trainingOverlapU[0]) < 1e-7)
        #expect(abs(runs[0].trainingOverlapV[0] - runs[1].trainingOverlapV[0]) < 1e-7)
    }

    // MARK: Interruption

    /// A host that keeps the last checkpoint and takes no more than a number of them.
    final class Interruption: TaskHost, @unchecked Sendable {
        let restored: [UInt8]?
        private(set) var checkpoints: [[UInt8]] = []
        private(set) var progress: [Double] = []

        init(restored: [UInt8]? = nil) { self.restored = restored }

        func report(progress: Double) { self.progress.append(progress) }
        func checkpoint(_ bytes: [UInt8]) { checkpoints.append(bytes) }
        func keep(_ name: String, _ values: [Double], shape: [Int]) {}
        var remainingTime: Duration? { nil }
        var isStopping: Bool { false }
    }

    @Test(arguments: CumulantRecovery.Engine.allCases)
    func aTaskGoesOnFromAnyCheckpointBitForBit(engine: CumulantRecovery.Engine) throws {
        let parameters = Self.parameters(.correlated, dimension: 40, samples: 2_345, engine)
        let streams = StreamSource { stream($0, 40, 2) }
        let whole = Interruption()
        let expected = Self.digest(try CumulantRecovery.run(parameters, in: Context(streams: streams, host: whole)))
        #expect(whole.checkpoints.count == 33 && whole.progress.first == 0 && whole.progress.last == 1)
        #expect(whole.progress == whole.progress.sorted())
        for (index, checkpoint) in whole.checkpoints.enumerated() {
            let rest = Interruption(restored: checkpoint)
            let found = Self.digest(try CumulantRecovery.run(parameters, in: Context(streams: streams, host: rest)))
            #expect(found == expected && rest.checkpoints.count == 32 - index)
        }
    }

    @Test(arguments: CumulantRecovery.Engine.allCases)
    func bytesThatAreNoCheckpointStartTheTaskAfresh(engine: CumulantRecovery.Engine) throws {
        let parameters = Self.parameters(.correlated, dimension: 24, samples: 500, engine)
        let streams = StreamSource { stream($0, 24, 2) }
        let host = Interruption()
        let expected = Self.digest(try CumulantRecovery.run(parameters, in: Context(streams: streams, host: host)))
        let good = host.checkpoints[7]
        var broken: [[UInt8]] = [[], [1], [UInt8](repeating: 0, count: 8), [UInt8](repeating: 255, count: 800)]
        broken += [Array(good.dropLast(8)), Array(good.dropLast(3)), good + good]
        var flipped = good
        flipped[flipped.count - (engine == .full ? 24 * 8 : 17)] ^= 0x40
        broken.append(engine == .reduced ? flipped : Array(good.dropFirst(8)))
        for bytes in broken {
            let rest = Interruption(restored: bytes)
            let found = Self.digest(try CumulantRecovery.run(parameters, in: Context(streams: streams, host: rest)))
            #expect(found == expected && rest.checkpoints.count == 33)
        }
    }

    // MARK: Golden

    /// The experiment rests on no mathematics library, so its bits are the same on every processor.
    @Test(arguments: [
        (CumulantRecovery.Engine.full, "5dd30777e4931e1ecfae71c076dd581f59d720fc95235a3d9e2e550b62f8a0b4"),
        (.reduced, "9c86fc9c72ab4b8906d34ffaca5667cfda3b8487e377480047cfc784c0abc95d"),
    ])
    func aSmallTaskHasTheRecordedBits(engine: CumulantRecovery.Engine, golden: String) throws {
        try #require(CumulantRecovery.version == 1, "record the digests of the new version")
        let measured = try CumulantRecovery.run(
            Self.parameters(.correlated, dimension: 40, samples: 2_000, engine), in: context(40, 7))
        #expect(
            Self.digest(measured).description == golden,
            "the result changed: raise the experiment's version and record again")
    }

    static func digest(_ measured: CumulantRecovery.Measurements) -> Digest {
        let scalars = [
            measured.overlapU, measured.overlapV, measured.overlap, measured.learned, measured.hittingTime,
        ]
        return TaskResult(
            status: .ok, values: scalars + measured.trainingOverlapU + measured.trainingOverlapV, lengths: [33, 33]
        ).digest()
    }

    // MARK: Parameters

    @Test func sampleCountsFollowTheirLawWithoutAMathematicsLibrary() {
        var parameters = Parameters()
        for (dimension, exponent, prefactor, expected) in [
            (64, 2.0, 1.0, 4_096), (64, 2.5, 1, 32_768), (32, 1.5, 1, 181), (512, 2.5, 1, 5_931_642),
            (16, 3, 8, 32_768),
            (128, 3, 512, 1_073_741_824), (7, 0, 3, 3), (48, 1.125, 1, 78), (1_000, 16, 1e12, .max), (10, .nan, 1, 0),
        ] {
            parameters.dimension = dimension
            parameters.exponent = exponent
            parameters.prefactor = prefactor
            #expect(parameters.scaledSampleCount == expected, "\(prefactor) * \(dimension)^\(exponent)")
        }
    }

    @Test(arguments: [
        ("sampleCount", 16.0), ("exponent", 17), ("prefactor", 0), ("dimension", 4), ("noiseVariance", 0),
        ("noiseVariance", Double.nan), ("rateFactor", 0), ("latentCorrelation", 1.5), ("cumulantStrength", -1),
    ])
    func impossibleParametersAreRefusedByName(name: String, value: Double) {
        var changed = Parameters()
        switch name {
        case "sampleCount", "exponent": changed.exponent = value
        case "prefactor": changed.prefactor = value
        case "dimension": changed.dimension = Int(value)
        case "noiseVariance": changed.noiseVariance = value
        case "rateFactor": changed.rateFactor = value
        case "latentCorrelation": changed.latentCorrelation = value
        default: changed.cumulantStrength = value
        }
        let point = changed
        let sweep = Sweep("impossible", of: CumulantRecovery.self) {
            Fixed(\.exponent, point.exponent)
            Fixed(\.prefactor, point.prefactor)
            Fixed(\.dimension, point.dimension)
            Fixed(\.noiseVariance, point.noiseVariance)
            Fixed(\.rateFactor, point.rateFactor)
            Fixed(\.latentCorrelation, point.latentCorrelation)
            Fixed(\.cumulantStrength, point.cumulantStrength)
            Derived(\.sampleCount) { $0.scaledSampleCount }
        }
        do {
            _ = try sweep.freeze()
            Issue.record("\(name) was not refused")
        } catch {
            #expect(error.description.contains(name))
            #expect(error.description.contains("allowed") || error.description.contains("not a number"))
        }
    }

    @Test func anAbsurdLearningRateStaysOnTheSphereOrDiverges() {
        var parameters = Self.parameters(.covariance, dimension: 16, samples: 200)
        parameters.rateFactor = 1e9
        parameters.covarianceStrength = 1e6
        do {
            let measured = try CumulantRecovery.run(parameters, in: context(16, 1))
            #expect(measured.overlapU <= 1.000_001)
        } catch {
            #expect(error is Diverged)
        }
    }
}
