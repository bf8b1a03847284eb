internal import Foundation

/// The right to write a journal: an advisory lock on a file beside it.
///
/// The kernel frees the lock with the process that holds it, however it ends, so a file that a killed coordinator left
/// behind is in nobody's way. The file is never removed; its text says who wrote last.
struct JournalLock: ~Copyable {
    private let descriptor: Int32

    /// How often the lock is tried before somebody is believed to hold it: half a second in all.
    private static let attempts = 26
    /// Microseconds between two tries.
    private static let pause: UInt32 = 20_000

    /// Takes the lock of the journal at `path`.
    ///
    /// - Throws: `JournalError` with cause `inUse`, naming the holder, or `disk`.
    init(of path: String) throws(JournalError) {
        let descriptor = open(path + ".lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw .disk(path, cannot: "locked", errno: errno) }
        var attempts = 0
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            let code = errno
            attempts += 1
            // A child of a killed holder has the lock too until it starts its own program.
            if code == EINTR || code == EWOULDBLOCK && attempts < JournalLock.attempts {
                usleep(JournalLock.pause)
                continue
            }
            let holder = JournalLock.text(of: descriptor)
            close(descriptor)
            guard code == EWOULDBLOCK else { throw .disk(path, cannot: "locked", errno: code) }
            throw JournalError(
                path, .inUse, "is in use by \(holder.isEmpty ? "another coordinator" : holder)",
                advice: "a run has one coordinator: attach workers to that one, or stop it first")
        }
        JournalLock.write("process \(getpid()) on \(JournalLock.hostName)\n", to: descriptor)
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    private static var hostName: String {
        var bytes = [UInt8](repeating: 0, count: 256)
        let isKnown = bytes.withUnsafeMutableBytes { bytes in
            bytes.withMemoryRebound(to: CChar.self) { gethostname($0.baseAddress!, $0.count - 1) == 0 }
        }
        return isKnown ? String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self) : "an unnamed host"
    }

    /// The first line, without anything unprintable.
    private static func text(of descriptor: Int32) -> String {
        var bytes = [UInt8](repeating: 0, count: 256)
        let count = pread(descriptor, &bytes, bytes.count, 0)
        let line = bytes.prefix(max(0, count)).prefix { (0x20..<0x7f).contains($0) }
        return String(decoding: line, as: UTF8.self)
    }

    /// Says who holds the lock; for people, so that a full disk does not matter.
    private static func write(_ text: String, to descriptor: Int32) {
        guard ftruncate(descriptor, 0) == 0 else { return }
        _ = Array(text.utf8).withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, 0) }
    }
}
