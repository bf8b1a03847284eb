internal import DequeModule
internal import OrderedCollections
internal import SweepGrid

extension AgentSession {
    /// What becomes of the running task when its slot ends, decided before the slot is told or killed.
    enum Doom: Hashable, Sendable {
        /// It failed, and why.
        case failed(FailureClass, String)
        /// It is given back: its worker leaves.
        case returned
    }

    /// Notes that a slot computes a task.
    mutating func begin(_ task: Int, _ slot: Int) {
        guard slots[slot].started != task, slots[slot].given.contains(where: { $0.task == task }) else { return }
        slots[slot].started = task
        slots[slot].startedAt = now
        guard let leaveBy else { return }
        slots[slot].doom = .returned
        slots[slot].killAt = leaveBy
    }

    /// How long the agent stood still until now, because it is called much later than it asked for; it heard nothing of its tasks.
    func standstill(until instant: Instant) -> Duration {
        guard let deadline = nextDeadline, instant - max(now, deadline) > policy.heartbeatInterval else { return .zero }
        return instant - now
    }

    /// Gives all slots the time again that passed while the agent, and perhaps they too, stood still.
    mutating func postponeLimits(by duration: Duration) {
        for slot in slots.indices {
            slots[slot].startedAt = slots[slot].startedAt.map { $0 + duration }
            if let progress = slots[slot].progress { slots[slot].progress?.at = progress.at + duration }
            slots[slot].cancelAt = slots[slot].cancelAt.map { $0 + duration }
            // Who leaves, leaves at its moment.
            if slots[slot].doom != .returned { slots[slot].killAt = slots[slot].killAt.map { $0 + duration } }
            if case .starting(let end) = slots[slot].state { slots[slot].state = .starting(until: end + duration) }
        }
    }

    /// Tells tasks that are over their time to end, and kills those that stand still or did not listen.
    mutating func watchTasks() {
        for slot in slots.indices {
            if slots[slot].doom == nil, let task = slots[slot].started {
                if let limit = timeLimit(of: slot), limit <= now {
                    let seconds = limits.seconds ?? 0
                    slots[slot].doom = .failed(.timeout, "took longer than its limit of \(seconds) s")
                    slots[slot].killAt = now + policy.taskGrace
                    effects.append(.command(slot, .interrupt(task: task)))
                } else if let progress = slots[slot].progress, progress.at + progressPatience <= now {
                    let percent = Int(progress.fraction * 100)
                    slots[slot].doom = .failed(
                        .hung, "made no progress for \(seconds(now - progress.at)) s, \(percent) % were done")
                    slots[slot].killAt = now
                }
            }
            if let moment = slots[slot].killAt, moment <= now {
                slots[slot].killAt = nil
                effects.append(.killSlot(slot))
            }
        }
    }

    /// A slot was seen with so much memory of its own; a running task is killed when that is more than it may have.
    mutating func measured(_ slot: Int, _ bytes: Int) {
        guard slots.indices.contains(slot), let limit = limits.mebibytes, bytes >> 20 > limit,
            slots[slot].started != nil
        else { return }
        if case .failed(.outOfMemory, _) = slots[slot].doom { return }
        slots[slot].doom = .failed(.outOfMemory, "used \(bytes >> 20) MiB, more than its limit of \(limit) MiB")
        slots[slot].killAt = now
    }

    /// When the running task of a slot is over its time; nil without a limit.
    private func timeLimit(of slot: Int) -> Instant? {
        guard let seconds = limits.seconds, let start = slots[slot].startedAt else { return nil }
        return start + .seconds(min(max(seconds, 0), 1e9))
    }

    private var progressPatience: Duration {
        limits.progressSeconds.map { .seconds(min(max($0, 0), 1e9)) } ?? policy.progressPatience
    }

    private func seconds(_ duration: Duration) -> Int { Int(duration.inSeconds.rounded()) }

    /// The next moment at which `watchTasks` or `checkTerms` has something to do.
    var nextLimit: Instant {
        var moment = min(endsAt ?? .never, idleUntil ?? .never)
        for slot in slots.indices {
            moment = min(moment, slots[slot].killAt ?? .never)
            guard slots[slot].started != nil, slots[slot].doom == nil else { continue }
            moment = min(moment, timeLimit(of: slot) ?? .never)
            if let progress = slots[slot].progress { moment = min(moment, progress.at + progressPatience) }
        }
        return moment
    }

    /// When the worker announces its end, by its time limit.
    private var endsAt: Instant? {
        guard drainReason == nil, let limit = terms.timeLimit else { return nil }
        return beganAt + max(.zero, limit - terms.grace)
    }

    /// When the worker leaves because it has nothing to compute.
    private var idleUntil: Instant? {
        guard drainReason == nil, let timeout = terms.idleTimeout, let idleSince else { return nil }
        return idleSince + timeout
    }

    /// Announces the end of the worker when its time is up or it was idle for too long.
    mutating func checkTerms() {
        if case .member = phase, leases.isEmpty, !shards.isStuck {
            idleSince = idleSince ?? now
        } else {
            idleSince = nil
        }
        if let moment = endsAt, moment <= now, let limit = terms.timeLimit {
            drain("its time limit of \(seconds(limit)) s is near", within: terms.grace)
        }
        if let moment = idleUntil, moment <= now, let timeout = terms.idleTimeout {
            drain("it had nothing to compute for \(seconds(timeout)) s")
        }
    }

    /// Gives back what still runs when half of the grace is over, so that the rest of it is left for delivering.
    mutating func leave(within grace: Duration) {
        let moment = now + grace / 2
        guard leaveBy.map({ moment < $0 }) ?? true else { return }
        leaveBy = moment
        for slot in slots.indices where slots[slot].started != nil {
            if slots[slot].doom == nil { slots[slot].doom = .returned }
            slots[slot].killAt = min(slots[slot].killAt ?? .never, moment)
        }
    }
}
