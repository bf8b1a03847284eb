internal import Foundation

/// The file of an `ipc://` endpoint, which the library takes from whoever listens there and leaves behind at its end.
struct SocketFile {
    private let path: String
    private let device: dev_t
    private let inode: ino_t

    /// The file that was just bound; nil for endpoints without a file of their own.
    init?(boundAt endpoint: String) {
        guard let path = SocketFile.path(of: endpoint) else { return nil }
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        self.path = path
        device = status.st_dev
        inode = status.st_ino
    }

    /// Refuses an endpoint whose file belongs to somebody: binding it would silently take it away.
    ///
    /// - Throws: `ClusterError` when somebody listens there, or the file is no socket.
    static func refuseTaken(_ endpoint: String) throws(ClusterError) {
        guard let path = path(of: endpoint) else { return }
        var status = stat()
        guard stat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFSOCK else {
            throw ClusterError(
                "the coordinator cannot listen at \(endpoint): '\(path)' is there and is no socket; choose another path"
            )
        }
        if isListening(path) {
            throw ClusterError(
                "the coordinator cannot listen at \(endpoint): another program listens there; ask it with 'phasemap status \(endpoint)', or choose another path"
            )
        }
    }

    /// Removes the file unless somebody else has bound that path meanwhile.
    func remove() {
        var status = stat()
        guard stat(path, &status) == 0, status.st_dev == device, status.st_ino == inode else { return }
        unlink(path)
    }

    /// The path of an endpoint; nil for TCP, abstract names and paths that the library chooses and removes itself.
    private static func path(of endpoint: String) -> String? {
        let scheme = "ipc://"
        guard endpoint.lowercased().hasPrefix(scheme) else { return nil }
        let path = String(endpoint.dropFirst(scheme.count))
        return path.isEmpty || path == "*" || path.hasPrefix("@") ? nil : path
    }

    private static func isListening(_ path: String) -> Bool {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        let capacity = MemoryLayout.size(ofValue: address.sun_path)
        guard bytes.count < capacity else { return false }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let descriptor = socket(
            AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        let length = socklen_t(MemoryLayout<sockaddr_un>.size)
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, length) }
        }
        // A listener whose queue is full says so; one that is gone refuses.
        return result == 0 || errno == EAGAIN || errno == EINPROGRESS
    }
}
