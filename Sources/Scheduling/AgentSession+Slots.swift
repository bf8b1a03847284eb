internal import DequeModule
internal import OrderedCollections
internal import SweepGrid

extension AgentSession {
    /// A slot process as its agent sees it.
    struct Slot: Sendable {
        enum State: Hashable, Sendable {
            /// Not needed yet.
            case idle
            /// To be started at a moment.
            case down(until: Instant)
            /// Started, and not ready yet; killed when it takes until then.
            case starting(until: Instant)
            /// Takes commands.
            case up
        }

        /// A task given to the slot.
        struct Given: Hashable, Sendable {
            let task: Int
            let attempt: Int
            /// The lease that it belongs to; nil when the coordinator gave the task to another worker meanwhile.
            var lease: LeaseID?
            /// Whether an operator gave the task up, so that nothing is wanted of it.
            var isCancelled = false
        }

        var state = State.idle
        /// The tasks that the slot was given and has not settled, in order.
        var given: Deque<Given> = []
        /// The task it announced.
        var started: Int? {
            didSet { if started != oldValue { (startedAt, progress, doom, killAt) = (nil, nil, nil, nil) } }
        }
        /// When it announced the task.
        var startedAt: Instant?
        /// How far that task said it is, and when it said something new last; nil while it has said nothing.
        var progress: (fraction: Double, at: Instant)?
        /// What becomes of the task when the slot ends; nil while nothing was decided.
        var doom: Doom?
        /// When the slot is killed unless the task ends before.
        var killAt: Instant?
        /// The lease that it computes.
        var lease: LeaseID?
        /// How many tasks it is given at a time.
        var batch = 1
        /// When it was given the last tasks.
        var fedAt: Instant?
        /// When it is killed if it still computes a cancelled task.
        var cancelAt: Instant?
        /// How often in a row it died without having begun a task.
        var failedStarts = 0
    }

    /// Starts the slots whose pause is over, and kills those that do not get ready.
    mutating func startSlots() {
        guard drainReason == nil else { return }
        for slot in slots.indices {
            switch slots[slot].state {
            case .down(let start) where start <= now:
                slots[slot].state = .starting(until: now + policy.slotStartDuration)
                effects.append(.startSlot(slot))
            case .starting(let end) where end <= now:
                slots[slot].state = .starting(until: .never)
                effects.append(.killSlot(slot))
            default: break
            }
        }
    }

    /// Takes what a slot says, in order.
    mutating func hear(_ slot: Int, _ reports: [SlotReport]) {
        guard slots.indices.contains(slot) else { return }
        for report in reports {
            switch report {
            case .ready:
                if case .starting = slots[slot].state { slots[slot].state = .up }
            case .started(let task):
                begin(task, slot)
            case .finished(let result):
                guard let given = settle(result.task, slot) else { continue }
                slots[slot].failedStarts = 0
                forgetCheckpoints(of: given.task)
                // A task that was told to stop may have measured less than it would have.
                if given.isCancelled { continue }
                if shards.keep(TaskRun(given.task..<given.task + 1, attempt: given.attempt), result.byteCount, at: now)
                {
                    effects.append(.keepResult(task: given.task, slot: slot, shard: shards.openNumber))
                }
                finished(given, result.duration)
            case .skipped(let task): _ = settle(task, slot)
            case .failed(let task, let failureClass, let message):
                let doom = slots[slot].started == task ? slots[slot].doom : nil
                guard let given = settle(task, slot) else { continue }
                slots[slot].failedStarts = 0
                switch doom {
                case nil: failed(given, failureClass, message)
                case .failed(let decided, let why): failed(given, decided, "\(why); told to end, it said: \(message)")
                case .returned: interrupted(given)
                }
            case .progress(let task, let fraction):
                // Only a task that runs can say something; what comes after its end is late.
                guard slots[slot].given.contains(where: { $0.task == task }), (0...1).contains(fraction) else {
                    continue
                }
                begin(task, slot)
                // A task that says the same again makes no progress.
                if slots[slot].progress?.fraction != fraction { slots[slot].progress = (fraction, now) }
            case .checkpoint(let task, let digest, let byteCount):
                took(digest, byteCount, of: task, slot)
            case .interrupted(let task):
                let doom = slots[slot].started == task ? slots[slot].doom : nil
                guard let given = settle(task, slot) else { continue }
                slots[slot].failedStarts = 0
                if case .failed(let failureClass, let why) = doom {
                    failed(given, failureClass, why)
                } else {
                    interrupted(given)
                }
            }
        }
    }

    /// Takes a task off the list of a slot.
    private mutating func settle(_ task: Int, _ slot: Int) -> Slot.Given? {
        guard let index = slots[slot].given.firstIndex(where: { $0.task == task }) else { return nil }
        if slots[slot].started == task { slots[slot].started = nil }
        return slots[slot].given.remove(at: index)
    }

    private mutating func failed(_ given: Slot.Given, _ failureClass: FailureClass, _ message: String) {
        forgetFetched(given.task)
        guard let lease = given.lease else { return }
        leases[lease]?.outstanding -= 1
        endIfDone(lease)
        // What was computed before is told before, so that the order of the slot is the order of the reports.
        report(now: true)
        let failure = AttemptFailure(task: given.task, attempt: given.attempt, failureClass, message: message)
        if case .member = phase { sendNumbered(.failed(failure)) } else { remember(failure) }
    }

    /// A task stopped because it was asked to: it is blamed for nothing, and given back once its checkpoint is delivered.
    private mutating func interrupted(_ given: Slot.Given) {
        forgetFetched(given.task)
        guard let lease = given.lease else { return }
        departing[given.task] = Departure(lease: lease, latest: now + policy.departureGrace)
    }

    /// Returns a task to its lease, to be computed by another slot process or to be given back.
    private mutating func putBack(_ given: Slot.Given) {
        guard let lease = given.lease else { return }
        leases[lease]?.pending.putBack(TaskRun(given.task..<given.task + 1, attempt: given.attempt))
        leases[lease]?.outstanding -= 1
    }

    /// A slot died: the task that it had announced is blamed, the others are computed by the next process.
    mutating func slotExited(_ slot: Int, _ status: String, _ evidence: SlotEvidence) {
        guard slots.indices.contains(slot) else { return }
        let blamed = slots[slot].started
        let doom = slots[slot].doom
        if let blamed, let given = settle(blamed, slot) {
            let log = evidence.lastWords()
            let death = "the slot process ended (\(status)) while it computed task \(blamed)"
            switch doom {
            case .failed(let failureClass, let why): failed(given, failureClass, why + log)
            case .returned: interrupted(given)
            case nil:
                if let why = evidence.outOfMemory {
                    failed(given, .outOfMemory, "\(death): \(why)" + log)
                } else {
                    failed(given, .crash, death + log)
                }
            }
            slots[slot].failedStarts = 0
        } else if drainReason == nil {
            slots[slot].failedStarts += 1
        }
        for given in slots[slot].given.reversed() { putBack(given) }
        let failedStarts = slots[slot].failedStarts
        slots[slot] = Slot()
        slots[slot].failedStarts = failedStarts
        if drainReason == nil || blamed != nil { effects.append(.note("slot \(slot) ended: \(status)")) }
        guard drainReason == nil else { return giveBackAll() }
        guard failedStarts < policy.slotStartLimit else {
            return drain("slot \(slot) ended \(failedStarts) times before it began a task, the last time by \(status)")
        }
        let pause = failedStarts == 0 ? .zero : min(.milliseconds(100) * (1 << failedStarts), .seconds(5))
        slots[slot].state = .down(until: now + pause)
    }
}
