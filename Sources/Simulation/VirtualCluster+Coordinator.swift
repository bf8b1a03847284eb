import Scheduling
import SweepGrid

/// The coordinator process, as the simulation sees it.
struct Coordinator {
    var session: CoordinatorSession
    var tickAt: Instant?
    /// What the storage thread has to do, in order.
    var requests: [Request] = []
    /// Files that have no final name yet; nil where nothing was written.
    var temporary: [Digest: [UInt8?]] = [:]
    /// Facts made durable since the session began.
    var durableCount = 0

    /// A request to the storage thread.
    enum Request {
        case journal([Fact])
        case write(ShardChunk)
        case commit(ShardAnnouncement, CommitSequence.Step)
        case discard(Digest)
        case compact([Digest])
        case remove([Digest])
        case checkpoint(CheckpointRequest)
    }
}

/// What survives the coordinator.
struct Disk {
    var journal: [Fact] = []
    /// Shards under their final names.
    var shards: [Digest: [UInt8]] = [:]
    /// Checkpoints under their final names.
    var checkpoints: [Digest: [UInt8]] = [:]
}

extension VirtualCluster {
    /// A scheduler for the run, before any fact.
    private func newScheduler() -> Scheduler {
        Scheduler(
            taskCount: scenario.taskCount, tasksPerPoint: scenario.replicates, policy: scenario.policy,
            work: { Double(1 + $0) * 1_000 })
    }

    /// Starts the coordinator on its journal and shards.
    func startCoordinator() {
        epoch += 1
        var scheduler = newScheduler()
        var known: Set<Digest> = []
        for fact in disk.journal {
            scheduler.apply(fact)
            if case .shardCommitted(let contents, _) = fact { known.insert(contents.digest) }
            if case .shardsCompacted(let shard, let replaced) = fact {
                known.insert(shard)
                // The last step of a compaction, which a crash may have cut short.
                for old in replaced { disk.shards[old] = nil }
            }
        }
        for name in disk.shards.keys.sorted(by: { $0.bytes.lexicographicallyPrecedes($1.bytes) })
        where !known.contains(name) {
            let news = scheduler.adopt(contents(of: disk.shards[name] ?? [], name), at: now)
            disk.journal += news
            if news.isEmpty { disk.shards[name] = nil }
        }
        sweepCheckpoints(&scheduler)
        coordinator = Coordinator(session: CoordinatorSession(run: run, scheduler: scheduler, at: now))
        toCoordinator(.tick)
    }

    func crashCoordinator(restartIn pause: Duration) {
        epoch += 1
        coordinator = nil
        queue.insert(.startCoordinator, at: now + pause)
    }

    /// Lets the coordinator handle an event.
    func toCoordinator(_ event: CoordinatorSession.Event) {
        guard let effects = coordinator?.session.handle(event, at: now) else { return }
        for effect in effects { perform(effect) }
        guard let session = coordinator?.session else { return }
        if let violation = (session.scheduler.violations() + session.violations()).first {
            report.violations.append("coordinator: \(violation) after \(event)")
        }
        guard let deadline = session.nextDeadline else { return }
        let tick = max(deadline, now + .microseconds(1))
        if coordinator?.tickAt.map({ tick < $0 }) ?? true {
            coordinator?.tickAt = tick
            queue.insert(.coordinatorTick(epoch: epoch), at: tick)
        }
    }

    private func perform(_ effect: CoordinatorSession.Effect) {
        switch effect {
        case .send(let envelope, let route):
            if case .lease(let lease) = envelope.message { check(lease) }
            toNetwork(envelope, to: route)
        case .journal(let facts): request(.journal(facts))
        case .write(let chunk): request(.write(chunk))
        case .commit(let announcement, let step): request(.commit(announcement, step))
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
        if coordinator?.requests.count == 1 {
            queue.insert(.storage(epoch: epoch), at: now + randomDuration(50...5_000))
        }
    }

    /// The storage thread does its next request, and reports a little later: the coordinator may die in between.
    func store() {
        guard let request = coordinator?.requests.first else { return }
        let isFull = isActive(.diskFull)
        if isFull { report.faults.insert(.diskFull) }
        if case .journal = request, isFull {
            // The journal keeps its facts and tries again.
            return queue.insert(.storage(epoch: epoch), at: now + .milliseconds(200))
        }
        coordinator?.requests.removeFirst()
        if let event = outcome(of: request, isFull) {
            queue.insert(.storageReport(epoch: epoch, event), at: now + randomDuration(1...2_000))
        }
        if coordinator?.requests.isEmpty == false {
            queue.insert(.storage(epoch: epoch), at: now + randomDuration(50...5_000))
        }
    }

    private func outcome(of request: Coordinator.Request, _ isFull: Bool) -> CoordinatorSession.Event? {
        switch request {
        case .journal(let facts):
            disk.journal += facts
            coordinator?.durableCount += facts.count
            return .journaled(count: coordinator?.durableCount ?? 0)
        case .write(let chunk):
            guard !isFull else { return .commit(chunk.digest, .failed(reason: "No space left on device")) }
            var file = coordinator?.temporary[chunk.digest] ?? []
            let end = chunk.offset + chunk.bytes.count
            if file.count < end { file += Array(repeating: nil, count: end - file.count) }
            for (index, byte) in chunk.bytes.enumerated() { file[chunk.offset + index] = byte }
            coordinator?.temporary[chunk.digest] = file
            return .chunkWritten(chunk.digest, offset: chunk.offset)
        case .commit(let announcement, let step):
            guard !isFull else { return .commit(announcement.digest, .failed(reason: "No space left on device")) }
            return .commit(announcement.digest, step == .verify ? verify(announcement) : rename(announcement))
        case .discard(let digest):
            coordinator?.temporary[digest] = nil
            return nil
        case .compact(let shards):
            return .compacted(isFull ? .failed(reason: "No space left on device") : compact(shards))
        case .remove(let shards):
            for shard in shards { disk.shards[shard] = nil }
            return nil
        case .checkpoint(let request): return outcome(of: request, isFull)
        }
    }

    private func verify(_ announcement: ShardAnnouncement) -> CommitSequence.Event {
        let file = (coordinator?.temporary[announcement.digest] ?? []).compactMap { $0 }
        guard digest(of: file) == announcement.digest, file.count == announcement.byteCount else {
            return .refused(reason: "the file does not have the announced SHA-256")
        }
        return .verified(contents(of: file, announcement.digest))
    }

    private func rename(_ announcement: ShardAnnouncement) -> CommitSequence.Event {
        guard let file = coordinator?.temporary.removeValue(forKey: announcement.digest) else {
            report.violations.append("a shard is stored whose bytes are not there")
            return .failed(reason: "no such file")
        }
        disk.shards[announcement.digest] = file.compactMap { $0 }
        return .stored
    }

    /// What is in the file of a shard.
    func contents(of file: [UInt8], _ name: Digest) -> ShardContents {
        let words = words(in: file)
        let tasks = stride(from: 0, to: words.count, by: 2).map { Int(words[$0]) }
        let prints = stride(from: 1, to: words.count, by: 2).map { words[$0] }
        var set = TaskSet()
        for task in tasks { set.insert(task..<task + 1) }
        return ShardContents(digest: name, tasks: set.ranges, fingerprints: prints)
    }

    /// Compares what is durable with what a serial run gives, and a restored scheduler with the one that ran.
    func compareWithSerialRun() {
        // A coordinator that ends writes what waits for the journal.
        if isFinished {
            for case .journal(let facts) in coordinator?.requests ?? [] { disk.journal += facts }
        }
        var results: [Int: UInt64] = [:]
        var restored = newScheduler()
        var replaced: Set<Digest> = []
        for case .shardsCompacted(_, let old) in disk.journal { replaced.formUnion(old) }
        for fact in disk.journal {
            restored.apply(fact)
            switch fact {
            case .shardCommitted(let contents, _) where replaced.contains(contents.digest): continue
            case .shardCommitted(let contents, _): take(contents.digest, into: &results)
            case .shardsCompacted(let shard, _):
                report.compactions += 1
                take(shard, into: &results)
            case .workerLost: report.lost += 0
            case .leaseReturned: report.retracted += 1
            default: break
            }
        }
        report.journal = disk.journal
        report.givenUp = restored.givenUp
        report.committed = restored.progress.committed
        report.failed = restored.progress.failed
        report.stopped = restored.progress.stopped
        guard report.violations.isEmpty else { return }
        if let scheduler = coordinator?.session.scheduler, scheduler.ledger != restored.ledger {
            report.violations.append("the journal restores another state")
        }
        if report.stopped == 0, !restored.checkpoints.isEmpty {
            report.violations.append("checkpoints are kept of tasks that are settled")
        }
        let unruly = scenario.failingTasks.union(scenario.poisonTasks).union(scenario.lethalTasks)
            .union(scenario.greedyTasks)
        for task in 0..<scenario.taskCount {
            let isGivenUp = restored.givenUp.contains { $0.task == task }
            if results[task] == nil, restored.state(of: task) == .cancelled { continue }
            if let result = results[task] {
                guard scenario.wrongAgent == nil, result != scenario.fingerprint(of: task) else { continue }
                report.violations.append("task \(task) has a wrong result")
            } else if !isGivenUp, report.stopped == 0 {
                report.violations.append("task \(task) is missing")
            } else if !unruly.contains(task), !mayGiveUpInnocent, report.stopped == 0 {
                report.violations.append("task \(task) was given up without being at fault")
            }
        }
        for task in unruly where results[task] != nil {
            report.violations.append("task \(task) always fails, but has a result")
        }
    }

    /// Reads the results of a stored shard; the first result of a task counts.
    private func take(_ shard: Digest, into results: inout [Int: UInt64]) {
        guard let file = disk.shards[shard] else {
            report.violations.append("a committed shard is not there")
            return
        }
        let words = words(in: file)
        for index in stride(from: 0, to: words.count, by: 2) where results[Int(words[index])] == nil {
            results[Int(words[index])] = words[index + 1]
        }
    }

    /// Whether a fault can make innocent tasks fail more often than is allowed: damaged shards, slots killed from
    /// outside.
    private var mayGiveUpInnocent: Bool {
        !report.faults.isDisjoint(with: [.damage, .slotCrash, .agentDisk, .agentCrash, .stall, .partition])
            || !scenario.flakyTasks.isEmpty
    }
}
