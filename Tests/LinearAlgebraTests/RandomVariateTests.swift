import Foundation
import SweepGrid
import Testing

@testable import LinearAlgebra

@Suite struct RandomVariateTests {
    let stream = RandomStream(key: 0x0123_4567_89ab_cdef, highCounter: 0xfedc_ba98_7654_3210)

    @Test func theFirstBlockOfTheZeroKeyIsThePublishedOne() {
        #expect(
            InstructionSet.baseline.words(4, of: RandomStream(key: 0, highCounter: 0))
                == [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8])
    }

    @Test(arguments: [0, 1, 63, 64, 1_000, 1 << 34 - 30, 1 << 62] as [UInt64])
    func filledWordsAreTheWordsOfTheStream(position: UInt64) {
        var filling = stream
        filling.position = position
        var stepping = filling
        var words = [UInt32](repeating: 0, count: 200)
        words.withUnsafeMutableBufferPointer { filling.fillWords($0) }
        #expect(words == (0..<200).map { _ in stepping.nextWord() })
        #expect(filling == stepping)
    }

    @Test(arguments: InstructionSet.allCases.filter(\.isSupported))
    func everyInstructionSetGivesTheSameBits(set: InstructionSet) {
        for position in [0, 2, 62, 1 << 34 - 64, 1 << 61] as [UInt64] {
            var start = stream
            start.position = position
            #expect(set.words(5_000, of: start) == InstructionSet.baseline.words(5_000, of: start))
            #expect(
                set.floatNormals(50_000, of: start).map(\.bitPattern)
                    == InstructionSet.baseline.floatNormals(50_000, of: start).map(\.bitPattern))
            #expect(
                set.doubleNormals(50_000, of: start).map(\.bitPattern)
                    == InstructionSet.baseline.doubleNormals(50_000, of: start).map(\.bitPattern))
        }
    }

    @Test func theDispatchedKernelGivesTheSameBitsAsTheBaseline() {
        #expect(floats(10_000, from: stream) == InstructionSet.baseline.floatNormals(10_000, of: stream))
        var doubles = stream
        #expect(doubles.normals(10_000) == InstructionSet.baseline.doubleNormals(10_000, of: stream))
    }

    @Test func aVariateDependsOnItsPositionAlone() {
        let whole = floats(1_000, from: stream)
        for (start, length) in [(0, 7), (1, 64), (63, 2), (64, 64), (130, 300), (999, 1)] {
            var part = stream
            part.position = UInt64(start)
            #expect(floats(length, from: part) == Array(whole[start..<start + length]))
        }
    }

    @Test func variatesTakenInPiecesAreVariatesTakenAtOnce() {
        var pieces = stream
        var taken: [Double] = []
        for length in [1, 2, 31, 32, 33, 5, 96] { taken += pieces.normals(length) }
        var whole = stream
        #expect(taken == whole.normals(200))
        #expect(pieces == whole)
    }

    @Test func doubleVariatesStartAtAnEvenWord() {
        var odd = stream
        odd.position = 3
        var even = stream
        even.position = 4
        #expect(odd.normals(10) == even.normals(10))
        #expect(odd == even)
    }

    @Test func noVariatesLeaveTheStreamWhereItIs() {
        var unmoved = stream
        unmoved.fillWords(UnsafeMutableBufferPointer(start: nil, count: 0))
        #expect(unmoved.normals(0) == [])
        #expect(unmoved == stream)
    }

    // MARK: Distribution

    /// The moments of a standard normal: 0, 1, 0, 3, 0, 15, each within five standard errors.
    @Test func momentsAreThoseOfTheNormalLaw() {
        let count = 1 << 20
        var doubles = stream
        for sample in [floats(count, from: stream).map(Double.init), doubles.normals(count)] {
            for (power, moment, variance) in [(1, 0.0, 1.0), (2, 1, 2), (3, 0, 15), (4, 3, 96), (6, 15, 10_170)] {
                let mean = sample.reduce(0) { $0 + pow($1, Double(power)) } / Double(count)
                #expect(abs(mean - moment) < 5 * (variance / Double(count)).squareRoot(), "moment \(power)")
            }
        }
    }

    /// The largest distance of the distribution function; 1.95 / sqrt(n) is exceeded once in a thousand.
    @Test func theDistributionFunctionIsTheNormalOne() {
        let count = 1 << 18
        var doubles = stream
        for sample in [floats(count, from: stream).map(Double.init), doubles.normals(count)] {
            var largest = 0.0
            for (index, value) in sample.sorted().enumerated() {
                let probability = 0.5 * erfc(-value / 2.0.squareRoot())
                largest = max(largest, abs(probability - Double(index) / Double(count)))
                largest = max(largest, abs(probability - Double(index + 1) / Double(count)))
            }
            #expect(largest < 1.95 / Double(count).squareRoot())
        }
    }

    /// Counts beyond 2, 3, 4 and 5 deviations on both sides, within five standard errors of a Poisson law.
    @Test func tailsHoldTheirShare() {
        let count = 1 << 22
        let sample = floats(count, from: stream)
        for bound in [2.0, 3, 4, 5] {
            let expected = Double(count) * 0.5 * erfc(bound / 2.0.squareRoot())
            let above = Double(sample.count { Double($0) > bound })
            let below = Double(sample.count { Double($0) < -bound })
            #expect(abs(above - expected) < 5 * expected.squareRoot() + 1)
            #expect(abs(below - expected) < 5 * expected.squareRoot() + 1)
        }
        #expect(sample.allSatisfy { $0.isFinite })
    }

    /// Products at distances where pairs, lanes and groups of the kernel meet, of values and of squares.
    @Test func variatesAtAnyDistanceAreUncorrelated() {
        let count = 1 << 20
        let sample = floats(count + 256, from: stream).map(Double.init)
        for distance in [1, 2, 3, 8, 16, 32, 48, 64, 128, 256] {
            let products = (0..<count).reduce(0.0) { $0 + sample[$1] * sample[$1 + distance] }
            let squares = (0..<count).reduce(0.0) {
                $0 + (sample[$1] * sample[$1] - 1) * (sample[$1 + distance] * sample[$1 + distance] - 1)
            }
            #expect(abs(products) < 5 * Double(count).squareRoot(), "distance \(distance)")
            #expect(abs(squares) < 5 * 2 * Double(count).squareRoot(), "squares at distance \(distance)")
        }
    }

    /// The formula in the C library's arithmetic: the polynomials of the kernel are close to it.
    @Test func singlePrecisionFollowsBoxMuller() {
        let words = InstructionSet.baseline.words(64 * 100, of: stream)
        let normals = InstructionSet.baseline.floatNormals(64 * 100, of: stream)
        for group in 0..<100 {
            for block in 0..<16 {
                for pair in [0, 2] {
                    let word = 64 * group + 4 * block + pair
                    let radius = (-2 * log((Double(words[word]) + 0.5) * 0x1p-32)).squareRoot()
                    let angle = Double(Int32(bitPattern: words[word + 1])) * 0x1p-32 * Double.pi
                    let sign = words[word + 1] & 1 == 0 ? 1.0 : -1.0
                    let first = Double(normals[64 * group + 16 * pair + block])
                    let second = Double(normals[64 * group + 16 * pair + 16 + block])
                    #expect(abs(first - sign * radius * cos(angle)) < 2e-6)
                    #expect(abs(second - radius * sin(angle)) < 2e-6)
                }
            }
        }
    }

    @Test func doublePrecisionFollowsBoxMuller() {
        let words = InstructionSet.baseline.words(4 * 1_000, of: stream)
        let normals = InstructionSet.baseline.doubleNormals(2_000, of: stream)
        for block in 0..<1_000 {
            let long = { (index: Int) in UInt64(words[4 * block + index + 1]) << 32 | UInt64(words[4 * block + index]) }
            let radius = (-2 * log((Double(long(0) >> 11) + 0.5) * 0x1p-53)).squareRoot()
            let angle = Double(Int64(bitPattern: long(2)) >> 11) * 0x1p-53 * Double.pi
            let sign = long(2) & 1 == 0 ? 1.0 : -1.0
            #expect(abs(normals[2 * block] - sign * radius * cos(angle)) < 1e-14)
            #expect(abs(normals[2 * block + 1] - radius * sin(angle)) < 1e-14)
        }
    }

    private func floats(_ count: Int, from stream: RandomStream) -> [Float] {
        var stream = stream
        var values = [Float](repeating: 0, count: count)
        values.withUnsafeMutableBufferPointer { stream.fillNormals($0) }
        return values
    }
}
