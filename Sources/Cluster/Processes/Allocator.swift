internal import CLinux

/// The memory allocator of this process.
enum Allocator {
    /// Lets large arrays go back to the system as soon as they are freed, for a process that stays small for hours between
    /// moments in which it needs much: freezing a sweep, taking a large shard.
    ///
    /// By itself the C library keeps ever larger freed pieces for later, and a heap for each of many threads.
    static func returnFreedMemory() {
        // Set at all, they are not raised any more. Doubled: larger pieces are kept. Halved: more system calls and page faults.
        mallopt(M_MMAP_THRESHOLD, 1 << 20)
        mallopt(M_TRIM_THRESHOLD, 1 << 20)
        // One for the loop's thread and one for the others, which rarely allocate at once.
        mallopt(M_ARENA_MAX, 2)
    }
}
