internal import OrderedCollections

extension Scheduler {
    /// Where a task stands by the journal alone.
    public enum TaskState: Hashable, Sendable {
        /// Waits for a worker.
        case waiting
        /// Waits for the end of a pause after a failed attempt.
        case retrying(at: Instant)
        /// In the hands of a worker, computed or not.
        case leased(LeaseID, WorkerID)
        /// Its result is durable.
        case committed
        /// Given up after too many failed attempts.
        case failed
        /// No longer dispatched, because two results of its point differ.
        case stopped
        /// Given up by an operator.
        case cancelled
    }

    /// Where a task stands; nil when the run has no such task.
    public func state(of task: Int) -> TaskState? {
        guard (0..<ledger.taskCount).contains(task) else { return nil }
        switch ledger.tasks.status[task] {
        case .open: return ledger.retryAt[task].map { .retrying(at: $0) } ?? .waiting
        case .leased:
            let lease = LeaseID(ledger.tasks.lease[task])
            return .leased(lease, ledger.leases.worker(of: lease) ?? WorkerID(0))
        case .committed: return .committed
        case .failed: return .failed
        case .stopped: return .stopped
        case .cancelled: return .cancelled
        }
    }

    /// The number of the last attempt at a task, 0 before the first.
    public func attempts(at task: Int) -> Int {
        (0..<ledger.taskCount).contains(task) ? Int(ledger.tasks.attempt[task]) : 0
    }

    /// Why a task was given up after its last attempt; nil when it was not.
    public func failure(of task: Int) -> AttemptFailure? { ledger.failures[task] }

    /// Whether a task was given up because it brought down slots or workers.
    public func isQuarantined(_ task: Int) -> Bool { ledger.quarantined[task] != nil }

    /// The workers that are registered as far as the journal knows, ascending.
    public var registeredWorkers: [WorkerID] { ledger.workers.keys.sorted() }
}
