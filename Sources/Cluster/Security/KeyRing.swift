import ZeroMQ

/// Whether the sender of a message may do what it asks for.
package enum Admission: Hashable, Sendable {
    /// It may, and this is who it is.
    case granted(Principal)
    /// It may not; the sentence is for both sides.
    case refused(String)

    /// Why not; nil when it may.
    package var refusal: String? {
        if case .refused(let why) = self { why } else { nil }
    }
}

/// The keys that count at a moment, by their public half.
struct KeyRing: Hashable, Sendable {
    private var principals: [String: Principal] = [:]

    /// The ring of these principals; a key that stands there twice is revoked when one of them is.
    init(_ principals: [Principal] = []) {
        for principal in principals where self.principals[principal.publicKey.text]?.revoked == nil {
            self.principals[principal.publicKey.text] = principal
        }
    }

    /// The principal of a key, also when it was revoked.
    subscript(key: CurvePublicKey) -> Principal? { principals[key.text] }

    /// Decides about a message. O(1).
    ///
    /// - Parameter userID: what the authenticator knows its sender by: the public key.
    func admission(of userID: String?, for role: Role) -> Admission {
        guard let userID else { return .refused("the message came without a key; connect with --key") }
        guard let principal = principals[userID] else {
            return .refused(
                "the key \(printable(String(userID.prefix(10))))... is not in the coordinator's key directory (any more); make one there with 'phasemap keys add NAME --role \(role.rawValue)'"
            )
        }
        if let revoked = principal.revoked {
            return .refused(
                "the key '\(principal.name)' was revoked \(revoked); make a new one on the coordinator's host with 'phasemap keys add NAME --role \(role.rawValue)'"
            )
        }
        guard principal.role == role else {
            return .refused(
                "the key '\(principal.name)' has the role \(principal.role.rawValue), and this needs the role \(role.rawValue); make such a key on the coordinator's host with 'phasemap keys add NAME --role \(role.rawValue)'"
            )
        }
        return .granted(principal)
    }
}
