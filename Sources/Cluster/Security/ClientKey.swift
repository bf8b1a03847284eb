package import ZeroMQ

/// The key that a worker or an operator connects with.
package struct ClientKey: Hashable, Sendable {
    /// What the key is called.
    package let name: String
    /// What it may do.
    package let role: Role
    /// What the client's socket must have among its options.
    package let security: SocketSecurity

    /// Takes a principal's key file for a connection.
    ///
    /// - Throws: `ClusterError` when the file is revoked, has another role, or lacks a half that a client needs.
    init(_ key: KeyFile, path: String, role: Role) throws(ClusterError) {
        guard let principal = key.principal else {
            throw ClusterError(
                "'\(path)' is the coordinator's own key; connect with one of 'phasemap keys add NAME --role \(role.rawValue)'"
            )
        }
        if let revoked = principal.revoked {
            throw ClusterError(
                "the key '\(path)' was revoked \(revoked); make a new one on the coordinator's host with 'phasemap keys add NAME --role \(role.rawValue)'"
            )
        }
        guard principal.role == role else {
            throw ClusterError(
                "the key '\(path)' has the role \(principal.role.rawValue), and this needs the role \(role.rawValue); make such a key on the coordinator's host with 'phasemap keys add NAME --role \(role.rawValue)'"
            )
        }
        guard let secretKey = key.secretKey, let serverKey = key.serverKey else {
            throw ClusterError(
                "'\(path)' lacks the secret or the coordinator's key; copy the whole file from where it was made")
        }
        do { security = .client(try CurveKeyPair(secretKey), server: serverKey) } catch {
            throw ClusterError("the key '\(path)' cannot be used: \(error)")
        }
        name = key.name
        self.role = role
    }
}
