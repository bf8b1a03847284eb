internal import SweepGrid

/// The newest checkpoint of each unfinished task.
///
/// A checkpoint makes an attempt shorter and never changes its result, so whatever is doubtful about one is reason enough to
/// do without it.
extension Scheduler {
    /// The stored checkpoint of a task.
    package func checkpoint(of task: Int) -> Checkpoint? { ledger.checkpoints[task] }

    /// All stored checkpoints, by task number.
    package var checkpoints: [Checkpoint] { ledger.checkpoints.values.sorted { $0.task < $1.task } }

    /// Whether a checkpoint is worth storing: its task is missing, and nobody began a later attempt.
    package func wants(_ checkpoint: Checkpoint) -> Bool {
        guard (0..<ledger.taskCount).contains(checkpoint.task) else { return false }
        let status = ledger.tasks.status[checkpoint.task]
        return (status == .open || status == .leased)
            && Int(ledger.tasks.attempt[checkpoint.task]) == checkpoint.attempt
    }

    /// Records a stored checkpoint; the one before it is deleted, or this one when nobody wants it any more.
    mutating func keep(_ checkpoint: Checkpoint, _ worker: WorkerID) {
        if isMember(worker) { renew(worker) }
        guard ledger.checkpoints[checkpoint.task]?.digest != checkpoint.digest else { return }
        guard wants(checkpoint) else { return backlog.discard(checkpoint.digest) }
        record(.checkpointStored(checkpoint, worker: worker))
    }

    /// Records that the checkpoint of a task cannot be used; the task starts afresh.
    mutating func forget(_ digest: Digest, of task: Int) {
        guard ledger.checkpoints[task]?.digest == digest else { return }
        record(.checkpointDropped(task: task, digest))
    }

    /// Forgets checkpoints whose files are missing or damaged; returns the facts to journal before the run goes on.
    public mutating func dropCheckpoints(_ bad: [Checkpoint], at instant: Instant) -> [Fact] {
        bad.flatMap { checkpoint -> [Fact] in
            let effects = handle(.checkpointLost(checkpoint.digest, task: checkpoint.task), at: instant)
            if case .journal(let facts) = effects.first { return facts }
            return []
        }
    }

    /// The order with the checkpoints of the tasks that it hands out.
    func withCheckpoints(_ order: Order) -> Order {
        guard !ledger.checkpoints.isEmpty else { return order }
        switch order {
        case .lease(let lease): return .lease(withCheckpoints(lease))
        case .adopt(let leases): return .adopt(leases.map { withCheckpoints($0) })
        default: return order
        }
    }

    private func withCheckpoints(_ lease: Lease) -> Lease {
        var lease = lease
        for run in lease.runs {
            for task in run.tasks where lease.checkpoints.count < Lease.checkpointLimit {
                if let checkpoint = ledger.checkpoints[task] { lease.checkpoints.append(checkpoint) }
            }
        }
        return lease
    }

    /// Asks for the files of checkpoints to be deleted that no fact names any more.
    mutating func deleteObsoleteCheckpoints() {
        for digest in backlog.takeObsoleteCheckpoints() { delete(digest) }
    }
}

extension Ledger {
    /// Replaces the checkpoint of a task by a newer one.
    mutating func keep(_ checkpoint: Checkpoint, _ backlog: inout Backlog) {
        let task = checkpoint.task
        guard (0..<taskCount).contains(task), tasks.status[task] == .open || tasks.status[task] == .leased else {
            return backlog.discard(checkpoint.digest)
        }
        if let former = checkpoints[task], former.digest != checkpoint.digest { backlog.discard(former.digest) }
        checkpoints[task] = checkpoint
    }

    /// Forgets the checkpoints of tasks that are settled, or a single one that cannot be used.
    mutating func forgetCheckpoints(of range: Range<Int>, only digest: Digest? = nil, _ backlog: inout Backlog) {
        guard !checkpoints.isEmpty else { return }
        let concerned = range.count <= checkpoints.count ? Array(range) : checkpoints.keys.filter(range.contains)
        for task in concerned {
            guard let checkpoint = checkpoints[task], digest == nil || checkpoint.digest == digest else { continue }
            checkpoints[task] = nil
            backlog.discard(checkpoint.digest)
        }
    }
}
