internal import DequeModule
internal import OrderedCollections
internal import SweepGrid

/// The coordinator's side of the protocol for all its workers: registration, links, uploads, commits, the end of the
/// run.
///
/// It owns the scheduler, turns messages into its events and its orders into messages, and holds back whatever depends
/// on a fact until the journal has it.
public struct CoordinatorSession: Sendable {
    /// The run as agents are told of it.
    public let run: RunDescription
    /// The scheduler of the run.
    public internal(set) var scheduler: Scheduler

    /// A registered worker as this session sees it.
    struct Peer: Sendable {
        var route: Route
        var link: Link<CoordinatorMessage>
        let registration: Registration
        /// The key it registered with: its number is worth nothing to other keys.
        let key: String?
        let registeredAt: Instant
        /// The answer to the registration, once the journal has it.
        var welcome: Welcome?
        /// When it hears at the latest that its last messages arrived; nil when it has heard.
        var acknowledgeBy: Instant?
        /// How far the tasks are that the worker computes, in its last heartbeat.
        var progress: [TaskProgress] = []
    }

    /// Something to be sent when the journal holds enough facts.
    enum Deferred: Sendable {
        case order(Scheduler.Order, WorkerID)
        case journaled(Digest)
        case settled(Digest, ShardOutcome, WorkerID)
        case deleteCheckpoint(Digest)
        case reply(ControlReply, Route)
        case remove([Digest])
        case complete
    }

    var peers: OrderedDictionary<WorkerID, Peer> = [:]
    /// The last registration that came from each route of a peer.
    var registrations: [Route: WorkerID] = [:]
    var uploads: OrderedDictionary<Digest, Upload> = [:]
    var upkeep = ShardUpkeep()
    /// Bytes of shards that were asked for and are not written yet.
    var pendingBytes = 0
    /// Bytes of checkpoints that workers asked for and the disk has not given yet.
    var readingBytes = 0
    /// The worker that waits for an answer to the message being handled.
    var listener: WorkerID?
    /// The operator whose request is being handled.
    var asker: Route?
    var isStopping = false
    /// Why the session stopped the run by itself; nil unless it did.
    public internal(set) var stopReason: String?
    var isFinished = false
    var now: Instant
    var effects: [Effect] = []

    /// Facts handed to the journal, and how many of them are durable.
    private var factCount = 0
    private var durableCount = 0
    private var deferred: Deque<(after: Int, item: Deferred)> = []

    /// The session of a coordinator that starts or resumes a run.
    ///
    /// `scheduler` has the facts of the journal applied; the session lets it resume.
    public init(run: RunDescription, scheduler: Scheduler, at now: Instant) {
        self.run = run
        self.scheduler = scheduler
        self.now = now
        self.scheduler.resume(at: now)
        upkeep.factor = policy.shardFactor(afterShards: scheduler.ledger.shards.committedCount)
    }

    var policy: Policy { scheduler.policy }

    /// Takes an event; returns what is to be done, in this order.
    public mutating func handle(_ event: Event, at instant: Instant) -> [Effect] {
        now = max(now, instant)
        switch event {
        case .received(let envelope, let route, let key): receive(envelope, from: route, key)
        case .unreachable: break
        case .journaled(let count): journaled(count)
        case .chunkWritten(let digest, let offset): written(digest, offset)
        case .commit(let digest, let step): advance(digest, step)
        case .checkpointStored(let digest): checkpointStored(digest)
        case .checkpointNotStored(let digest, let reason): checkpointNotStored(digest, reason)
        case .checkpointRead(let chunk, let worker): checkpointRead(chunk, for: worker)
        case .checkpointUnreadable(let digest, let task, let count, let worker, let reason):
            checkpointUnreadable(digest, task, count, worker, reason)
        case .controlled(let request, let route): control(request, route)
        case .compacted(let outcome): compacted(outcome)
        case .stop: stop()
        case .tick: break
        }
        doWhatIsDue()
        answer()
        defer { effects.removeAll(keepingCapacity: true) }
        return effects
    }

    /// When `handle(.tick)` should be called, if nothing happens before.
    public var nextDeadline: Instant? {
        let links = peers.values.lazy.compactMap(\.link.resendAt).min()
        let answers = peers.values.lazy.compactMap(\.acknowledgeBy).min()
        let waiting = uploads.values.lazy.compactMap(\.nextDeadline).min()
        return [scheduler.nextDeadline, links, answers, waiting, upkeep.pausedUntil].compactMap { $0 }.min()
    }

    /// Lets the scheduler decide, and does what it asks for.
    mutating func schedule(_ event: Scheduler.Event) {
        for effect in scheduler.handle(event, at: now) {
            switch effect {
            case .journal(let facts):
                factCount += facts.count
                effects.append(.journal(facts))
                facts.forEach { follow($0) }
            case .send(let order, let worker): after(.order(order, worker))
            case .drop(let reason): effects.append(.note(.dropped(reason)))
            case .deleteCheckpoint(let digest): after(.deleteCheckpoint(digest))
            case .answer(let reply): if let asker { after(.reply(reply, asker)) }
            case .complete: after(.complete)
            }
        }
    }

    /// Does something as soon as the facts recorded so far are durable.
    mutating func after(_ item: Deferred) {
        deferred.append((factCount, item))
        release()
    }

    private mutating func journaled(_ count: Int) {
        durableCount = max(durableCount, min(count, factCount))
        release()
    }

    private mutating func release() {
        while let next = deferred.first, next.after <= durableCount {
            deferred.removeFirst()
            perform(next.item)
        }
    }

    private mutating func perform(_ item: Deferred) {
        switch item {
        case .order(let order, let worker): deliver(order, to: worker)
        case .journaled(let digest): advance(digest, .journaled)
        case .settled(let digest, let outcome, let worker): sendNumbered(.settled(digest, outcome), to: worker)
        case .deleteCheckpoint(let digest): deleteCheckpoint(digest)
        case .reply(let reply, let route): effects.append(.reply(reply, to: route))
        case .remove(let shards): effects.append(.removeShards(shards))
        case .complete:
            isFinished = true
            effects.append(.finished)
        }
    }

    private mutating func doWhatIsDue() {
        schedule(.tick)
        // Nobody needs so many messages at once; it registers again if it lives.
        if peers.values.contains(where: { $0.link.unsettledCount > policy.unacknowledgedLimit }) {
            for (worker, peer) in peers where peer.link.unsettledCount > policy.unacknowledgedLimit {
                schedule(.left(worker))
            }
        }
        stopAfterFailures()
        for index in peers.values.indices {
            if let moment = peers.values[index].acknowledgeBy, moment <= now {
                sendUnnumbered(.heartbeat, to: peers.keys[index])
            }
            guard let moment = peers.values[index].link.resendAt, moment <= now else { continue }
            for (sequence, message) in peers.values[index].link.due(at: now) {
                send(message, sequence: sequence, to: peers.keys[index])
            }
        }
        continueUploads()
        compactIfDue()
    }
}
