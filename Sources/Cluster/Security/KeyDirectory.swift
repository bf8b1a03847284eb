internal import Foundation
internal import ZeroMQ

/// The directory with a coordinator's key pair and the keys of those whom it admits, one private file each.
///
/// A worker's host has such a directory too, with nothing in it but the file of that worker.
package struct KeyDirectory: Hashable, Sendable {
    /// Where it is.
    package let path: String

    /// The directory at a path, which need not exist.
    package init(_ path: String) { self.path = path }

    /// PHASEMAP_KEYS, or `.phasemap/keys` in the home directory.
    package static var standard: KeyDirectory {
        let environment = ProcessInfo.processInfo.environment
        if let path = environment["PHASEMAP_KEYS"], !path.isEmpty { return KeyDirectory(path) }
        return KeyDirectory((environment["HOME"] ?? ".") + "/.phasemap/keys")
    }

    /// The most key files that are read.
    static let countLimit = 10_000

    /// Whether the coordinator's key pair is there.
    package var isInitialized: Bool { access(file(KeyFile.serverName), F_OK) == 0 }

    /// Who may come in, and which files say nothing about it and why.
    struct Contents: Hashable, Sendable {
        var principals: [Principal] = []
        var problems: [String] = []
    }

    /// Reads every principal's file; one that cannot be trusted admits nobody and is named among the problems.
    ///
    /// - Throws: `ClusterError` when the directory is missing or open to others.
    func contents() throws(ClusterError) -> Contents {
        var contents = Contents()
        for name in try names() {
            do throws(ClusterError) {
                if let principal = try read(name).principal { contents.principals.append(principal) }
            } catch {
                contents.problems.append("\(error); until then it admits nobody")
            }
        }
        return contents
    }

    /// Reads one key file.
    ///
    /// - Throws: `ClusterError` when it is missing, open to others, damaged, or says another name than its file has.
    func read(_ name: String) throws(ClusterError) -> KeyFile {
        let path = file(name)
        let key = try KeyFile(try PrivateFile.read(path, limit: KeyFile.sizeLimit), path: path)
        guard key.name == name else {
            throw ClusterError("'\(path)' is the key of '\(key.name)'; name the file '\(key.name).key' or remove it")
        }
        return key
    }

    /// The coordinator's own key, with its secret half.
    ///
    /// - Throws: `ClusterError` that says how to make one.
    func server() throws(ClusterError) -> CurveKeyPair {
        guard isInitialized else {
            throw ClusterError("there is no coordinator key in '\(path)'; make one with 'phasemap keys init\(option)'")
        }
        try PrivateFile.checkDirectory(path)
        let key = try read(KeyFile.serverName)
        guard key.owner == .server, let secretKey = key.secretKey else {
            throw ClusterError(
                "'\(file(KeyFile.serverName))' has no secret key; make a new one with 'phasemap keys init --replace\(option)'"
            )
        }
        do { return try CurveKeyPair(secretKey) } catch { throw ClusterError("\(error)") }
    }

    /// The names of the key files in byte order.
    func names() throws(ClusterError) -> [String] {
        try PrivateFile.checkDirectory(path)
        let entries: [String]
        do { entries = try FileManager.default.contentsOfDirectory(atPath: path) } catch {
            throw ClusterError("the key directory '\(path)' cannot be listed: \(error.localizedDescription)")
        }
        let names = entries.filter { $0.hasSuffix(".key") && !$0.hasPrefix(".") }.map { String($0.dropLast(4)) }
        guard names.count <= Self.countLimit else {
            throw ClusterError(
                "the key directory '\(path)' has \(names.count) keys; at most \(Self.countLimit) are read")
        }
        return names.sorted()
    }

    /// The path of a key's file.
    func file(_ name: String) -> String { "\(path)/\(name).key" }

    /// What a command must add to mean this directory.
    var option: String { self == .standard ? "" : " --keys \(path)" }

    /// Writes one key file.
    func write(_ key: KeyFile) throws(ClusterError) {
        try PrivateFile.write(Array(key.text.utf8), to: file(key.name))
    }

    /// Runs `body` while no other process changes the directory.
    func exclusively<Result>(_ body: () throws(ClusterError) -> Result) throws(ClusterError) -> Result {
        let handle = open(path, O_RDONLY | O_CLOEXEC)
        guard handle >= 0 else { throw ClusterError("the key directory '\(path)' cannot be opened: \(reason(errno))") }
        defer { close(handle) }
        while flock(handle, LOCK_EX) != 0 && errno == EINTR {}
        return try body()
    }
}
