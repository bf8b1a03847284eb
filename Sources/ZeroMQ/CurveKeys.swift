internal import CZeroMQ

/// The half of a CURVE key pair that may be shown to anybody; it names whoever holds the other half.
public struct CurvePublicKey: Hashable, Sendable, CustomStringConvertible {
    /// The 32 bytes in the Z85 encoding (ZeroMQ RFC 32): 40 printable characters without a space or a quote.
    public let text: String

    /// Reads a key as `text` gives it; nil when that is no key.
    public init?(_ text: String) {
        guard isKeyText(text) else { return nil }
        self.text = text
    }

    /// A key from its 32 bytes, as an authentication request carries it; nil when there are more or fewer.
    public init?(bytes: [UInt8]) {
        guard bytes.count == keyByteCount else { return nil }
        var text = [CChar](repeating: 0, count: keyTextCount + 1)
        guard zmq_z85_encode(&text, bytes, bytes.count) != nil else { return nil }
        self.text = string(text)
    }

    /// The text.
    public var description: String { text }
}

/// The half of a CURVE key pair that its owner keeps; it never appears in a description.
public struct CurveSecretKey: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    /// The 32 bytes in the Z85 encoding: 40 printable characters.
    public let text: String

    /// Reads a key as `text` gives it; nil when that is no key.
    public init?(_ text: String) {
        guard isKeyText(text) else { return nil }
        self.text = text
    }

    /// The public half.
    ///
    /// - Throws: `ZeroMQError` when the library was built without CURVE.
    public func publicKey() throws(ZeroMQError) -> CurvePublicKey {
        var key = [CChar](repeating: 0, count: keyTextCount + 1)
        guard zmq_curve_public(&key, text) == 0, let result = CurvePublicKey(string(key)) else {
            throw ZeroMQError("zmq_curve_public", on: "a secret key")
        }
        return result
    }

    /// Not the key.
    public var description: String { "(secret key)" }
    /// Not the key.
    public var debugDescription: String { description }
    /// Nothing, so that a dump of what holds the key does not show it.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// Both halves of a CURVE key.
public struct CurveKeyPair: Hashable, Sendable {
    /// The half that may be shown.
    public let publicKey: CurvePublicKey
    /// The half that must not.
    public let secretKey: CurveSecretKey

    /// The pair of a secret key.
    ///
    /// - Throws: `ZeroMQError` when the library was built without CURVE.
    public init(_ secretKey: CurveSecretKey) throws(ZeroMQError) {
        publicKey = try secretKey.publicKey()
        self.secretKey = secretKey
    }

    /// Draws a new pair from the system's random source.
    ///
    /// - Throws: `ZeroMQError` when the library was built without CURVE.
    public init() throws(ZeroMQError) {
        var publicText = [CChar](repeating: 0, count: keyTextCount + 1)
        var secretText = publicText
        guard zmq_curve_keypair(&publicText, &secretText) == 0,
            let publicKey = CurvePublicKey(string(publicText)), let secretKey = CurveSecretKey(string(secretText))
        else { throw ZeroMQError("zmq_curve_keypair", on: "a new key pair") }
        self.publicKey = publicKey
        self.secretKey = secretKey
    }

    /// Whether the library can encrypt and authenticate connections.
    public static var isAvailable: Bool { zmq_has("curve") == 1 }
}

private let keyByteCount = 32
private let keyTextCount = 40

private func isKeyText(_ text: String) -> Bool {
    guard text.utf8.count == keyTextCount, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return false }
    var bytes = [UInt8](repeating: 0, count: keyByteCount)
    guard zmq_z85_decode(&bytes, text) != nil else { return false }
    // Groups beyond 32 bits wrap around in some releases of the library: only what encodes to itself is a key.
    var again = [CChar](repeating: 0, count: keyTextCount + 1)
    return zmq_z85_encode(&again, bytes, keyByteCount) != nil && string(again) == text
}

private func string(_ text: [CChar]) -> String {
    String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}
