import Foundation
import FuzzingFixtures
import SweepGrid
import Testing

@testable import Results

/// Changed shards with right checksums: what a worker could send that computes its digest after the damage.
///
/// They are read in a process of their own, as HDF5 was not written for hostile files.
@Suite(.serialized) struct ShardFuzzTests {
    /// The design of the shard in the corpus.
    private static func design() throws -> Design {
        try FrozenRun(json: try kept("FuzzTests/Corpus/run-v1.json"), name: "run.json").design
    }

    /// The corpus has chunks whose checksums this test can compute.
    @Test func theChunksOfTheCorpusAreFound() throws {
        let image = ShardImage(try kept("FuzzTests/Corpus/shard-v1.h5"))
        #expect(image.chunks.count == 7)
        var sealed = image
        for chunk in image.chunks { sealed.seal(chunk) }
        #expect(sealed.bytes == image.bytes)
    }

    @Test func changedShardsNeverStopTheReader() async throws {
        let all = Fuzzing("shards", usual: 1_500).inputs
        for start in stride(from: all.lowerBound, to: all.upperBound, by: 20_000) {
            let count = min(20_000, all.upperBound - start)
            await #expect(processExitsWith: .success) { [start = start as UInt64, count = count as UInt64] in
                try ShardFuzzTests.read(from: start, count)
            }
        }
    }

    /// Reads mutants in this process, and ends it with a failure when it grows.
    private static func read(from start: UInt64, _ count: UInt64) throws {
        let design = try design()
        let sound = try kept("FuzzTests/Corpus/shard-v1.h5")
        let image = ShardImage(sound)
        var reader = ShardReader(design: design)
        let outcome = try Fuzzing("shards", first: start, count: count).run { random in
            let bytes =
                switch Int.random(in: 0..<4, using: &random) {
                case 0: damaged(sound, &random)
                case 1: try written(design, &random)
                default: sealed(image, &random)
                }
            guard let shard = try? reader.verify(bytes, digest: SHA256.hash(bytes), name: "mutant") else {
                return false
            }
            for row in 0..<shard.count { _ = shard.result(row).digest() }
            return true
        }
        // A single input that is looked at again is either.
        guard count < 100 || outcome.accepted > 0 && outcome.refused > 0, outcome.growth < Fuzzing.growthLimit,
            outcome.peak < Fuzzing.peakLimit
        else { exit(3) }
    }

    /// Changed anywhere: the structures of HDF5 have no checksums in this format.
    private static func damaged(_ bytes: [UInt8], _ random: inout RandomStream) -> [UInt8] {
        var bytes = bytes
        bytes.mutate(using: &random)
        return bytes
    }

    /// Changed in the compressed bytes of chunks, whose checksums are made right again.
    private static func sealed(_ image: ShardImage, _ random: inout RandomStream) -> [UInt8] {
        var image = image
        for _ in 0..<Int.random(in: 1...3, using: &random) {
            guard let chunk = image.chunks.randomElement(using: &random), !chunk.isEmpty else { continue }
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                image.bytes[Int.random(in: chunk, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            image.seal(chunk)
        }
        return image.bytes
    }

    /// Written by HDF5 itself, with rows that no task has.
    private static func written(_ design: Design, _ random: inout RandomStream) throws -> [UInt8] {
        var writer = ShardWriter(design: design, worker: "node-1", host: "host-1")
        let arrays = design.schema.measurements.count { $0.dimension != nil }
        for _ in 0..<Int.random(in: 0...4, using: &random) {
            let isOwn = Bool.random(using: &random)
            let task = isOwn ? Int.random(in: 0..<design.taskCount, using: &random) : Int(random.next() >> 33)
            let id = isOwn ? design.taskID(task) : TaskID(high: random.next(), low: random.next())
            let isSound = Bool.random(using: &random)
            let result = TaskResult(
                status: [.ok, .diverged, .failed][Int.random(in: 0..<3, using: &random)],
                values: (0..<design.schema.width).map { _ in isSound ? 0.5 : Double(bitPattern: random.next()) },
                lengths: (0..<arrays).map { _ in isSound ? 1 : Int(random.next() >> 34) })
            writer.append(
                task: task, id: id, attempt: isSound ? 1 : Int(random.next() >> 34), result: result, started: 1,
                seconds: Double(bitPattern: random.next()))
        }
        return try writer.encoded().bytes
    }
}
