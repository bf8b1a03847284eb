import Scheduling
import SweepGrid

/// The coordinator process, as the simulation sees it.
struct Coordinator {
    var session: CoordinatorSession
    var tickAt: Instant?
    /// When the process began, and the run time at which it did.
    let start: Instant
    let origin: Instant
    /// What the storage thread has to do, in order.
    var requests: [Request] = []
    /// What is left of the request that is being done.
    var operations: [Operation] = []
    /// Facts on their way to the journal, which all go into the next transaction.
    var waiting: [Fact] = []
    /// Facts made durable since the session began.
    var durableCount = 0

    /// A request to the storage thread.
    enum Request {
        case journal
        case write(ShardChunk)
        case commit(ShardAnnouncement, CommitSequence.Step)
        case discard(Digest)
        case compact([Digest])
        case remove([Digest])
        case checkpoint(CheckpointRequest)
    }

    /// One operation on the disk; a crash may come between any two.
    enum Operation {
        case append
        case syncJournal
        case write(ShardChunk)
        case verify(ShardAnnouncement)
        case store(ShardAnnouncement, CommitSequence.DiskOperation)
        case remove(VirtualDisk.Name)
        case compact([Digest])
        case storeCompacted(Digest, replacing: [Digest], CommitSequence.DiskOperation)
        case checkpoint(CheckpointRequest)

        var isStoring: Bool {
            switch self {
            case .store, .storeCompacted: true
            default: false
            }
        }
    }
}

extension VirtualCluster {
    /// A scheduler for the run, before any fact.
    func newScheduler() -> Scheduler {
        Scheduler(
            taskCount: scenario.taskCount, tasksPerPoint: scenario.replicates, policy: scenario.policy,
            work: { Double(1 + $0) * 1_000 })
    }

    /// Starts the coordinator on its journal and shards; a crash may come before it is up.
    func startCoordinator() {
        guard coordinator == nil else { return }
        epoch += 1
        if scenario.mistake == .forgottenTransaction { disk.forgetLastTransaction() }
        checkWhatSurvived()
        disk.removeTemporaryFiles()
        if scenario.mistake != .adoptWithoutDirectorySync {
            disk.syncDirectory()
            guard !isStruck() else { return }
        }
        var scheduler = newScheduler()
        var known: Set<Digest> = []
        for row in disk.journal {
            scheduler.apply(row.fact)
            if case .shardCommitted(let contents, _) = row.fact { known.insert(contents.digest) }
            if case .shardsCompacted(let shard, let replaced) = row.fact {
                known.insert(shard)
                // The last step of a compaction, which a crash may have cut short.
                for old in replaced { disk.remove(.shard(old)) }
            }
        }
        syncJournal()
        guard !isStruck() else { return }
        let origin = disk.journal.last?.instant ?? .zero
        for name in disk.shards where !known.contains(name) {
            let news = scheduler.adopt(contents(of: disk.read(.shard(name)) ?? [], name), at: origin)
            if news.isEmpty {
                disk.remove(.shard(name))
            } else {
                report.adopted += 1
                disk.append(news, at: origin)
                syncJournal()
            }
            guard !isStruck(isStoring: true) else { return }
        }
        sweepCheckpoints(&scheduler, at: origin)
        let session = CoordinatorSession(run: run, scheduler: scheduler, at: origin)
        coordinator = Coordinator(session: session, start: now, origin: origin)
        toCoordinator(.tick)
    }

    func crashCoordinator(restartIn pause: Duration) {
        epoch += 1
        coordinator = nil
        queue.insert(.startCoordinator, at: now + pause)
    }

    /// The time of the coordinator's clock.
    var coordinatorTime: Instant {
        guard let coordinator else { return .zero }
        return coordinator.origin + (now - coordinator.start) + coordinatorClock
    }

    /// Lets the coordinator handle an event.
    func toCoordinator(_ event: CoordinatorSession.Event) {
        let time = coordinatorTime
        guard let effects = coordinator?.session.handle(event, at: time) else { return }
        for effect in effects { perform(effect) }
        guard let session = coordinator?.session else { return }
        if let violation = (session.scheduler.violations() + session.violations()).first {
            report.violations.append("coordinator: \(violation) after \(event)")
        }
        guard let deadline = session.nextDeadline, deadline != .never else { return }
        let tick = max(now + (deadline - time), now + .microseconds(1))
        if coordinator?.tickAt.map({ tick < $0 }) ?? true {
            coordinator?.tickAt = tick
            queue.insert(.coordinatorTick(epoch: epoch), at: tick)
        }
    }

    private func perform(_ effect: CoordinatorSession.Effect) {
        switch effect {
        case .send(let envelope, let route):
            if case .lease(let lease) = envelope.message { check(lease) }
            checkDurability(of: envelope)
            toNetwork(envelope, to: route)
        case .journal(let facts):
            coordinator?.waiting += facts
            request(.journal)
            if scenario.mistake == .acknowledgeBeforeJournal { reportJournaled(facts.count) }
        case .write(let chunk): request(.write(chunk))
        case .commit(let announcement, let step):
            promises.begun.insert(announcement.digest)
            request(.commit(announcement, step))
        case .discard(let digest): request(.discard(digest))
        case .compact(let shards): request(.compact(shards))
        case .removeShards(let shards): request(.remove(shards))
        case .storeCheckpoint(let checkpoint): request(.checkpoint(.store(checkpoint)))
        case .readCheckpoint(let checkpoint, let offset, let count, let worker):
            request(.checkpoint(.read(checkpoint, offset: offset, count: count, for: worker)))
        case .deleteCheckpoint(let digest): request(.checkpoint(.delete(digest)))
        case .reply(let reply, _): hear(reply)
        case .note(let note): count(note)
        case .finished: isFinished = true
        }
    }

    private func count(_ note: CoordinatorSession.Note) {
        switch note {
        case .lost: report.lost += 1
        case .dropped: report.dropped += 1
        case .refused(_, let refusal) where refusal.reason != .finished && refusal.reason != .host:
            report.violations.append("a worker is refused: \(refusal.message)")
        default: break
        }
    }

    private func request(_ request: Coordinator.Request) {
        coordinator?.requests.append(request)
        if coordinator?.requests.count == 1, coordinator?.operations.isEmpty == true {
            queue.insert(.storage(epoch: epoch), at: now + randomDuration(50...5_000))
        }
    }
}
