internal import SweepGrid

/// The steps of one commit: received, verified, stored, journaled, acknowledged. Nothing is skipped, nothing is
/// reversed.
///
/// The order makes a crash harmless at every point: until the shard has its final name the worker still has it, and
/// from then on the file itself proves that it is complete.
public struct CommitSequence: Hashable, Sendable {
    /// What the storage thread does.
    public enum Step: Hashable, Sendable {
        /// Compare the SHA-256 of the temporary file and read its contents.
        case verify
        /// Synchronise the file, rename it to its final name, synchronise the directory.
        case store
    }

    /// What storing a shard consists of; a crash may come between any two.
    package enum DiskOperation: Hashable, Sendable {
        /// Make the bytes of the temporary file durable.
        case syncFile
        /// Give the file its final name.
        case rename
        /// Make the name durable.
        case syncDirectory
    }

    /// The order in which a shard is stored.
    ///
    /// A name that is durable before its bytes would show a torn file as a shard; a fact that is durable before the name would name a
    /// shard that is gone.
    package static let storing: [DiskOperation] = [.syncFile, .rename, .syncDirectory]

    /// How a step ended.
    public enum Event: Hashable, Sendable {
        /// The file has the announced digest and holds these results.
        case verified(ShardContents)
        /// The file has another digest or does not hold what was announced.
        case refused(reason: String)
        /// The file has its final name for good.
        case stored
        /// The disk failed (full, read-only, an error); the step may be tried again.
        case failed(reason: String)
        /// The disk failed, and what was verified is not there any more.
        case lost(reason: String)
        /// The fact of the commit is durable.
        case journaled
        /// Nothing but the time.
        case tick
    }

    /// What is to be done next.
    public enum Action: Hashable, Sendable {
        /// Let the storage thread do a step.
        case perform(Step)
        /// Record the fact that the shard is committed.
        case record(ShardContents)
        /// Tell the worker what became of the shard.
        case acknowledge(ShardOutcome)
        /// Wait, because the disk failed.
        case wait(reason: String)
        /// Fetch the shard anew from its worker, which still has it.
        case fetchAgain(reason: String)
    }

    /// Where a commit stands.
    public enum State: Hashable, Sendable {
        /// All bytes are in the temporary file, which is being verified.
        case received
        /// The contents are right; the file is being given its final name.
        case verified(ShardContents)
        /// The file is durable; its fact is on the way to the journal.
        case stored(ShardContents)
        /// The disk failed; the step is tried again at a moment.
        case waiting(Step, ShardContents?, until: Instant)
        /// The fact is durable and the worker is told.
        case acknowledged
        /// The shard was refused and the worker is told.
        case refused
        /// The disk lost the file; this commit is over, and no task is to blame.
        case lost
    }

    /// What the worker announced.
    public let announcement: ShardAnnouncement
    /// Where the commit stands.
    public private(set) var state = State.received
    private let retryDelay: Duration

    /// The commit of a shard whose bytes are all in its temporary file; the first step is `.verify`.
    public init(_ announcement: ShardAnnouncement, retryDelay: Duration) {
        self.announcement = announcement
        self.retryDelay = retryDelay
    }

    /// When `handle(.tick)` does something.
    public var nextDeadline: Instant? {
        if case .waiting(_, _, let moment) = state { moment } else { nil }
    }

    /// Takes an event; returns what is to be done, or nil when the event does not belong to this state.
    public mutating func handle(_ event: Event, at now: Instant) -> Action? {
        let (next, action) = transition(event, now)
        state = next
        return action
    }

    private func transition(_ event: Event, _ now: Instant) -> (State, Action?) {
        switch (state, event) {
        case (.received, .verified(let contents)):
            guard contents.digest == announcement.digest, contents.tasks == announcement.tasks,
                contents.fingerprints.count == contents.tasks.reduce(0, { $0 + $1.count })
            else { return refusal("the shard does not hold the results that were announced") }
            return (.verified(contents), .perform(.store))
        case (.received, .refused(let reason)), (.verified, .refused(let reason)):
            return refusal(reason)
        case (.verified(let contents), .stored):
            return (.stored(contents), .record(contents))
        case (.stored, .journaled):
            return (.acknowledged, .acknowledge(.committed))
        case (.received, .failed(let reason)):
            return (.waiting(.verify, nil, until: now + retryDelay), .wait(reason: reason))
        case (.verified(let contents), .failed(let reason)):
            return (.waiting(.store, contents, until: now + retryDelay), .wait(reason: reason))
        case (.verified, .lost(let reason)):
            return (.lost, .fetchAgain(reason: reason))
        case (.waiting(let step, let contents, until: let moment), .tick) where moment <= now:
            return (contents.map { .verified($0) } ?? .received, .perform(step))
        default:
            return (state, nil)
        }
    }

    private func refusal(_ reason: String) -> (State, Action?) {
        (.refused, .acknowledge(.refused(reason: reason)))
    }
}
