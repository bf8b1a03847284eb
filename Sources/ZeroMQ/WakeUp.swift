internal import CZeroMQ
internal import Glibc

/// Wakes a thread that waits in a `Poller`, from any other thread (an eventfd).
public final class WakeUp: Sendable {
    /// What the poller watches.
    public let fileDescriptor: Int32

    /// Creates a wake-up that was not signalled yet.
    ///
    /// - Throws: `ZeroMQError` when the process may not open more files.
    public init() throws(ZeroMQError) {
        let fileDescriptor = zmqx_eventfd()
        guard fileDescriptor >= 0 else { throw ZeroMQError("eventfd", on: "a wake-up", code: Glibc.errno) }
        self.fileDescriptor = fileDescriptor
    }

    deinit { Glibc.close(fileDescriptor) }

    /// Makes the file descriptor readable; signals before the next `reset` count as one.
    public func signal() {
        var one: UInt64 = 1
        // The only failure is a counter that is full, and then the poller wakes anyway.
        _ = Glibc.write(fileDescriptor, &one, 8)
    }

    /// Takes the signals; look for what was signalled afterwards, not before.
    public func reset() {
        var count: UInt64 = 0
        _ = Glibc.read(fileDescriptor, &count, 8)
    }
}

/// Asks the kernel to end this process with `signal` when the thread that started it ends.
///
/// The parent must start its children from a thread that lives as long as itself.
///
/// - Returns: false when the parent had ended before, so that no signal will come: the caller should exit.
public func endWithParent(signal: Int32, parent: Int32) -> Bool {
    zmqx_parent_death_signal(signal) == 0 && getppid() == parent
}

/// Makes every descendant whose parent ends a child of this process, so that none escapes by detaching itself.
///
/// Children that nobody else started must then be reaped here.
public func adoptOrphans() { _ = zmqx_become_subreaper() }

/// Lets what this process prints leave it line by line, so that a crash loses at most the last one.
public func printByLine() { zmqx_print_by_line() }
