import Cluster
import Foundation
import SweepGrid
import Testing

/// How long to fuzz beyond the fixed seeds: `make fuzz` sets it.
private let fuzzSeconds = Double(ProcessInfo.processInfo.environment["FUZZ_SECONDS"] ?? "") ?? 0

@Suite struct WireFuzzTests {
    /// Whatever the bytes are, they are a message or a `WireError`; and what was accepted can be sent on unchanged.
    @Test(arguments: 0..<8)
    func mutatedFramesAreMessagesOrErrors(seed: Int) throws {
        var random = RandomStream(key: UInt64(seed), highCounter: 0)
        let end = Date(timeIntervalSinceNow: fuzzSeconds / 8)
        var accepted = 0
        var refused = 0
        repeat {
            for (_, frame) in ExampleMessages.worker {
                let parts = mutated(frame.parts, &random)
                if let decoded = try? WorkerFrame(parts: parts[...]) {
                    #expect(try WorkerFrame(parts: decoded.parts[...]) == decoded)
                    accepted += 1
                } else {
                    refused += 1
                }
            }
            for (_, frame) in ExampleMessages.coordinator {
                let parts = mutated(frame.parts, &random)
                if let decoded = try? CoordinatorFrame(parts: parts[...]) {
                    #expect(try CoordinatorFrame(parts: decoded.parts[...]) == decoded)
                    accepted += 1
                } else {
                    refused += 1
                }
            }
        } while accepted + refused < 3000 || Date() < end
        #expect(accepted > 0 && refused > 0)
    }

    @Test(arguments: 0..<4)
    func garbageIsNeverAMessage(seed: Int) {
        var random = RandomStream(key: UInt64(seed), highCounter: 1)
        for _ in 0..<1000 {
            let parts = (0..<Int.random(in: 0...3, using: &random)).map { _ in
                (0..<Int.random(in: 0...64, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
            }
            #expect(throws: WireError.self) { try WorkerFrame(parts: parts[...]) }
            #expect(throws: WireError.self) { try CoordinatorFrame(parts: parts[...]) }
        }
    }
}

/// The body with a few bytes changed, inserted, removed or cut off.
private func mutated(_ parts: [[UInt8]], _ random: inout RandomStream) -> [[UInt8]] {
    var body = parts[1]
    for _ in 0..<Int.random(in: 1...4, using: &random) {
        let place = Int.random(in: 0...body.count, using: &random)
        switch Int.random(in: 0..<5, using: &random) {
        case 0: if place < body.count { body[place] = UInt8.random(in: 0...255, using: &random) }
        case 1: body.insert(UInt8.random(in: 0...255, using: &random), at: place)
        case 2: if place < body.count { body.remove(at: place) }
        case 3: body.removeSubrange(place...)
        default: if place < body.count { body[place] ^= 1 << UInt8.random(in: 0..<8, using: &random) }
        }
    }
    return [parts[0], body]
}
