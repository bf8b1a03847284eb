import SweepGrid
import Testing

@testable import Results

@Suite struct CheckpointFileTests {
    private let task = TaskID(high: 0x0123_4567_89AB_CDEF, low: 0xFEDC_BA98_7654_3210)

    private var file: CheckpointFile {
        CheckpointFile(experiment: "toy", version: 2, task: task, state: [0xAA, 0xBB, 0xCC])
    }

    @Test func aCheckpointComesBackUnchanged() throws {
        for state in [[], [UInt8](repeating: 7, count: 100_000)] {
            var file = file
            file.state = state
            #expect(try CheckpointFile(file.bytes, name: "x") == file)
        }
    }

    /// What every later release must read as this checkpoint, byte by byte.
    @Test func theBytesAreThoseOfVersion1() {
        let hexadecimal = file.bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        #expect(
            hexadecimal
                == "70686173656d617020636865636b706f696e740a" + "01000000" + "0200000000000000"
                + "0123456789abcdeffedcba9876543210" + "03000000" + "0300000000000000" + "746f79" + "aabbcc")
    }

    @Test func everyCutAndEveryLengtheningIsRefused() {
        let bytes = file.bytes
        for count in 0..<bytes.count {
            #expect(throws: StorageError.self) { try CheckpointFile(Array(bytes.prefix(count)), name: "x") }
        }
        #expect(throws: StorageError.self) { try CheckpointFile(bytes + [0], name: "x") }
    }

    /// Every changed byte is refused, or is read as another checkpoint and written again as the same bytes.
    @Test func everyChangedByteIsRefusedOrIsAnotherCheckpoint() {
        let bytes = file.bytes
        for index in bytes.indices {
            for value in UInt8.min...UInt8.max where value != bytes[index] {
                var changed = bytes
                changed[index] = value
                if let read = try? CheckpointFile(changed, name: "x") {
                    #expect(read != file && read.bytes == changed)
                }
            }
        }
    }

    /// Sizes beyond any memory are refused before memory is taken for them.
    @Test func randomBytesAreHarmless() {
        var stream = RandomStream(key: 5, highCounter: 8)
        for _ in 0..<20_000 {
            var bytes = file.bytes
            for _ in 0..<Int.random(in: 1...6, using: &stream) {
                bytes[Int.random(in: 19..<bytes.count, using: &stream)] = UInt8.random(in: 0...255, using: &stream)
            }
            if Bool.random(using: &stream) { bytes.removeLast(Int.random(in: 0..<bytes.count, using: &stream)) }
            if let read = try? CheckpointFile(bytes, name: "x") { #expect(read.bytes == bytes) }
        }
    }

    @Test func aCheckpointOfSomethingElseIsRefusedWithItsReason() throws {
        let design = Fixture.design([Fixture.axis("sampleCount", [.integer(1), .integer(2)])])
        func problem(_ change: (inout CheckpointFile) -> Void, task: Int = 1, digest: Digest? = nil) -> String {
            var file = CheckpointFile(
                experiment: design.experiment, version: design.version, task: design.taskID(1), state: [1])
            change(&file)
            let bytes = file.bytes
            do {
                _ = try CheckpointFile(bytes, name: "c", digest: digest ?? SHA256.hash(bytes), of: task, in: design)
                return ""
            } catch { return "\(error)" }
        }
        #expect(problem { _ in } == "")
        #expect(problem { $0.version += 1 }.contains("is of experiment '\(design.experiment)' version"))
        #expect(problem { $0.experiment = "other" }.contains("is of experiment 'other'"))
        #expect(problem({ _ in }, task: 2).contains("not of task 2"))
        #expect(problem({ _ in }, task: -1).contains("not of task -1"))
        #expect(problem({ _ in }, digest: SHA256.hash([])).contains("does not have the SHA-256"))
    }

    @Test func theNameHoldsTheDigest() {
        let digest = SHA256.hash([1])
        #expect(CheckpointFile.digest(in: CheckpointFile.name(digest)) == digest)
        #expect(CheckpointFile.digest(in: "shard-\(digest).h5") == nil)
        #expect(CheckpointFile.digest(in: "checkpoint-12.bin") == nil)
    }
}
