internal import CLinux

/// The memory allocator of this process.
enum Allocator {
    /// Lets freed memory go back to the system in large pieces.
    ///
    /// For a process that stays small for hours between moments in which it needs much: a large shard, a merge. By itself
    /// the C library keeps ever larger pieces for later, in a heap for each of many threads. Where it refuses, all goes
    /// on as before.
    static func returnFreedMemory() {
        // Set at all, they are not raised any more. Doubled: larger pieces are kept. Halved: page faults cost a twentieth of the
        // coordinator's time.
        mallopt(M_MMAP_THRESHOLD, 1 << 20)
        mallopt(M_TRIM_THRESHOLD, 1 << 20)
        // Doubled: freed memory stays behind in more heaps. Halved: all threads wait for each other's allocations.
        mallopt(M_ARENA_MAX, 2)
    }
}
