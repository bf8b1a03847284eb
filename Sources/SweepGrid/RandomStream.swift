/// A deterministic stream of random words: Philox4x32-10 under one key, addressed by position.
///
/// Any part of a stream can be computed without what comes before it, so a kernel may fill many values at once and still
/// agree with a loop word by word. Source: Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
public struct RandomStream: RandomNumberGenerator, Hashable, Sendable {
    /// The Philox key: its low half is key word 0, its high half key word 1.
    public let key: UInt64
    /// The upper half of the counter: its low half is counter word 2, its high half counter word 3.
    public let highCounter: UInt64
    /// The index of the next 32-bit word; four words make a block, whose number is the lower half of the counter.
    public var position: UInt64

    /// Creates the stream of a key and upper counter, at the given word.
    public init(key: UInt64, highCounter: UInt64, position: UInt64 = 0) {
        self.key = key
        self.highCounter = highCounter
        self.position = position
    }

    /// The next 32-bit word.
    public mutating func nextWord() -> UInt32 {
        let block = Self.block(position / 4, key: key, highCounter: highCounter)
        let word = block[Int(position % 4)]
        position &+= 1
        return word
    }

    /// The next two words as one, the first in the low half.
    public mutating func next() -> UInt64 {
        let low = UInt64(nextWord())
        return low | UInt64(nextWord()) << 32
    }

    /// A uniform real in [0, 1) with 53 bits, from the next two words.
    public mutating func nextUniform() -> Double {
        Double(next() >> 11) * 0x1p-53
    }

    /// The four words of a block: ten rounds of Philox4x32.
    public static func block(_ index: UInt64, key: UInt64, highCounter: UInt64) -> SIMD4<UInt32> {
        var counter = SIMD4(
            UInt32(truncatingIfNeeded: index), UInt32(truncatingIfNeeded: index >> 32),
            UInt32(truncatingIfNeeded: highCounter), UInt32(truncatingIfNeeded: highCounter >> 32))
        var key0 = UInt32(truncatingIfNeeded: key)
        var key1 = UInt32(truncatingIfNeeded: key >> 32)
        for _ in 0..<10 {
            let product0 = UInt64(counter[0]) &* 0xD251_1F53
            let product1 = UInt64(counter[2]) &* 0xCD9E_8D57
            counter = SIMD4(
                UInt32(truncatingIfNeeded: product1 >> 32) ^ counter[1] ^ key0, UInt32(truncatingIfNeeded: product1),
                UInt32(truncatingIfNeeded: product0 >> 32) ^ counter[3] ^ key1, UInt32(truncatingIfNeeded: product0))
            key0 &+= 0x9E37_79B9
            key1 &+= 0xBB67_AE85
        }
        return counter
    }
}
