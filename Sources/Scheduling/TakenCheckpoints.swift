internal import OrderedCollections
internal import SweepGrid

/// The checkpoints that slots left: of each task the newest, and one that the coordinator is fetching.
///
/// A newer one waits until the one before is settled, so that on a slow network some arrive, not none.
struct TakenCheckpoints: Sendable {
    private var waiting: OrderedDictionary<Int, Checkpoint> = [:]
    private var announced: OrderedDictionary<Int, Checkpoint> = [:]

    var isEmpty: Bool { waiting.isEmpty && announced.isEmpty }

    /// Whether a checkpoint of the task is not settled.
    func contains(_ task: Int) -> Bool { waiting[task] != nil || announced[task] != nil }

    /// Whether a file is not settled.
    func isKept(_ digest: Digest) -> Bool { isAnnounced(digest) || waiting.values.contains { $0.digest == digest } }

    /// Whether the coordinator may ask for this file.
    func isAnnounced(_ digest: Digest) -> Bool { announced.values.contains { $0.digest == digest } }

    /// Takes a checkpoint; returns the one that it supersedes.
    mutating func add(_ checkpoint: Checkpoint) -> Checkpoint? {
        defer { waiting[checkpoint.task] = checkpoint }
        return waiting[checkpoint.task]
    }

    /// The checkpoints to announce now.
    mutating func toAnnounce() -> [Checkpoint] {
        guard !waiting.isEmpty else { return [] }
        let next = waiting.values.filter { announced[$0.task] == nil }
        for checkpoint in next {
            waiting[checkpoint.task] = nil
            announced[checkpoint.task] = checkpoint
        }
        return next
    }

    /// Announces everything again after a new registration; returns what is superseded meanwhile.
    mutating func announceAgain() -> [Checkpoint] {
        var superseded: [Checkpoint] = []
        for (task, checkpoint) in announced {
            if waiting[task] == nil { waiting[task] = checkpoint } else { superseded.append(checkpoint) }
        }
        announced = [:]
        return superseded
    }

    /// Forgets an announced checkpoint.
    mutating func remove(_ digest: Digest) -> Checkpoint? {
        guard let found = announced.values.first(where: { $0.digest == digest }) else { return nil }
        announced[found.task] = nil
        return found
    }

    /// Forgets all checkpoints of a task; returns them, with those that were announced.
    mutating func removeAll(of task: Int) -> (waiting: Checkpoint?, announced: Checkpoint?) {
        (waiting.removeValue(forKey: task), announced.removeValue(forKey: task))
    }
}
