package import ZeroMQ

/// What the holder of a key may do.
package enum Role: String, Hashable, Sendable, CaseIterable {
    /// Compute tasks: register, lease, deliver.
    case worker
    /// Look and steer: status, cancel, drain.
    case control
}

/// Somebody with a key.
package struct Principal: Hashable, Sendable {
    /// What the key is called, such as `node1`.
    package var name: String
    /// What it may do.
    package var role: Role
    /// The half of the key that proves who it is.
    package var publicKey: CurvePublicKey
    /// When the key was revoked, as people write it (ISO 8601, UTC); nil while it is valid.
    package var revoked: String?
}

extension Principal {
    /// The longest name in bytes.
    static let nameLimit = 64

    /// Why a text cannot name a principal; nil when it can. A name becomes a file name.
    static func mistake(inName name: String) -> String? {
        let isFine = { (byte: UInt8) in
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_") || byte == UInt8(ascii: ".")
        }
        if name.isEmpty { return "a key needs a name, such as node1" }
        if name.utf8.count > nameLimit {
            return "the name has \(name.utf8.count) characters; at most \(nameLimit) are allowed"
        }
        if !name.utf8.allSatisfy(isFine) || name.hasPrefix(".") || name.hasPrefix("-") {
            return
                "'\(printable(name))' is no name for a key: use letters, digits, '-', '_' and '.', beginning with a letter or digit"
        }
        if name == KeyFile.serverName { return "'\(name)' is the name of the coordinator's own key; choose another" }
        return nil
    }
}

/// A text from outside on one line of at most 100 characters.
func printable(_ text: String) -> String {
    String(text.prefix(100).map { $0.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F } ? $0 : "?" })
}
