package import ZeroMQ

/// Which endpoints need keys, and with which keys the two sides meet there.
package enum Security {
    /// The gate of a coordinator that listens at `endpoint`; nil where none is needed.
    ///
    /// Beyond this host keys are a must. On this host they are used when `keys` is given.
    ///
    /// - Throws: `ClusterError`: one sentence with the command to run when keys are needed and there are none.
    package static func server(
        for endpoint: String, keys: KeyDirectory?, in context: Context, log: @escaping @Sendable (String) -> Void
    ) throws(ClusterError) -> Gatekeeper? {
        try EndpointReach.check(endpoint)
        let isReachable = EndpointReach(of: endpoint) == .network
        if keys == nil && !isReachable { return nil }
        let keys = keys ?? .standard
        guard keys.isInitialized else {
            let none = "there are none in '\(keys.path)': run 'phasemap keys init\(keys.option)'"
            throw ClusterError(
                isReachable
                    ? "\(endpoint) can be reached from other hosts, which needs keys, and \(none), or listen at tcp://127.0.0.1:PORT"
                    : "the keys of --keys are needed at \(endpoint), and \(none)")
        }
        return try Gatekeeper(keys, in: context, log: log)
    }

    /// The key of a worker or an operator that connects to `endpoint`; nil where none is needed.
    ///
    /// - Parameters:
    ///   - key: the name of a key in `keys`, or the path of a key file; nil for the only key of the role in `keys`,
    ///     and for no key at all on this host unless `keys` is given.
    ///   - keys: where named keys stand; nil for the standard directory. Given, a key is used on this host too.
    /// - Throws: `ClusterError`: one sentence with the command to run when a key is needed and there is none.
    package static func client(
        for endpoint: String, key: String?, keys directory: KeyDirectory? = nil, role: Role
    ) throws(ClusterError) -> ClientKey? {
        try EndpointReach.check(endpoint)
        let keys = directory ?? .standard
        if let key {
            if key.contains("/") || key.hasSuffix(".key") {
                let file = try KeyFile(try PrivateFile.read(key, limit: KeyFile.sizeLimit), path: key)
                return try ClientKey(file, path: key, role: role)
            }
            if let mistake = Principal.mistake(inName: key) { throw ClusterError(mistake) }
            return try ClientKey(try keys.read(key), path: keys.file(key), role: role)
        }
        let isReachable = EndpointReach(of: endpoint) == .network
        if directory == nil && !isReachable { return nil }
        let need =
            isReachable ? "\(endpoint) is on the network, which needs a key" : "--keys asks for a key at \(endpoint)"
        let advice =
            "make one on the coordinator's host with 'phasemap keys add NAME --role \(role.rawValue)' and copy its file into '\(keys.path)' of this host"
        guard let names = try? keys.names() else {
            // Says so when the directory is there and open to others.
            if PrivateFile.exists(keys.path) { try PrivateFile.checkDirectory(keys.path) }
            throw ClusterError("\(need), and this host has none: \(advice)")
        }
        let candidates = names.filter { name in
            guard let principal = (try? keys.read(name))?.principal else { return false }
            return principal.role == role && principal.revoked == nil
        }
        guard candidates.count <= 1 else {
            throw ClusterError(
                "'\(keys.path)' has several keys of the role \(role.rawValue) (\(candidates.joined(separator: ", "))); name one with --key NAME"
            )
        }
        guard let name = candidates.first else {
            throw ClusterError(
                "\(need), and '\(keys.path)' has none of the role \(role.rawValue): \(advice)"
            )
        }
        return try ClientKey(try keys.read(name), path: keys.file(name), role: role)
    }
}
