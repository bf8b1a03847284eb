internal import OrderedCollections
internal import SweepGrid

/// Decides who computes what when.
///
/// A scheduler is a value: events and a time go in, facts and effects come out. It touches no clock, socket, file or
/// random device, so the same events at the same times always give the same effects.
///
/// ## Function
/// 1. It keeps the open tasks ordered by falling cost, and hands them to workers in leases of about equal computing
///    time.
/// 2. It knows of each leased task whether its worker still computes it or holds its result, and takes back the tasks
///    of workers that fall silent, leave or return them.
/// 3. It repeats failed attempts after a growing pause, on another host where there is one, and gives a task up after a
///    few; a task that brings down slots or workers runs alone before. A host on which tasks fail that succeed elsewhere
///    is drained.
/// 4. It commits results by task: a late result is welcome while its task is missing, an equal one is ignored, a
///    different one stops its point.
/// 5. Towards the end it makes leases smaller, asks back what is not started while another slot is idle, and tells
///    workers to close their shards when nothing is left to lease.
///
/// ## Implementation
/// Durable state is the `Ledger`, changed by `apply` alone, and only by facts. Everything else follows from the ledger,
/// or is learnt again from the workers after a restart.
public struct Scheduler: Sendable {
    /// The constants in force.
    public let policy: Policy

    /// The durable state.
    package private(set) var ledger: Ledger
    var backlog: Backlog
    var members: OrderedDictionary<WorkerID, Member> = [:]
    var costs = CostModel()
    var now = Instant.zero
    /// The slots of all members that take work.
    var slotCount = 0
    /// When leases may next be asked back.
    var nextRetraction = Instant.zero
    /// Whether slots are idle and the pause between two retractions is not over.
    var isRetractionWaiting = false
    /// No worker is lost before this moment.
    var nextExpiry = Instant.never
    /// How the last attempts on each host ended.
    var hosts: OrderedDictionary<String, HostRecord> = [:]
    /// Since when failed tasks wait for a host that they did not fail on, while slots of other hosts are idle.
    var waitingForOtherHost: OrderedDictionary<Int, Instant> = [:]
    /// The worker whose message is being handled.
    var speaker: WorkerID?
    private var saidComplete = false
    /// Facts of the event being handled.
    private var facts: [Fact] = []
    /// Effects of the event being handled, without the journal.
    private var effects: [Effect] = []

    /// What is known of a worker only while it is there.
    struct Member: Sendable {
        var slots: Int
        /// Empty when it is not known.
        var host: String
        /// The moment at which the worker is lost unless it is heard.
        var deadline: Instant
        /// How many unfinished leases it wants to have.
        var window = 0
        /// The tasks it said it is computing.
        var running: [Int] = []
        /// Whether it was told that nothing is left to lease.
        var isFlushed = false
        var isDraining = false
        /// Whether this coordinator heard it: others were there before it began, and may be gone for as long.
        var isHeard = true
    }

    /// A scheduler for tasks `0..<taskCount` that knows of no worker.
    ///
    /// Task `t` belongs to point `t / tasksPerPoint`. `work` gives the relative cost of one task of a point and is
    /// called once for each point; only ratios matter.
    public init(taskCount: Int, tasksPerPoint: Int, policy: Policy = Policy(), work: (Int) -> Double) {
        let taskCount = max(0, min(taskCount, Int(UInt32.max) - 1))
        let tasksPerPoint = max(1, tasksPerPoint)
        let pointCount = (taskCount + tasksPerPoint - 1) / tasksPerPoint
        let pointClass = (0..<pointCount).map { CostModel.costClass(of: work($0)) }
        self.policy = policy
        ledger = Ledger(taskCount: taskCount, tasksPerPoint: tasksPerPoint)
        backlog = Backlog(
            queue: TaskQueue(taskCount: taskCount, tasksPerPoint: tasksPerPoint, pointClass: pointClass))
    }

    /// Applies a fact; the only way in which durable state changes.
    ///
    /// A run is restored by applying the facts of its journal in order to a new scheduler and then calling
    /// `resume(at:)`.
    public mutating func apply(_ fact: Fact) { ledger.apply(fact, &backlog) }

    /// Begins to work after the facts of the journal were applied.
    ///
    /// Workers that had leases are given the usual time to register again before their tasks are given to others.
    public mutating func resume(at instant: Instant) {
        now = max(now, instant)
        for (worker, record) in ledger.workers where members[worker] == nil {
            members[worker] = Member(
                slots: record.slots, host: record.host, deadline: now + policy.silenceLimit,
                isDraining: record.isDraining, isHeard: false)
        }
        nextExpiry = now
        countSlots()
        // Adopting the last shard completes a run before there is a session that could hear of it.
        saidComplete = false
        // Files that no fact names are swept up by the shell at start.
        _ = backlog.takeObsoleteCheckpoints()
    }

    /// Takes an event; returns what is to be done, in this order.
    public mutating func handle(_ event: Event, at instant: Instant) -> [Effect] {
        let lateness = lateness(at: instant)
        now = max(now, instant)
        if lateness > policy.heartbeatInterval { postponeLosses(by: lateness) }
        speaker = nil
        // A shard or an operator may settle tasks that other workers have leased, and so make room for more.
        let concernsAll =
            switch event {
            case .stored, .controlled: true
            default: backlog.queue.isEmpty
            }
        endDueWaits()
        decide(event)
        leaseSuspects()
        lease(toAll: concernsAll)
        flush()
        deleteObsoleteCheckpoints()
        complete()
        defer {
            facts.removeAll(keepingCapacity: true)
            effects.removeAll(keepingCapacity: true)
        }
        return facts.isEmpty ? effects : [.journal(facts)] + effects
    }

    /// When `handle(.tick)` should be called, if nothing happens before.
    public var nextDeadline: Instant? {
        var deadline = members.isEmpty ? nil : nextExpiry
        if let pause = backlog.queue.nextPauseEnd { deadline = min(deadline ?? pause, pause) }
        if let since = waitingForOtherHost.values.first(where: { $0 + policy.otherHostPatience > now }) {
            let moment = since + policy.otherHostPatience
            deadline = min(deadline ?? moment, moment)
        }
        // Without members nobody can be asked, and the loop would turn for nothing until one comes.
        if isRetractionWaiting, !members.isEmpty { deadline = min(deadline ?? nextRetraction, nextRetraction) }
        return deadline
    }

    private mutating func decide(_ event: Event) {
        switch event {
        case .registered(let worker, let membership): register(worker, membership)
        case .heard(let worker): renew(worker)
        case .requested(let worker, let leases): request(worker, leases)
        case .running(let worker, let tasks): run(worker, tasks)
        case .finished(let worker, let runs): finish(worker, runs)
        case .failed(let worker, let failure): fail(worker, failure)
        case .returned(let worker, let lease, let tasks): takeBack(worker, lease, tasks)
        case .drained(let worker): drain(worker)
        case .left(let worker): leave(worker)
        case .stored(let contents, let worker): commit(contents, worker)
        case .compacted(let shard, let replaced): compact(replaced, into: shard)
        case .refused(let tasks, let worker, let reason): refuse(tasks, worker, reason)
        case .lost(let tasks, let worker): takeBack(tasks, lostBy: worker)
        case .checkpointStored(let checkpoint, let worker): keep(checkpoint, worker)
        case .checkpointLost(let digest, let task): forget(digest, of: task)
        case .controlled(let request): control(request)
        case .tick: break
        }
    }

    /// Records a fact: applies it, and puts it into the journal before all effects of this event.
    mutating func record(_ fact: Fact) {
        apply(fact)
        facts.append(fact)
    }

    mutating func send(_ order: Order, to worker: WorkerID) {
        effects.append(.send(withCheckpoints(order), to: worker))
    }

    mutating func delete(_ checkpoint: Digest) { effects.append(.deleteCheckpoint(checkpoint)) }
    mutating func answer(_ reply: ControlReply) { effects.append(.answer(reply)) }

    mutating func drop(_ reason: Drop) { effects.append(.drop(reason)) }

    /// Says once that every task is settled.
    private mutating func complete() {
        guard isComplete, !saidComplete else { return }
        saidComplete = true
        for worker in members.keys { send(.finish, to: worker) }
        effects.append(.complete)
    }
}
