internal import Foundation

/// TMPDIR, or /tmp.
func defaultTemporaryDirectory() -> String {
    getenv("TMPDIR").map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 } ?? "/tmp"
}

/// A directory of this process alone, removed with everything in it when the process ends orderly.
///
/// Its name holds the process ID, so that the next one to come removes what a killed process left behind.
final class PrivateDirectory: Sendable {
    private static let prefix = "phasemap-"

    /// The path of the directory.
    let path: String

    /// Makes a directory inside `parent`.
    ///
    /// - Throws: `ClusterError` when it cannot be made.
    init(in parent: String) throws(ClusterError) {
        PrivateDirectory.removeOrphans(in: parent)
        var template = Array("\(parent)/\(Self.prefix)\(getpid())-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw ClusterError(
                "no private directory can be made in '\(parent)': \(reason(errno)); choose another with TMPDIR")
        }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit { remove() }

    /// Removes the directory now.
    func remove() { try? FileManager.default.removeItem(atPath: path) }

    private static func removeOrphans(in parent: String) {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: parent)) ?? [] {
            let parts = name.split(separator: "-")
            guard name.hasPrefix(prefix), parts.count == 3, let process = pid_t(parts[1]), process > 0 else { continue }
            if kill(process, 0) != 0 && errno == ESRCH {
                try? FileManager.default.removeItem(atPath: "\(parent)/\(name)")
            }
        }
    }
}
