internal import Foundation

/// Files and directories that only their owner may read.
enum PrivateFile {
    /// What tells one state of a directory's list of names from another.
    struct Stamp: Hashable {
        var device: UInt64
        var inode: UInt64
        var seconds: Int
        var nanoseconds: Int
    }

    /// Checks that a directory is this user's and shut to everybody else.
    ///
    /// - Throws: `ClusterError` that says how to shut it.
    @discardableResult
    static func checkDirectory(_ path: String) throws(ClusterError) -> Stamp {
        var status = stat()
        guard lstat(path, &status) == 0 else {
            throw ClusterError("the key directory '\(path)' cannot be opened: \(reason(errno))")
        }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            throw ClusterError("'\(path)' is not a directory; name the key directory itself, not a link to it")
        }
        try check(status, path, "key directory", fix: "chmod 700")
        return Stamp(
            device: UInt64(status.st_dev), inode: UInt64(status.st_ino), seconds: status.st_mtim.tv_sec,
            nanoseconds: status.st_mtim.tv_nsec)
    }

    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// Reads a file that only its owner may read.
    ///
    /// - Throws: `ClusterError` when it is missing, larger than `limit` bytes, not this user's, or open to others.
    static func read(_ path: String, limit: Int) throws(ClusterError) -> [UInt8] {
        // Non-blocking: a FIFO of that name would wait for ever.
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard file >= 0 else { throw ClusterError("the key file '\(path)' cannot be opened: \(reason(errno))") }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw ClusterError("'\(path)' is not a file")
        }
        try check(status, path, "key file", fix: "chmod 600")
        guard status.st_size <= limit else {
            throw ClusterError("'\(path)' has \(status.st_size) bytes, more than a key file has (\(limit))")
        }
        var bytes = [UInt8](repeating: 0, count: limit)
        var count = 0
        while count < limit {
            let got = bytes.withUnsafeMutableBytes { Foundation.read(file, $0.baseAddress! + count, limit - count) }
            if got < 0 && errno == EINTR { continue }
            guard got >= 0 else { throw ClusterError("the key file '\(path)' cannot be read: \(reason(errno))") }
            if got == 0 { break }
            count += got
        }
        return Array(bytes[..<count])
    }

    /// Writes a file of mode 0600 so that after a crash the path holds the old bytes or the new ones.
    ///
    /// - Throws: `ClusterError` when it cannot be written.
    static func write(_ bytes: [UInt8], to path: String) throws(ClusterError) {
        let directory = (path as NSString).deletingLastPathComponent
        let temporary = "\(directory.isEmpty ? "." : directory)/.new-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
        let file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw cannotWrite(path) }
        defer { close(file) }
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes {
                Foundation.write(file, $0.baseAddress! + written, bytes.count - written)
            }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else {
                let error = cannotWrite(path)
                unlink(temporary)
                throw error
            }
            written += count
        }
        guard fsync(file) == 0, rename(temporary, path) == 0 else {
            let error = cannotWrite(path)
            unlink(temporary)
            throw error
        }
        sync(directory)
    }

    /// Makes a directory of mode 0700 and those above it; one that exists must be shut to others.
    static func makeDirectory(_ path: String) throws(ClusterError) {
        let parent = (path as NSString).deletingLastPathComponent
        if !parent.isEmpty {
            // Those above hold nothing secret: they keep the user's own mode.
            try? FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
        }
        if mkdir(path, 0o700) != 0 && errno != EEXIST {
            throw ClusterError("the key directory '\(path)' cannot be made: \(reason(errno))")
        }
        try checkDirectory(path)
    }

    private static func check(_ status: stat, _ path: String, _ what: String, fix: String) throws(ClusterError) {
        guard status.st_uid == geteuid() || status.st_uid == 0 else {
            throw ClusterError(
                "the \(what) '\(path)' belongs to another user, who could read and change it; use one of your own")
        }
        guard status.st_mode & 0o077 == 0 else {
            let mode = String(status.st_mode & 0o777, radix: 8)
            throw ClusterError(
                "the \(what) '\(path)' has mode \(mode): other users can get at the secret keys; run '\(fix) \(path)', and if they could read it, 'phasemap keys init --replace' and new keys"
            )
        }
    }

    private static func cannotWrite(_ path: String) -> ClusterError {
        ClusterError("the key file '\(path)' cannot be written: \(reason(errno))")
    }

    private static func sync(_ directory: String) {
        let file = open(directory.isEmpty ? "." : directory, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return }
        fsync(file)
        close(file)
    }
}
