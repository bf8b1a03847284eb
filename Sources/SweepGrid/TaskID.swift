/// The stable identity of a task: the first 128 bits of the SHA-256 of its canonical bytes.
///
/// It depends on what is computed (experiment, version, parameters, replicate, seed) and on nothing else, so the same
/// task has the same ID in every sweep that contains it. Canonical bytes: `CanonicalBytes`.
public struct TaskID: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// The first 64 bits.
    public let high: UInt64
    /// The last 64 bits.
    public let low: UInt64

    /// Creates an ID from its two halves.
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Creates the ID that `digest` begins with.
    init(_ digest: Digest) {
        self.init(high: digest.firstWord, low: digest.secondWord)
    }

    /// Creates an ID from its 16 bytes; nil when there are not 16.
    public init?(bytes: some Collection<UInt8>) {
        guard bytes.count == 16 else { return nil }
        var halves: (UInt64, UInt64) = (0, 0)
        for (index, byte) in bytes.enumerated() {
            if index < 8 { halves.0 = halves.0 << 8 | UInt64(byte) } else { halves.1 = halves.1 << 8 | UInt64(byte) }
        }
        self.init(high: halves.0, low: halves.1)
    }

    /// The 16 bytes in order.
    public var bytes: [UInt8] {
        (0..<16).map { UInt8(truncatingIfNeeded: ($0 < 8 ? high : low) >> UInt64(56 - 8 * ($0 % 8))) }
    }

    /// The 32 hexadecimal digits.
    public var description: String { hexadecimal(high) + hexadecimal(low) }

    public static func < (left: TaskID, right: TaskID) -> Bool {
        (left.high, left.low) < (right.high, right.low)
    }
}
