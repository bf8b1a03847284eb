import FuzzingFixtures
import Scheduling
import SweepGrid
import Testing

@testable import Cluster

/// Changed frames, and the sessions that they reach. Scenario 35.
///
/// The corpus is the golden of the frames: one of every kind of message.
@Suite struct FrameFuzzTests {
    private struct Corpus {
        var worker: [[[UInt8]]] = []
        var coordinator: [[[UInt8]]] = []

        init() throws {
            let text = String(decoding: try kept("ClusterTests/Goldens/frames-v1.txt"), as: UTF8.self)
            for line in text.split(separator: "\n") {
                guard let colon = line.firstIndex(of: ":") else { continue }
                let parts = line[line.index(after: colon)...].split(separator: " ").map { bytes(hexadecimal: $0) }
                if line.hasPrefix("worker/") { worker.append(parts) } else { coordinator.append(parts) }
            }
        }
    }

    /// A frame with a changed body; a few have another header or another number of parts.
    private func mutant(of frames: [[[UInt8]]], _ random: inout RandomStream) -> [[UInt8]] {
        guard var parts = frames.randomElement(using: &random), !parts.isEmpty else { return [] }
        let last = parts.count - 1
        parts[last].mutate(using: &random, from: frames.compactMap(\.last))
        switch Int.random(in: 0..<20, using: &random) {
        case 0: parts[0].mutate(using: &random)
        case 1: parts.removeLast()
        case 2: parts.append([])
        default: break
        }
        return parts
    }

    /// Whatever the bytes are, they are a message or a `WireError`, and the coordinator's session takes the message.
    @Test func changedFramesOfWorkersNeverStopTheCoordinator() throws {
        let corpus = try Corpus()
        #expect(corpus.worker.count > 10)
        var target = SessionTarget()
        let outcome = Fuzzing("worker-frames", usual: 5_000).run { random in
            let parts = mutant(of: corpus.worker, &random)
            guard let frame = try? WorkerFrame(parts: parts[...]) else { return false }
            #expect((try? WorkerFrame(parts: frame.parts[...])) == frame)
            if case .session(let envelope) = frame { target.take(envelope, &random) }
            return true
        }
        #expect(outcome.accepted > 0 && outcome.refused > 0)
        #expect(outcome.growth < Fuzzing.growthLimit && outcome.peak < Fuzzing.peakLimit)
    }

    @Test func changedFramesOfTheCoordinatorNeverStopAnAgent() throws {
        let corpus = try Corpus()
        #expect(corpus.coordinator.count > 10)
        var target = AgentTarget()
        let outcome = Fuzzing("coordinator-frames", usual: 5_000).run { random in
            let parts = mutant(of: corpus.coordinator, &random)
            guard let frame = try? CoordinatorFrame(parts: parts[...]) else { return false }
            #expect((try? CoordinatorFrame(parts: frame.parts[...])) == frame)
            if case .session(let envelope) = frame { target.take(envelope, &random) }
            return true
        }
        #expect(outcome.accepted > 0 && outcome.refused > 0)
        #expect(outcome.growth < Fuzzing.growthLimit && outcome.peak < Fuzzing.peakLimit)
    }

    /// Bytes of chance are no message.
    @Test func garbageIsNeverAMessage() {
        let outcome = Fuzzing("garbage", usual: 2_000).run { random in
            let parts = (0..<Int.random(in: 0...3, using: &random)).map { _ in
                (0..<Int.random(in: 0...64, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
            }
            let isWorker = (try? WorkerFrame(parts: parts[...])) != nil
            return isWorker || (try? CoordinatorFrame(parts: parts[...])) != nil
        }
        #expect(outcome.accepted == 0)
    }
}

private func bytes(hexadecimal text: Substring) -> [UInt8] {
    let digits = text.compactMap(\.hexDigitValue)
    return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
}
