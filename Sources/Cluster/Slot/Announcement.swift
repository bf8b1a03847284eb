internal import Glibc
internal import Synchronization

/// One word that a slot and its agent share: the task that the slot computes right now.
///
/// The slot stores it before the first instruction of a task, which costs a nanosecond instead of a system call; the
/// agent reads it when the slot has died, and knows which task to blame.
final class Announcement: @unchecked Sendable {
    // Only the atomic word is shared, and the mapping lives as long as this object.
    private let word: UnsafeMutablePointer<Atomic<UInt64>>

    /// Maps the page behind a file descriptor; nil when that fails.
    init?(fileDescriptor: Int32) {
        guard
            let page = mmap(nil, Announcement.byteCount, PROT_READ | PROT_WRITE, MAP_SHARED, fileDescriptor, 0),
            page != MAP_FAILED
        else { return nil }
        word = page.bindMemory(to: Atomic<UInt64>.self, capacity: 1)
    }

    deinit { munmap(UnsafeMutableRawPointer(word), Announcement.byteCount) }

    /// The task being computed and its attempt, which tells two runs of one task in the same slot apart; nil between tasks.
    var current: (task: Int, attempt: Int)? {
        get {
            let value = word.pointee.load(ordering: .acquiring)
            let number = value & 0xFFFF_FFFF
            return number == 0 || number > WireFormat.taskLimit ? nil : (Int(number - 1), Int(value >> 32))
        }
        set {
            let value = newValue.map { UInt64(UInt32(truncatingIfNeeded: $0.attempt)) << 32 | (UInt64($0.task) + 1) }
            word.pointee.store(value ?? 0, ordering: .releasing)
        }
    }

    static let byteCount = 4096

    /// A new zeroed page in memory that a child can inherit; negative when the system refuses.
    static func makePage() -> Int32 {
        // Unlinked at once: the page lives as long as a process holds it, and leaves nothing behind.
        let name = "/phasemap-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
        let fileDescriptor = shm_open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard fileDescriptor >= 0 else { return fileDescriptor }
        shm_unlink(name)
        guard ftruncate(fileDescriptor, byteCount) == 0 else {
            close(fileDescriptor)
            return -1
        }
        return fileDescriptor
    }
}
