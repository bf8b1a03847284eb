internal import OrderedCollections
internal import SweepGrid

extension AgentSession {
    /// An interrupted task that is about to be given back.
    struct Departure: Hashable, Sendable {
        let lease: LeaseID
        let latest: Instant
    }

    /// A slot left a checkpoint of a task that it computes.
    mutating func took(_ digest: Digest, _ byteCount: Int, of task: Int, _ slot: Int) {
        // A task that the coordinator gave to somebody else meanwhile goes on from somebody else's checkpoints.
        guard let given = slots[slot].given.first(where: { $0.task == task }), given.lease != nil, byteCount > 0 else {
            effects.append(.deleteCheckpoint(digest))
            return
        }
        begin(task, slot)
        let checkpoint = Checkpoint(task: task, attempt: given.attempt, digest: digest, byteCount: byteCount)
        if let former = taken.add(checkpoint) { delete(former) }
    }

    /// Announces what is to be fetched.
    mutating func announceCheckpoints() {
        guard case .member = phase else { return }
        for checkpoint in taken.toAnnounce() { sendNumbered(.announceCheckpoint(checkpoint)) }
    }

    /// The coordinator has a checkpoint, or does not want it.
    mutating func checkpointSettled(_ digest: Digest, _ outcome: ShardOutcome) {
        guard let checkpoint = taken.remove(digest) else { return }
        delete(checkpoint)
        if case .refused(let reason) = outcome {
            effects.append(.note("a checkpoint of task \(checkpoint.task) was refused: \(reason)"))
        }
    }

    mutating func checkpointUnreadable(_ digest: Digest, _ reason: String) {
        guard let checkpoint = taken.remove(digest) else { return }
        effects.append(.note("a checkpoint of task \(checkpoint.task) is lost: \(reason)"))
        delete(checkpoint)
        sendNumbered(.withdrawCheckpoint(digest, task: checkpoint.task, isDamaged: false))
    }

    /// A task is computed: nobody will go on from its checkpoints.
    mutating func forgetCheckpoints(of task: Int) {
        forgetFetched(task)
        let (waiting, announced) = taken.removeAll(of: task)
        if let waiting { delete(waiting) }
        if let announced {
            delete(announced)
            sendNumbered(.withdrawCheckpoint(announced.digest, task: task, isDamaged: false))
        }
    }

    /// After a new registration the coordinator may know nothing of what was announced.
    mutating func announceCheckpointsAgain() {
        for checkpoint in taken.announceAgain() { delete(checkpoint) }
    }

    /// Gives interrupted tasks back whose checkpoints are delivered, or cannot be in time.
    mutating func depart() {
        for (task, departure) in departing where !taken.contains(task) || departure.latest <= now {
            departing[task] = nil
            leases[departure.lease]?.outstanding -= 1
            endIfDone(departure.lease)
            sendNumbered(.returned(departure.lease, tasks: [task..<task + 1]))
        }
    }

    /// When something about checkpoints is to be done although nothing happens.
    var checkpointDeadline: Instant? {
        var deadline = departing.values.lazy.map(\.latest).min()
        if !taken.isEmpty, graceEnd > now { deadline = min(deadline ?? graceEnd, graceEnd) }
        if case .member = phase, let moment = fetches.values.lazy.compactMap(\.nextDeadline).min() {
            deadline = min(deadline ?? moment, moment)
        }
        return deadline
    }

    private mutating func delete(_ checkpoint: Checkpoint) {
        // The same state may have been taken twice, and one of the two is still under way.
        guard !taken.isKept(checkpoint.digest) else { return }
        effects.append(.deleteCheckpoint(checkpoint.digest))
    }
}
