package import Foundation
internal import ZeroMQ

// What `phasemap keys` does; each operation returns the text that the command prints.
extension KeyDirectory {
    /// Makes the directory and the coordinator's key pair in it.
    ///
    /// - Parameter isReplacing: draws a new pair though there is one, and names it in the principals' files here.
    /// - Throws: `ClusterError` when there is a pair, the directory is open to others, or it cannot be written.
    package func initialize(replacing isReplacing: Bool = false) throws(ClusterError) -> String {
        try PrivateFile.makeDirectory(path)
        return try exclusively { () throws(ClusterError) in
            let wasInitialized = isInitialized
            guard isReplacing || !wasInitialized else {
                throw ClusterError(
                    "'\(path)' has a coordinator key already; go on with 'phasemap keys add NAME --role worker\(option)', or draw a new one with --replace (every key file must then be copied to its host again)"
                )
            }
            let pair = try newPair()
            try write(
                KeyFile(
                    name: KeyFile.serverName, owner: .server, publicKey: pair.publicKey, secretKey: pair.secretKey,
                    serverKey: nil))
            guard wasInitialized else {
                return """
                    Made the coordinator's key in \(path).
                    Next: phasemap keys add node1 --role worker\(option)
                    """
            }
            var rewritten: [String] = []
            for name in try names() {
                guard var key = try? read(name), key.principal != nil, key.revoked == nil else { continue }
                key.serverKey = pair.publicKey
                try write(key)
                rewritten.append(file(name))
            }
            let copies =
                rewritten.isEmpty ? "" : "\nCopy these to their hosts again: \(rewritten.joined(separator: ", "))"
            return "Replaced the coordinator's key in \(path); restart the coordinator.\(copies)"
        }
    }

    /// Makes a key for a principal; a running coordinator admits it from now on.
    ///
    /// - Throws: `ClusterError` when the name is none or taken by a valid key, or there is no coordinator key.
    package func add(_ name: String, role: Role) throws(ClusterError) -> String {
        if let mistake = Principal.mistake(inName: name) { throw ClusterError(mistake, isUsage: true) }
        let server = try server()
        return try exclusively { () throws(ClusterError) in
            if access(file(name), F_OK) == 0, try read(name).revoked == nil {
                throw ClusterError(
                    "there is a key '\(name)' already; choose another name, or revoke it first with 'phasemap keys revoke \(name)\(option)'"
                )
            }
            let pair = try newPair()
            try write(
                KeyFile(
                    name: name, owner: .principal(role), publicKey: pair.publicKey, secretKey: pair.secretKey,
                    serverKey: server.publicKey))
            let use =
                role == .worker
                ? "phasemap worker --connect ENDPOINT --key \(name)" : "phasemap status ENDPOINT --key \(name)"
            return """
                Made the key '\(name)' with the role \(role.rawValue): \(file(name))
                It is secret. Copy it over a safe way into ~/.phasemap/keys (mode 0700) of the host that uses it:
                  \(use)
                """
        }
    }

    /// The principals with role, public key and state, a line each.
    ///
    /// - Throws: `ClusterError` when the directory is missing or open to others.
    package func list() throws(ClusterError) -> String {
        let contents = try contents()
        var rows = [["name", "role", "public key", "state"]]
        if isInitialized, let server = try? server() {
            rows.append([KeyFile.serverName, KeyFile.serverName, server.publicKey.text, "valid"])
        }
        rows += contents.principals.map {
            [$0.name, $0.role.rawValue, $0.publicKey.text, $0.revoked.map { "revoked \($0)" } ?? "valid"]
        }
        let widths = (0..<4).map { column in rows.map { $0[column].count }.max() ?? 0 }
        let lines = rows.map { row in
            zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }.joined(separator: "  ")
                .trimmingCharacters(in: .whitespaces)
        }
        return (lines + contents.problems.map { "problem: \($0)" }).joined(separator: "\n")
    }

    /// Takes a key's rights away, at once and for ever; its file stays as a record, without the secret half.
    ///
    /// - Throws: `ClusterError` when there is no such key.
    package func revoke(_ name: String, at date: Date = Date()) throws(ClusterError) -> String {
        if let mistake = Principal.mistake(inName: name) { throw ClusterError(mistake, isUsage: true) }
        try PrivateFile.checkDirectory(path)
        return try exclusively { () throws(ClusterError) in
            guard access(file(name), F_OK) == 0 else {
                let known = try contents().principals.filter { $0.revoked == nil }.map(\.name)
                throw ClusterError(
                    "there is no key '\(name)' in '\(path)'; it has \(known.isEmpty ? "none" : known.joined(separator: ", "))"
                )
            }
            var key = try read(name)
            if let revoked = key.revoked { return "The key '\(name)' is revoked since \(revoked)." }
            key.secretKey = nil
            key.revoked = date.formatted(.iso8601)
            try write(key)
            return "Revoked the key '\(name)': a running coordinator takes nothing from it any more."
        }
    }

    private func newPair() throws(ClusterError) -> CurveKeyPair {
        do throws(ZeroMQError) { return try CurveKeyPair() } catch {
            throw ClusterError("no key can be made: \(error)")
        }
    }
}
