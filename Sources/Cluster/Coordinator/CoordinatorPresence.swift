internal import Foundation
package import Results

/// Whether a coordinator serves a run directory, and where it is reached.
package struct CoordinatorPresence: Hashable, Sendable {
    /// Where it listens; nil while it starts.
    package var endpoint: String?

    /// Looks at a run directory; nil when no coordinator on this host has it.
    package init?(in directory: RunDirectory) {
        let lock = open(directory.path + "/.lock", O_RDONLY | O_CLOEXEC)
        guard lock >= 0 else { return nil }
        defer { close(lock) }
        // The kernel frees the lock with its process, so that a killed coordinator is not taken for a living one.
        guard flock(lock, LOCK_SH | LOCK_NB) != 0, errno == EWOULDBLOCK else { return nil }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = pread(lock, &bytes, bytes.count, 0)
        let text = String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        // The last line is empty when the text is whole.
        endpoint = lines.count > 2 && lines[0] == Self.mark ? String(lines[1]) : nil
    }

    private static let mark: Substring = "phasemap coordinator"

    /// What stands in the lock of a coordinator that listens at an endpoint.
    static func text(_ endpoint: String) -> String { "\(mark)\n\(endpoint)\n" }
}
