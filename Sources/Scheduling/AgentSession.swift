internal import OrderedCollections
public import SweepGrid

/// The worker's side of the protocol: registration, slots, leases, shards, uploads.
///
/// An agent never computes. It asks for leases, feeds its slots with small batches of them so that the rest can be
/// given back at once, collects results in shards, and hands the shards over. When the coordinator falls silent the
/// slots go on; the agent connects anew, registers with everything it has, and delivers.
public struct AgentSession: Sendable {
    /// Where the agent stands towards the coordinator.
    package enum Phase: Hashable, Sendable {
        /// Not begun.
        case idle
        /// Asked what the run is, so many times in a row.
        case greeting(tries: Int)
        /// Gets ready for the run.
        case preparing
        /// Asked to be admitted, so many times in a row.
        case registering(Registration, tries: Int)
        /// Admitted.
        case member(WorkerID)
        /// Over.
        case ended
    }

    /// The agent's constants.
    public let policy: Policy
    let host: String
    let build: Digest
    var random: Jitter
    package internal(set) var phase = Phase.idle
    var now = Instant.zero

    /// The run that the agent is prepared for, and its result of the probe task.
    var run: RunDescription?
    var probe: Digest?
    /// The last registration.
    var worker: WorkerID?
    var link: Link<WorkerMessage>
    var lastHeard = Instant.zero
    var nextHeartbeat = Instant.never
    /// When the greeting or registration is repeated.
    var retryAt = Instant.never
    var heartbeatInterval: Duration
    var silenceLimit: Duration

    var slots: [Slot]
    var leases: OrderedDictionary<LeaseID, HeldLease> = [:]
    var shards: Shards
    /// Checkpoints that slots left, on their way to the coordinator.
    var taken = TakenCheckpoints()
    /// Checkpoints of earlier attempts, on their way to the slots.
    var fetches: OrderedDictionary<Int, CheckpointFetch> = [:]
    /// Interrupted tasks that are given back when their last checkpoint is delivered, or at a moment at the latest.
    var departing: OrderedDictionary<Int, Departure> = [:]
    /// Failures that the coordinator has not acknowledged under any registration, by task.
    var unreported: OrderedDictionary<Int, AttemptFailure> = [:]
    /// What was computed and not reported yet.
    var computed: [FinishedRun] = []
    var computedSince: Instant?
    /// Whether a lease ended since the last report.
    var isReportDue = false
    /// Why the agent takes no more work; nil while it does.
    var drainReason: String?
    /// When what still runs is given back and its slots are killed; nil while tasks may end in their own time.
    var leaveBy: Instant?
    /// How long the agent may stay.
    let terms: WorkerTerms
    /// What a task of the run may take.
    var limits = TaskLimits()
    var beganAt = Instant.zero
    /// Since when there is nothing to compute.
    var idleSince: Instant?
    /// Until when a draining agent waits for its checkpoints to be stored.
    var graceEnd = Instant.never
    /// Whether nothing is left to lease at present.
    var isFlushing = false
    /// How many closed shards in a row could not be read again.
    var unreadableShards = 0
    /// When the coordinator hears at the latest that its last messages arrived; never when it has heard.
    var acknowledgeBy = Instant.never
    var effects: [Effect] = []

    /// An agent with so many slots; `seed` decides the random part of its pauses, so that many agents do not speak at
    /// once.
    public init(
        host: String, build: Digest, slots: Int, seed: UInt64, policy: Policy = Policy(),
        terms: WorkerTerms = WorkerTerms()
    ) {
        self.terms = terms
        self.host = host
        self.build = build
        self.policy = policy
        self.slots = Array(repeating: Slot(), count: max(1, min(slots, policy.slotLimit)))
        random = Jitter(state: seed)
        link = Link(resendDelay: policy.resendDelay)
        heartbeatInterval = policy.heartbeatInterval
        silenceLimit = policy.silenceLimit
        shards = Shards(policy: policy)
    }

    /// Takes an event; returns what is to be done, in this order.
    public mutating func handle(_ event: Event, at instant: Instant) -> [Effect] {
        let standstill = standstill(until: instant)
        now = max(now, instant)
        guard phase != .ended else { return [] }
        if standstill > .zero { postponeLimits(by: standstill) }
        switch event {
        case .begin: begin()
        case .received(let envelope): receive(envelope)
        case .prepared(let probe, let limits):
            self.limits = limits
            prepared(probe)
        case .cannotPrepare(let reason): exit(.failed(reason: reason))
        case .slot(let slot, let reports): hear(slot, reports)
        case .slotExited(let slot, let status, let evidence): slotExited(slot, status, evidence)
        case .slotMemory(let slot, let bytes): measured(slot, bytes)
        case .shardClosed(let number, let digest, let byteCount): shardClosed(number, digest, byteCount)
        case .shardFailed(let number, let reason): shardFailed(number, reason)
        case .shardUnreadable(let digest, let reason): shardUnreadable(digest, reason)
        case .checkpointUnreadable(let digest, let reason): checkpointUnreadable(digest, reason)
        case .checkpointReady(let digest): fetched(digest)
        case .checkpointUnusable(let digest, let isDamaged, let reason):
            unusable(digest, isDamaged: isDamaged, reason)
        case .drain(let reason, let grace): drain(reason, within: grace)
        case .tick: break
        }
        if phase != .ended { goOn() }
        defer { effects.removeAll(keepingCapacity: true) }
        return effects
    }

    /// When `handle(.tick)` should be called, if nothing happens before.
    public var nextDeadline: Instant? {
        guard phase != .ended, phase != .idle else { return nil }
        var deadline = min(retryAt, nextLimit)
        if case .member = phase {
            deadline = min(deadline, nextHeartbeat, lastHeard + silenceLimit, acknowledgeBy)
            if let moment = link.resendAt { deadline = min(deadline, moment) }
            if let since = computedSince { deadline = min(deadline, since + policy.reportInterval) }
            if let moment = shards.announceAt { deadline = min(deadline, moment) }
        }
        if let moment = shards.closeAt { deadline = min(deadline, moment) }
        if let moment = shards.writeAgainAt { deadline = min(deadline, moment) }
        if shards.isStuck, drainReason != nil, graceEnd > now { deadline = min(deadline, graceEnd) }
        if let moment = checkpointDeadline { deadline = min(deadline, moment) }
        for case let moment? in slots.lazy.map(\.cancelAt) { deadline = min(deadline, moment) }
        for slot in slots where drainReason == nil {
            switch slot.state {
            case .down(let moment), .starting(let moment): deadline = min(deadline, moment)
            case .idle, .up: break
            }
        }
        return deadline == .never ? nil : deadline
    }

    /// Does whatever follows from the state and the time.
    private mutating func goOn() {
        checkSilence()
        checkTerms()
        watchTasks()
        endCancelledTasks()
        startSlots()
        fetchCheckpoints()
        feedSlots()
        report()
        writeAgain()
        closeShard()
        announce()
        announceCheckpoints()
        depart()
        leave()
        if phase != .ended { speak() }
    }

    mutating func exit(_ why: Exit) {
        phase = .ended
        effects.append(.exit(why))
    }
}

/// Random stretches of pauses (SplitMix64, Steele, Lea and Flood 2014): they decide nothing but when an agent speaks.
struct Jitter: Sendable {
    var state: UInt64

    /// A number from 0 up to 1.
    mutating func next() -> Double {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return Double((mixed ^ (mixed >> 31)) >> 11) * 0x1p-53
    }
}
