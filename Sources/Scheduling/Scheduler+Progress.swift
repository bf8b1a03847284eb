internal import OrderedCollections

extension Scheduler {
    /// How far a run is.
    public struct Progress: Hashable, Sendable {
        /// Tasks of the run.
        public var tasks: Int
        /// Tasks with a durable result.
        public var committed: Int
        /// Tasks computed, whose results are on their way.
        public var held: Int
        /// Tasks that are given up.
        public var failed: Int
        /// Tasks no longer dispatched because two results of their point differ.
        public var stopped: Int
        /// Tasks that an operator gave up.
        public var cancelled: Int
        /// Tasks that wait for the end of a pause after a failed attempt; they count among `open` too.
        public var retrying: Int
        /// Tasks in the hands of workers and not computed yet.
        public var leased: Int
        /// Tasks that wait to be leased.
        public var open: Int
        /// Workers that are registered.
        public var workers: Int
        /// Slots of those workers.
        public var slots: Int
        /// Expected computing time of everything that is not computed yet, in seconds of one slot.
        public var remainingSeconds: Double
    }

    /// How far the run is; costs O(cost classes + members).
    public var progress: Progress {
        let table = ledger.tasks
        let held = backlog.held.count
        let open = backlog.queue.classes.reduce(0) {
            $0 + Double(backlog.queue.count($1)) * costs.seconds($1)
        }
        return Progress(
            tasks: ledger.taskCount, committed: table.count(.committed), held: held, failed: table.count(.failed),
            stopped: table.count(.stopped), cancelled: table.count(.cancelled),
            retrying: backlog.queue.pausedUntil.count, leased: table.count(.leased) - held, open: table.count(.open),
            workers: members.count, slots: slotCount, remainingSeconds: open)
    }

    /// Whether every task is committed, given up, cancelled or stopped, and no worker is known to hold a result of a
    /// cancelled one.
    public var isComplete: Bool { ledger.isSettled && backlog.awaited.isEmpty }

    /// Whether the result of a task is durable.
    public func isCommitted(_ task: Int) -> Bool {
        (0..<ledger.taskCount).contains(task) && ledger.tasks.status[task] == .committed
    }

    /// The tasks that were given up, ascending, each with its last failure.
    public var givenUp: [AttemptFailure] { ledger.failures.values.sorted { $0.task < $1.task } }

    /// Why tasks that brought down slots or workers are not run again, by task.
    public var quarantined: [(task: Int, explanation: String)] {
        ledger.quarantined.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    /// The tasks with failures that count against them, ascending; committed ones are none.
    package var suspectedTasks: [Int] { ledger.suspects.keys.sorted() }

    /// Why a host is not used at a moment; nil when it is.
    public func drainReason(ofHost host: String, at instant: Instant) -> String? {
        guard let record = ledger.drainedHosts[host], max(now, instant) < record.until else { return nil }
        return record.reason
    }

    /// The points of which two results differ, ascending.
    public var stoppedPoints: [Int] { ledger.stoppedPoints.sorted() }
}
