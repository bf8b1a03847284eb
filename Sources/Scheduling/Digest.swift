/// A SHA-256 digest, 32 bytes.
public struct Digest: Hashable, Sendable {
    /// The 32 bytes, first byte first.
    public let bytes: [UInt8]

    /// Takes the bytes of a digest that was computed elsewhere.
    public init(_ bytes: [UInt8]) { self.bytes = bytes }
}
