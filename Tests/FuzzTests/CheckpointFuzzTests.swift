import Diffusion
import Foundation
import FuzzingFixtures
import SweepGrid
import Testing

@testable import Results

/// Changed checkpoints with right checksums: what a worker could send, and what stands in them for the experiments.
@Suite struct CheckpointFuzzTests {
    @Test func changedCheckpointsAreRefusedOrTheTasksOwn() throws {
        let design = try FrozenRun(json: try kept("FuzzTests/Corpus/run-v1.json"), name: "run.json").design
        let own = CheckpointFile(
            experiment: design.experiment, version: design.version, task: design.taskID(4),
            state: (0..<200).map { UInt8(truncatingIfNeeded: 31 &* $0) })
        let sound = own.bytes
        let header = sound.count - own.state.count
        let outcome = Fuzzing("checkpoints", usual: 5_000).run { random in
            var bytes = sound
            if Bool.random(using: &random) {
                bytes.mutate(using: &random)
            } else {
                // Where the numbers stand, beyond the 20 bytes that every checkpoint begins with.
                let place = Int.random(in: 20..<header, using: &random)
                let number = [0, 1, 1 << 32, 1 << 63, .max, random.next()].randomElement(using: &random) ?? 0
                for index in 0..<Int.random(in: 1...8, using: &random) where place + index < bytes.count {
                    bytes[place + index] = UInt8(truncatingIfNeeded: number >> UInt64(8 * index))
                }
            }
            let task = Int.random(in: 0..<16, using: &random) == 0 ? 5 : 4
            guard
                let file = try? CheckpointFile(
                    bytes, name: "mutant", digest: SHA256.hash(bytes), of: task, in: design)
            else { return false }
            #expect(file.bytes == bytes)
            #expect(file.task == own.task && file.experiment == own.experiment && file.version == own.version)
            return true
        }
        #expect(outcome.accepted > 0 && outcome.refused > 0)
        #expect(outcome.growth < Fuzzing.growthLimit && outcome.peak < Fuzzing.peakLimit)
    }

    /// An experiment's state in a file of the right task: continued or ignored, but nothing that ends the slot.
    @Test func changedStatesNeverStopAnExperiment() throws {
        let tasks = try Self.tasks.map { task in (task, try Recorder.whole(task)) }
        for (_, whole) in tasks { #expect(whole.states.count > 1) }
        let outcome = try Fuzzing("states", usual: 500).run { random in
            guard let (task, whole) = tasks.randomElement(using: &random),
                var state = whole.states.randomElement(using: &random)
            else { return false }
            if Bool.random(using: &random) {
                state.mutate(using: &random, from: whole.states)
            } else {
                let word = Int.random(in: 0..<max(1, state.count / 8), using: &random)
                let value =
                    [0, 1, .max, 1 << 63, 0x7FF0_0000_0000_0000, random.next()].randomElement(using: &random) ?? 0
                for index in 0..<8 where 8 * word + index < state.count {
                    state[8 * word + index] = UInt8(truncatingIfNeeded: value >> UInt64(8 * index))
                }
            }
            let host = Recorder(restored: state)
            do { try task(Context(streams: Self.streams, host: host)) } catch is Diverged {}
            // A task that begins anew tells all of its way.
            return (host.progress.first ?? 1) > (whole.progress.first ?? 0)
        }
        #expect(outcome.accepted > 0 && outcome.refused > 0)
        #expect(outcome.growth < Fuzzing.growthLimit && outcome.peak < Fuzzing.peakLimit)
    }

    private typealias Task = @Sendable (Context) throws -> Void

    private static let streams = StreamSource { name in
        RandomStream(key: name.utf8.reduce(7) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01b3 }, highCounter: 1)
    }

    /// Short tasks of every experiment that takes checkpoints.
    private static let tasks: [Task] = [
        { context in
            var parameters = CumulantRecovery.Parameters()
            (parameters.dimension, parameters.sampleCount, parameters.engine) = (8, 200, .full)
            _ = try CumulantRecovery.run(parameters, in: context)
        },
        { context in
            var parameters = CumulantRecovery.Parameters()
            (parameters.dimension, parameters.sampleCount, parameters.panel) = (8, 600, .correlated)
            _ = try CumulantRecovery.run(parameters, in: context)
        },
        { context in
            var parameters = Speciation.Parameters()
            (parameters.trajectories, parameters.duration, parameters.branchTime) = (6_000, 0.04, 0.02)
            _ = try Speciation.run(parameters, in: context)
        },
        { context in
            var parameters = LinearMemorization.Parameters()
            (parameters.dimension, parameters.steps, parameters.engine) = (4, 40, .descent)
            _ = try LinearMemorization.run(parameters, in: context)
        },
    ]

    /// A host that keeps every checkpoint.
    private final class Recorder: TaskHost, @unchecked Sendable {
        let restored: [UInt8]?
        private(set) var states: [[UInt8]] = []
        private(set) var progress: [Double] = []

        init(restored: [UInt8]? = nil) { self.restored = restored }

        func report(progress: Double) { self.progress.append(progress) }
        func checkpoint(_ bytes: [UInt8]) { states.append(bytes) }
        func keep(_ name: String, _ values: [Double], shape: [Int]) {}
        var remainingTime: Duration? { nil }
        var isStopping: Bool { false }

        /// What an undisturbed task does.
        static func whole(_ task: Task) throws -> Recorder {
            let host = Recorder()
            try task(Context(streams: CheckpointFuzzTests.streams, host: host))
            return host
        }
    }
}
