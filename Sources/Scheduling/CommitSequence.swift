/// The steps of one commit: received, verified, stored, journaled, acknowledged. Nothing is skipped, nothing is reversed.
///
/// The order makes a crash harmless at every point: until the shard has its final name the worker still has it, and from
/// then on the file itself proves that it is complete.
public struct CommitSequence: Hashable, Sendable {
    /// What the storage thread does.
    public enum Step: Hashable, Sendable {
        /// Compare the SHA-256 of the temporary file and read its contents.
        case verify
        /// Synchronise the file, rename it to its final name, synchronise the directory.
        case store
    }

    /// How a step ended.
    public enum Event: Hashable, Sendable {
        /// The file has the announced digest and holds these results.
        case verified(ShardContents)
        /// The file has another digest or does not hold what was announced; it is deleted.
        case refused(reason: String)
        /// The file has its final name for good.
        case stored
        /// The disk failed (full, read-only, an error); the step may be tried again.
        case failed(reason: String)
        /// The fact of the commit is durable.
        case journaled
    }
}
