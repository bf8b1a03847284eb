package import ZeroMQ

/// What one key file says; `docs/formats/keys.md` describes its text.
package struct KeyFile: Hashable, Sendable {
    /// Whose key it is.
    package enum Owner: Hashable, Sendable {
        /// The coordinator's own, which clients know it by.
        case server
        /// That of a worker or an operator.
        case principal(Role)
    }

    /// What the key is called; the file is `<name>.key`.
    package var name: String
    /// Whose key it is.
    package var owner: Owner
    /// The half that may be shown.
    package var publicKey: CurvePublicKey
    /// The half that must not; nil in a revoked file, or when the coordinator's copy was stripped of it.
    package var secretKey: CurveSecretKey?
    /// For a principal, the key of the coordinator that it talks to.
    package var serverKey: CurvePublicKey?
    /// When it was revoked (ISO 8601, UTC); nil while it is valid.
    package var revoked: String?

    /// The name of the coordinator's own key.
    static let serverName = "coordinator"
    /// The largest file that is read, in bytes.
    static let sizeLimit = 4096
    private static let title = "phasemap-key 1"

    /// The principal that the file admits; nil for the coordinator's own key.
    package var principal: Principal? {
        guard case .principal(let role) = owner else { return nil }
        return Principal(name: name, role: role, publicKey: publicKey, revoked: revoked)
    }

    /// The file's text.
    package var text: String {
        var lines = [Self.title, "name \(name)"]
        switch owner {
        case .server: lines.append("role coordinator")
        case .principal(let role): lines.append("role \(role.rawValue)")
        }
        lines.append("public \(publicKey.text)")
        if let secretKey { lines.append("secret \(secretKey.text)") }
        if let serverKey { lines.append("server \(serverKey.text)") }
        if let revoked { lines.append("revoked \(revoked)") }
        return lines.joined(separator: "\n") + "\n"
    }

    /// A key with these halves.
    init(
        name: String, owner: Owner, publicKey: CurvePublicKey, secretKey: CurveSecretKey?, serverKey: CurvePublicKey?,
        revoked: String? = nil
    ) {
        self.name = name
        self.owner = owner
        self.publicKey = publicKey
        self.secretKey = secretKey
        self.serverKey = serverKey
        self.revoked = revoked
    }

    /// Reads the text of a key file.
    ///
    /// - Parameter path: for the error.
    /// - Throws: `ClusterError` for anything but a whole key file of a known version; it never shows the contents.
    package init(_ bytes: [UInt8], path: String) throws(ClusterError) {
        func bad(_ why: String) -> ClusterError {
            ClusterError("'\(path)' is not a key file of this release: \(why); make a new one with 'phasemap keys add'")
        }
        guard bytes.count <= Self.sizeLimit, let text = String(validating: bytes, as: UTF8.self) else {
            throw bad("it is no text of at most \(Self.sizeLimit) bytes")
        }
        var lines = text.split(separator: "\n", omittingEmptySubsequences: true)[...]
        let title = lines.popFirst() ?? ""
        guard title == Self.title else {
            throw bad(
                title.hasPrefix("phasemap-key ") ? "it has another version" : "it does not begin with '\(Self.title)'")
        }
        var fields: [String: String] = [:]
        for line in lines {
            let parts = line.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, Self.fieldNames.contains(String(parts[0])) else { throw bad("a line is no field") }
            guard fields.updateValue(String(parts[1]), forKey: String(parts[0])) == nil else {
                throw bad("the field '\(parts[0])' stands twice")
            }
        }
        guard let name = fields["name"], let role = fields["role"], let publicText = fields["public"] else {
            throw bad("the name, the role or the public key is missing")
        }
        if role == "coordinator" {
            guard name == Self.serverName else { throw bad("the name does not fit the role") }
            owner = .server
        } else {
            guard let role = Role(rawValue: role) else { throw bad("the role is unknown") }
            guard Principal.mistake(inName: name) == nil else { throw bad("the name is none") }
            owner = .principal(role)
        }
        guard let publicKey = CurvePublicKey(publicText) else { throw bad("the public key is damaged") }
        if let secretText = fields["secret"] {
            guard let secretKey = CurveSecretKey(secretText), (try? secretKey.publicKey()) == publicKey else {
                throw bad("the secret key is damaged or belongs to another public key")
            }
            self.secretKey = secretKey
        }
        if let serverText = fields["server"] {
            guard let serverKey = CurvePublicKey(serverText) else { throw bad("the server's key is damaged") }
            self.serverKey = serverKey
        }
        self.name = name
        self.publicKey = publicKey
        revoked = fields["revoked"].map(printable)
    }

    private static let fieldNames: Set<String> = ["name", "role", "public", "secret", "server", "revoked"]
}
