internal import Foundation
internal import Synchronization

/// TMPDIR, or /tmp.
func defaultTemporaryDirectory() -> String {
    getenv("TMPDIR").map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 } ?? "/tmp"
}

/// A directory of this process alone, removed with everything in it when the process ends orderly.
///
/// Its owner holds a lock in it; the next one to come removes what a killed process left behind.
final class PrivateDirectory: Sendable {
    private static let prefix = "phasemap-worker-"
    /// Younger directories are left alone: their owner may not have locked them yet.
    private static let youth = 60.0

    /// The path of the directory.
    let path: String
    private let lock: Int32
    private let isKept = Atomic(false)

    /// Makes a directory inside `parent`.
    ///
    /// - Throws: `ClusterError` when it cannot be made.
    init(in parent: String) throws(ClusterError) {
        PrivateDirectory.removeOrphans(in: parent)
        var template = Array("\(parent)/\(Self.prefix)XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw ClusterError(
                "no private directory can be made in '\(parent)': \(reason(errno)); choose another with TMPDIR")
        }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        lock = open(path + "/.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        flock(lock, LOCK_EX | LOCK_NB)
    }

    deinit {
        if !isKept.load(ordering: .relaxed) { remove() }
        if lock >= 0 { close(lock) }
    }

    /// Removes the directory now.
    func remove() { try? FileManager.default.removeItem(atPath: path) }

    /// Leaves the directory to people, under a name that tells them what it is; the name that it has got.
    ///
    /// Renaming takes no space, of which there may be none.
    func leave(as place: String) -> String {
        isKept.store(true, ordering: .relaxed)
        // Without its lock nobody takes it for one that a killed process left behind.
        unlink(path + "/.lock")
        return rename(path, place) == 0 ? place : path
    }

    private static func removeOrphans(in parent: String) {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: parent)) ?? [] where name.hasPrefix(prefix) {
            let lock = open("\(parent)/\(name)/.lock", O_RDWR | O_CLOEXEC)
            guard lock >= 0 else { continue }
            defer { close(lock) }
            var status = stat()
            guard fstat(lock, &status) == 0, Clock.wallSeconds() - Double(status.st_mtim.tv_sec) > youth,
                flock(lock, LOCK_EX | LOCK_NB) == 0
            else { continue }
            try? FileManager.default.removeItem(atPath: "\(parent)/\(name)")
        }
    }
}
