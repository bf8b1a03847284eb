import SweepGrid
import Testing

@Suite struct IdentityTests {
    /// FIPS 180-4 examples and the lengths around a block.
    @Test func sha256MatchesItsReferenceVectors() {
        #expect(SHA256.hash([]).description == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        #expect(
            SHA256.hash(Array("abc".utf8)).description
                == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(
            SHA256.hash(Array("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq".utf8)).description
                == "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")
        var pieces = SHA256()
        for _ in 0..<1000 { pieces.update(Array(repeating: UInt8(ascii: "a"), count: 1000)) }
        #expect(
            pieces.finalize().description == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
    }

    @Test(arguments: 0..<130) func sha256DoesNotDependOnThePieces(_ count: Int) {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 7) }
        for cut in stride(from: 0, through: count, by: 11) {
            var hash = SHA256()
            hash.update(Array(bytes[..<cut]))
            hash.update(Array(bytes[cut...]))
            #expect(hash.finalize() == SHA256.hash(bytes))
        }
    }

    /// Random123's known answers for philox4x32-10.
    @Test func philoxMatchesItsReferenceVectors() {
        #expect(
            RandomStream.block(0, key: 0, highCounter: 0) == SIMD4(0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8))
        #expect(
            RandomStream.block(.max, key: .max, highCounter: .max)
                == SIMD4(0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd))
        #expect(
            RandomStream.block(0x85a3_08d3_243f_6a88, key: 0x299f_31d0_a409_3822, highCounter: 0x0370_7344_1319_8a2e)
                == SIMD4(0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1))
    }

    @Test func aStreamCanBeReadFromAnyPosition() {
        var whole = RandomStream(key: 3, highCounter: 5)
        let words = (0..<100).map { _ in whole.nextWord() }
        for start in 0..<100 {
            var part = RandomStream(key: 3, highCounter: 5, position: UInt64(start))
            #expect(part.nextWord() == words[start])
        }
    }

    private func design(_ options: Sweep.Options = .init()) throws -> Design {
        try Sweep("s", of: Fixture.self, replicates: 2) {
            Axis(\.count, [5, 10, 20], nested: ["samples"])
            Axis(\.method, [.slow, .fast], paired: true)
            Axis(\.rate, [0.25, -0.0])
        }.freeze(options).design
    }

    @Test func taskIDsAreDistinctAndEqualInEveryOrder() throws {
        let design = try design()
        var identities = TaskIdentities(design)
        let ids = (0..<design.taskCount).map { identities[$0] }
        #expect(Set(ids).count == design.taskCount)
        for task in (0..<design.taskCount).reversed() { #expect(design.taskID(task) == ids[task]) }
        #expect(TaskID(bytes: ids[3].bytes) == ids[3])
    }

    @Test func aTaskKeepsItsIDInAnotherGrid() throws {
        let narrow = try design(.init(overrides: [.init(axis: "count", text: "20")], replicates: 7))
        let wide = try design()
        // count=20, method=fast, rate=0.25, replicate 1
        #expect(narrow.taskID(2 * 7 + 1) == wide.taskID((2 * 4 + 2) * 2 + 1))
        #expect(narrow.digest != wide.digest)
        #expect(narrow.family == wide.family)
        #expect(try design(.init(seed: 9)).family != wide.family)
        #expect(try design(.init(seed: 9)).taskID(0) != wide.taskID(0))
    }

    @Test func aParameterAtItsDefaultIsLeftOutOfTheID() throws {
        let with = try Sweep("s", of: Fixture.self) { Axis(\.count, [10, 11]) }.freeze().design
        let without = try Sweep("s", of: Fixture.self) { Axis(\.dimension, [4, 5]) }.freeze().design
        #expect(with.taskID(0) == without.taskID(0))
        #expect(with.taskID(1) != without.taskID(1))
    }

    /// Goldens: the canonical bytes are a format, so these never change.
    @Test func identitiesAreTheGoldenOnes() throws {
        let design = try design()
        #expect(design.taskID(0).description == "57b102c1a6f395c9279f4cec234e6837")
        #expect(design.taskID(7).description == "fec389c4f93c749d3f4b5f41d9f19acf")
        var stream = design.streams(point: 3, replicate: 1).stream("samples")
        #expect(stream.nextWord() == 1_223_086_608)
    }

    @Test func pairedAndNestedParametersStayOutOfStreamKeys() throws {
        let design = try design()
        func words(_ point: Int, _ replicate: Int, _ name: String) -> UInt64 {
            var stream = design.streams(point: point, replicate: replicate).stream(name)
            return stream.next()
        }
        // point = (count * 2 + method) * 2 + rate
        #expect(words(0, 0, "samples") == words(2, 0, "samples"), "methods are paired on all streams")
        #expect(words(0, 0, "noise") == words(2, 0, "noise"))
        #expect(words(0, 0, "samples") == words(8, 0, "samples"), "counts are nested on samples")
        #expect(words(0, 0, "noise") != words(8, 0, "noise"), "and not on noise")
        #expect(words(0, 0, "samples") != words(1, 0, "samples"), "rates are independent")
        #expect(words(0, 0, "samples") != words(0, 1, "samples"), "replicates are independent")
        #expect(words(0, 0, "samples") != words(0, 0, "other"))
    }
}
