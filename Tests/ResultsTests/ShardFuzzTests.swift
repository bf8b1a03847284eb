import Foundation
import SweepGrid
import Testing

@testable import Results

@Suite struct ShardFuzzTests {
    /// A sender that computes the digest of its own damage: any answer but a crash is right.
    @Test func bytesFlippedBeforeTheDigestWasComputedNeverCrashTheReader() throws {
        let design = Fixture.product
        var writer = ShardWriter(design: design, worker: "node-1", host: "host-1")
        for task in 0..<3 {
            writer.append(
                task: task, id: design.taskID(task), attempt: 2, result: Fixture.result(task, of: design),
                started: 1, seconds: 0.25)
        }
        let bytes = try writer.encoded().bytes
        var reader = ShardReader(design: design)
        var refused = 0
        var state: UInt64 = 1
        for position in stride(from: 0, to: bytes.count, by: 41) {
            var damaged = bytes
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            damaged[position] ^= UInt8(truncatingIfNeeded: state >> 56) | 1
            do { _ = try reader.verify(damaged, digest: SHA256.hash(damaged), name: "x") } catch { refused += 1 }
        }
        #expect(refused > 50)
    }
}
