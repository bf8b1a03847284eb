internal import FoundationEssentials
public import Scheduling
public import SweepGrid

/// How far a run is, as its coordinator tells anybody who asks.
public struct RunStatus: Hashable, Sendable {
    /// The sweep's name.
    public var sweep: String
    /// The digest that names the run (its design hash).
    public var run: Digest
    /// All tasks of the run.
    public var tasks: Int
    /// Tasks whose results are durable.
    public var committed: Int
    /// Tasks whose results a worker holds and the coordinator has not yet committed.
    public var computed: Int
    /// Tasks that workers have been handed and have not computed yet.
    public var leased: Int
    /// Tasks that wait for a worker.
    public var waiting: Int
    /// Tasks that were given up after too many failed attempts.
    public var failed: Int
    /// Tasks that an operator gave up.
    public var cancelled = 0
    /// Tasks that wait for the end of a pause after a failed attempt; they count among `waiting` too.
    public var retrying = 0
    /// Workers that are registered and alive.
    public var workers: Int
    /// The slots of these workers together.
    public var slots: Int
    /// Seconds since this coordinator began.
    public var seconds: Double
    /// Tasks committed a second since this coordinator began.
    public var tasksPerSecond: Double
    /// The expected seconds to the end of the run; nil while nothing was measured.
    public var secondsLeft: Double?
    /// How far running tasks are that say so, by task number; the first ones where they are many.
    public var running: [TaskProgress] = []
    /// What keeps the coordinator from committing, such as a full disk; nil when nothing does.
    public var trouble: String?

    /// The most running tasks that a status lists.
    static let runningLimit = 256
}

extension WireStatus {
    init(_ status: RunStatus) {
        sweep = WireFormat.cut(status.sweep)
        run = .init(status.run.bytes)
        tasks = UInt64(status.tasks)
        committed = UInt64(status.committed)
        computed = UInt64(status.computed)
        leased = UInt64(status.leased)
        waiting = UInt64(status.waiting)
        failed = UInt64(status.failed)
        cancelled = UInt64(status.cancelled)
        retrying = UInt64(status.retrying)
        workers = UInt32(clamping: status.workers)
        slots = UInt32(clamping: status.slots)
        seconds = status.seconds
        tasksPerSecond = status.tasksPerSecond
        secondsLeft = status.secondsLeft ?? -1
        reporting = status.running.map { UInt64($0.task) }
        fraction = status.running.map(\.fraction)
        trouble = WireFormat.cut(status.trouble ?? "")
    }

    func status() throws(WireError) -> RunStatus {
        func tasks(_ value: UInt64) throws(WireError) -> Int {
            try number(value, in: 0...WireFormat.taskLimit, "status")
        }
        guard seconds.isFinite, tasksPerSecond.isFinite, secondsLeft.isFinite else { throw .value(field: "status") }
        return RunStatus(
            sweep: WireFormat.cut(sweep), run: try digest(run, "status.run"), tasks: try tasks(self.tasks),
            committed: try tasks(committed), computed: try tasks(computed), leased: try tasks(leased),
            waiting: try tasks(waiting), failed: try tasks(failed),
            cancelled: try tasks(cancelled), retrying: try tasks(retrying), workers: Int(workers), slots: Int(slots),
            seconds: seconds, tasksPerSecond: tasksPerSecond, secondsLeft: secondsLeft < 0 ? nil : secondsLeft,
            running: try taskProgress(reporting, fraction, "status.fraction"),
            trouble: trouble.isEmpty ? nil : WireFormat.cut(trouble))
    }
}
