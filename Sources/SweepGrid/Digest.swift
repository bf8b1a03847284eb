/// A SHA-256 digest: 256 bits.
public struct Digest: Hashable, Sendable, CustomStringConvertible {
    /// The digest as four words, most significant first.
    private let words: SIMD4<UInt64>

    /// Creates a digest from the eight state words of SHA-256.
    init(words state: SIMD8<UInt32>) {
        var words = SIMD4<UInt64>()
        for index in 0..<4 { words[index] = UInt64(state[2 * index]) << 32 | UInt64(state[2 * index + 1]) }
        self.words = words
    }

    /// Creates a digest from its 32 bytes; nil when there are not 32.
    public init?(bytes: some Collection<UInt8>) {
        guard bytes.count == 32 else { return nil }
        var words = SIMD4<UInt64>()
        for (index, byte) in bytes.enumerated() { words[index / 8] = words[index / 8] << 8 | UInt64(byte) }
        self.words = words
    }

    /// Creates a digest from its 64 hexadecimal digits; nil when they are not that.
    public init?(hexadecimal text: String) {
        let digits = Array(text.utf8)
        guard digits.count == 64 else { return nil }
        var words = SIMD4<UInt64>()
        for (index, digit) in digits.enumerated() {
            guard let nibble = Character(Unicode.Scalar(digit)).hexDigitValue else { return nil }
            words[index / 16] = words[index / 16] << 4 | UInt64(nibble)
        }
        self.words = words
    }

    /// The first 64 bits.
    public var firstWord: UInt64 { words[0] }

    /// The second 64 bits.
    public var secondWord: UInt64 { words[1] }

    /// The 32 bytes in order.
    public var bytes: [UInt8] {
        (0..<32).map { UInt8(truncatingIfNeeded: words[$0 / 8] >> UInt64(56 - 8 * ($0 % 8))) }
    }

    /// The 64 hexadecimal digits.
    public var description: String { (0..<4).map { hexadecimal(words[$0]) }.joined() }
}

extension Digest: Codable {
    /// Reads the 64 hexadecimal digits.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let digest = Digest(hexadecimal: text) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "'\(text)' is not the 64 hexadecimal digits of a SHA-256 digest")
        }
        self = digest
    }

    /// Writes the 64 hexadecimal digits.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
