public import SweepGrid

/// A checkpoint of an unfinished task: a file that the next attempt goes on from.
public struct Checkpoint: Hashable, Sendable {
    /// The task number.
    public var task: Int
    /// The attempt that took it.
    public var attempt: Int
    /// The SHA-256 of the file.
    public var digest: Digest
    /// The size of the file in bytes.
    public var byteCount: Int

    /// A checkpoint that an attempt at `task` took.
    public init(task: Int, attempt: Int, digest: Digest, byteCount: Int) {
        self.task = task
        self.attempt = attempt
        self.digest = digest
        self.byteCount = byteCount
    }
}
