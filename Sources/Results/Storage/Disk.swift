internal import Foundation
package import SweepGrid

/// The few file operations that results need, with errors that name the file and the reason.
package enum Disk {
    /// Reads a whole file.
    ///
    /// Something that is no regular file is refused without waiting for it, as opening a FIFO would.
    ///
    /// - Throws: `StorageError`, also when the file is larger than `limit` bytes, before memory is taken for it.
    package static func read(_ path: String, limit: Int) throws(StorageError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw StorageError(path: path, cannot: "opened", errno: errno) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw StorageError(path: path, cannot: "read", errno: errno) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw StorageError(path: path, problem: "is not a file") }
        let size = Int(status.st_size)
        guard size <= limit else {
            throw StorageError(path: path, problem: "has \(size) bytes, more than the \(limit) expected at most")
        }
        var failure: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            while count < size {
                let got = Foundation.read(descriptor, buffer.baseAddress! + count, size - count)
                if got < 0 && errno == EINTR { continue }
                if got < 0 { failure = errno }
                if got <= 0 { return }
                count += got
            }
        }
        guard failure == 0 else { throw StorageError(path: path, cannot: "read", errno: failure) }
        return bytes
    }

    /// Writes a file so that after a crash the path holds the old bytes or the new ones, never a part.
    ///
    /// The bytes go to a temporary name beside it, which is synced, renamed, and its directory synced.
    package static func writeAtomically(_ bytes: [UInt8], to path: String) throws(StorageError) {
        let temporary = temporaryName(beside: path)
        do throws(StorageError) {
            try write(bytes, to: temporary, namedInErrors: path)
            try commit(temporary, to: path)
        } catch {
            unlink(temporary)
            throw error
        }
    }

    /// Writes a file in one piece that need not survive the host, without waiting for the disk.
    package static func writeUnsynced(_ bytes: [UInt8], to path: String) throws(StorageError) {
        let temporary = temporaryName(beside: path)
        do throws(StorageError) {
            try write(bytes, to: temporary, namedInErrors: path, isSynced: false)
            try rename(temporary, to: path)
        } catch {
            unlink(temporary)
            throw error
        }
    }

    /// Reads `count` bytes of a file from `offset` on.
    ///
    /// - Throws: `StorageError`, also when the file ends before.
    package static func read(_ path: String, from offset: Int, count: Int) throws(StorageError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw StorageError(path: path, cannot: "opened", errno: errno) }
        defer { close(descriptor) }
        var failure: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let got = pread(descriptor, buffer.baseAddress! + filled, count - filled, off_t(offset + filled))
                if got < 0 && errno == EINTR { continue }
                if got < 0 { failure = errno }
                if got <= 0 { return }
                filled += got
            }
        }
        guard failure == 0 else { throw StorageError(path: path, cannot: "read", errno: failure) }
        guard bytes.count == count else { throw StorageError(path: path, problem: "has become shorter") }
        return bytes
    }

    /// Writes bytes into a file at `offset`, making the file when it is not there; nothing is synced.
    package static func write(_ bytes: [UInt8], into path: String, at offset: Int) throws(StorageError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw StorageError(path: path, cannot: "opened", errno: errno) }
        defer { close(descriptor) }
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes {
                pwrite(descriptor, $0.baseAddress! + written, $0.count - written, off_t(offset + written))
            }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw StorageError(path: path, cannot: "written", errno: errno) }
            written += count
        }
    }

    /// Writes a file anew that could not be synced, and syncs that.
    ///
    /// The kernel reports a failed write once and then takes the bytes for written: another sync of the same file proves
    /// nothing.
    ///
    /// - Returns: false when the file holds other bytes than those of `digest` by now.
    package static func rewrite(_ path: String, holding digest: Digest) throws(StorageError) -> Bool {
        let bytes = try read(path, limit: .max)
        guard SHA256.hash(bytes) == digest else { return false }
        try writeAtomically(bytes, to: path)
        return true
    }

    /// Puts a finished temporary file in its place: sync, rename, sync of the directory.
    ///
    /// - Parameter didReach: called after each step with its name.
    package static func commit(
        _ temporary: String, to path: String, didReach: (String) -> Void = { _ in }
    ) throws(StorageError) {
        try sync(temporary)
        didReach("synced")
        try rename(temporary, to: path)
        didReach("renamed")
        try sync(directory(of: path))
        didReach("stored")
    }

    /// Gives a file another name, replacing what has it; not durable before the directory is synced.
    package static func rename(_ old: String, to new: String) throws(StorageError) {
        guard Foundation.rename(old, new) == 0 else { throw StorageError(path: new, cannot: "written", errno: errno) }
    }

    /// The SHA-256 of a file, read piece by piece.
    package static func digest(of path: String) throws(StorageError) -> Digest {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw StorageError(path: path, cannot: "opened", errno: errno) }
        defer { close(descriptor) }
        var hash = SHA256()
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
        defer { buffer.deallocate() }
        while true {
            let count = Foundation.read(descriptor, buffer.baseAddress, buffer.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw StorageError(path: path, cannot: "read", errno: errno) }
            if count == 0 { return hash.finalize() }
            hash.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
    }

    /// Makes a directory and those above it; one that exists is fine.
    package static func makeDirectory(_ path: String) throws(StorageError) {
        if mkdir(path, 0o777) == 0 { return }
        let code = errno
        if code == EEXIST {
            if isDirectory(path) { return }
            throw StorageError(path: path, problem: "is not a directory")
        }
        guard code == ENOENT, directory(of: path) != path else {
            throw StorageError(path: path, cannot: "made", errno: code)
        }
        try makeDirectory(directory(of: path))
        guard mkdir(path, 0o777) == 0 || errno == EEXIST else {
            throw StorageError(path: path, cannot: "made", errno: errno)
        }
    }

    /// Names in a directory in their byte order, without hidden ones.
    package static func names(in path: String) throws(StorageError) -> [String] {
        guard let stream = opendir(path) else { throw StorageError(path: path, cannot: "listed", errno: errno) }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted()
    }

    package static func isDirectory(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    package static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// Removes a file if it is there, and frees its space even while something holds it open.
    package static func remove(_ path: String) {
        truncate(path, 0)
        unlink(path)
    }

    /// A hidden name in the same directory that no other process uses.
    package static func temporaryName(beside path: String) -> String {
        let name = path.split(separator: "/").last.map(String.init) ?? "file"
        return directory(of: path) + "/.\(name).\(getpid()).tmp"
    }

    /// The directory that a path's last component stands in.
    package static func directory(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// Writes all bytes to a new file and, unless told otherwise, syncs it.
    private static func write(
        _ bytes: [UInt8], to path: String, namedInErrors name: String, isSynced: Bool = true
    ) throws(StorageError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw StorageError(path: name, cannot: "created", errno: errno) }
        defer { close(descriptor) }
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes {
                Foundation.write(descriptor, $0.baseAddress! + written, $0.count - written)
            }
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw StorageError(path: name, cannot: "written", errno: errno) }
            written += count
        }
        guard !isSynced || fsync(descriptor) == 0 else {
            throw StorageError(path: name, cannot: "written", errno: errno)
        }
    }

    /// Waits until a file or directory is on the disk.
    package static func sync(_ path: String) throws(StorageError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw StorageError(path: path, cannot: "opened", errno: errno) }
        defer { close(descriptor) }
        // Some network file systems cannot sync a directory and say EINVAL; the rename itself is then as durable as it gets.
        guard fsync(descriptor) == 0 || errno == EINVAL else {
            throw StorageError(path: path, cannot: "written", errno: errno)
        }
    }
}
