internal import DequeModule
internal import OrderedCollections
internal import SweepGrid

extension AgentSession {
    /// Notes that a slot computed a task.
    mutating func finished(_ given: Slot.Given, _ duration: Duration) {
        guard let lease = given.lease else { return }
        let duration = max(.zero, min(duration, .seconds(31_557_600)))
        add(FinishedRun(TaskRun(given.task..<given.task + 1, attempt: given.attempt), duration: duration))
        leases[lease]?.outstanding -= 1
        endIfDone(lease)
    }

    /// Adds to the next report, joined with the last run where they touch.
    mutating func add(_ new: FinishedRun) {
        computedSince = computedSince ?? now
        if let last = computed.last, last.run.attempt == new.run.attempt,
            last.run.tasks.upperBound == new.run.tasks.lowerBound
        {
            computed[computed.count - 1] = FinishedRun(
                TaskRun(last.run.tasks.lowerBound..<new.run.tasks.upperBound, attempt: new.run.attempt),
                duration: last.duration + new.duration)
        } else {
            computed.append(new)
        }
    }

    /// Reports what was computed: when a lease is done, and otherwise after a while.
    mutating func report(now isUrgent: Bool = false) {
        guard case .member = phase, let since = computedSince else { return }
        guard isUrgent || isReportDue || since + policy.reportInterval <= now else { return }
        sendNumbered(.finished(computed))
        computed = []
        computedSince = nil
        isReportDue = false
    }

    /// Closes the open shard when it is full, old, or nothing more will come for a while.
    mutating func closeShard() {
        let isIdle =
            leases.isEmpty && isFlushing || drainReason != nil && (leases.isEmpty || slots.allSatisfy(\.given.isEmpty))
        guard shards.shouldClose(at: now, isIdle: isIdle) else { return }
        effects.append(.closeShard(shards.close()))
    }

    /// Announces closed shards, after everything in them was reported: a task is held before its shard is settled.
    mutating func announce() {
        guard case .member = phase else { return }
        let announcements = shards.toAnnounce(at: now)
        if !announcements.isEmpty { report(now: true) }
        for announcement in announcements { sendNumbered(.announce(announcement)) }
    }

    mutating func shardClosed(_ number: Int, _ digest: Digest, _ byteCount: Int) {
        let wasStuck = shards.isStuck
        shards.closed(number, digest, byteCount)
        guard wasStuck, !shards.isStuck, case .member = phase, drainReason == nil else { return }
        effects.append(.note("the disk takes results again; the worker goes on"))
        sendNumbered(.request(leases: slots.count * policy.leasesPerSlot))
    }

    /// Keeps results in memory that the disk does not take, and takes no more tasks until it does.
    mutating func shardFailed(_ number: Int, _ reason: String) {
        let wasStuck = shards.isStuck
        guard shards.wait(for: number, until: now + policy.storageRetryDelay), !wasStuck else { return }
        effects.append(
            .note("results stay in memory and no more tasks are taken until the disk takes them: \(reason)"))
        guard drainReason == nil else { return }
        giveBackAll()
        sendNumbered(.request(leases: 0))
    }

    /// Writes results again that the disk did not take; an agent that leaves gives them up after a while.
    mutating func writeAgain() {
        guard shards.isStuck else { return }
        if drainReason != nil, graceEnd <= now {
            lost(shards.removeUnwritten(), "the disk did not take them before the worker had to leave")
        } else {
            for number in shards.toWriteAgain(at: now) { effects.append(.closeShard(number)) }
        }
    }

    mutating func shardUnreadable(_ digest: Digest, _ reason: String) {
        guard let tasks = shards.remove(digest) else { return }
        effects.append(.deleteShard(digest))
        lost(tasks, reason)
        unreadableShards += 1
        guard unreadableShards >= policy.unreadableShardLimit else { return }
        drain("the disk lost \(unreadableShards) shards in a row, the last one: \(reason)")
    }

    private mutating func lost(_ tasks: [Range<Int>], _ reason: String) {
        effects.append(.note("results of \(tasks.reduce(0) { $0 + $1.count }) tasks are lost: \(reason)"))
        report(now: true)
        sendNumbered(.resultsLost(tasks: tasks, reason: reason))
    }

    /// Deletes a shard that is settled.
    mutating func settled(_ digest: Digest, _ outcome: ShardOutcome) {
        guard let tasks = shards.remove(digest) else { return }
        unreadableShards = 0
        effects.append(.deleteShard(digest))
        // The coordinator took back what it knew to be in the shard; of a task that it leased here meanwhile, and that
        // was reported as held, it must hear.
        if case .refused(let reason) = outcome { lost(tasks, "the shard was refused: \(reason)") }
    }

    /// Takes no more work; what runs comes to its end or is interrupted, what is held is delivered.
    mutating func drain(_ reason: String, within grace: Duration? = nil) {
        defer { if let grace { leave(within: grace) } }
        guard drainReason == nil else { return }
        drainReason = reason
        graceEnd = now + policy.departureGrace
        effects.append(.note("draining: \(reason)"))
        sendNumbered(.draining(reason: reason))
        giveBackAll()
        for slot in slots.indices where slots[slot].state == .up { effects.append(.command(slot, .stop)) }
    }

    /// Leaves when draining is done.
    mutating func leave() {
        guard let drainReason, leases.isEmpty, shards.isEmpty, taken.isEmpty || graceEnd <= now else { return }
        switch phase {
        case .member:
            guard link.isSettled else { return }
            sendNumbered(.goodbye)
        case .idle, .greeting, .preparing: break
        case .registering, .ended: return
        }
        let isBroken =
            slots.contains { $0.failedStarts >= policy.slotStartLimit }
            || unreadableShards >= policy.unreadableShardLimit
        exit(isBroken ? .failed(reason: drainReason) : .drained)
    }
}
