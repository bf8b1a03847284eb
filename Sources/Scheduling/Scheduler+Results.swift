internal import OrderedCollections
internal import SweepGrid

extension Scheduler {
    /// Notes which tasks a worker computed; it holds their results until a shard with them is committed.
    mutating func finish(_ worker: WorkerID, _ runs: [FinishedRun]) {
        guard renew(worker) else { return }
        for finished in runs {
            var firstStale: Int?
            let range = ledger.valid(finished.run.tasks)
            var start = range.lowerBound
            while start < range.upperBound {
                let lease = LeaseID(ledger.tasks.lease[start])
                let isOwn = ledger.leases.worker(of: lease) == worker
                var end = start
                while isOwn, end < range.upperBound, ledger.tasks.lease[end] == lease.number,
                    Int(ledger.tasks.attempt[end]) == finished.run.attempt
                {
                    end += 1
                }
                if end == start {
                    firstStale = firstStale ?? start
                    end += 1
                } else {
                    hold(start..<end, of: lease)
                }
                start = end
            }
            learn(finished, range)
            if let firstStale { drop(.staleAttempt(worker, task: firstStale)) }
            if range != finished.run.tasks { drop(.malformed(worker)) }
        }
    }

    /// Puts results into the hands of the worker that reported them.
    mutating func hold(_ tasks: Range<Int>, of lease: LeaseID) {
        if let worker = ledger.leases.worker(of: lease) { noteSuccess(of: tasks, at: worker) }
        backlog.hold(tasks, of: lease)
    }

    /// Whether a task is leased to a worker under this attempt number.
    func isCurrent(_ task: Int, attempt: Int, at worker: WorkerID) -> Bool {
        ledger.tasks.status[task] == .leased && Int(ledger.tasks.attempt[task]) == attempt
            && ledger.holder(of: task) == worker
    }

    /// Whether a task exists, is leased to a worker and not yet reported as computed.
    func isUnfinished(_ task: Int, at worker: WorkerID) -> Bool {
        (0..<ledger.taskCount).contains(task) && ledger.tasks.status[task] == .leased
            && ledger.holder(of: task) == worker && !backlog.held.contains(task)
    }

    /// Whether a shard with results of these tasks is worth fetching: one of them at least is not committed.
    package func wants(_ tasks: [Range<Int>]) -> Bool {
        tasks.contains { range in ledger.valid(range).contains { ledger.tasks.status[$0] != .committed } }
    }

    /// Whether all of these tasks exist, in ascending ranges without overlap.
    package func exist(_ tasks: [Range<Int>]) -> Bool {
        tasks.allSatisfy { !$0.isEmpty && ledger.valid($0) == $0 }
            && zip(tasks, tasks.dropFirst()).allSatisfy { $0.upperBound <= $1.lowerBound }
    }

    /// Commits a stored shard: every result whose task is missing, whoever computed it under whatever lease.
    ///
    /// A second result of a task is ignored when it is equal. When it differs, the committed one stays, both shards are
    /// kept, and the point is no longer dispatched.
    mutating func commit(_ contents: ShardContents, _ worker: WorkerID) {
        if isMember(worker) { renew(worker) }
        guard exist(contents.tasks),
            contents.tasks.reduce(0, { $0 + $1.count }) == contents.fingerprints.count
        else { return drop(.malformed(worker)) }
        var conflicts: [Fact] = []
        var isNew = false
        var index = 0
        for range in contents.tasks {
            for task in range {
                let fingerprint = contents.fingerprints[index]
                index += 1
                if ledger.tasks.status[task] != .committed {
                    isNew = true
                } else if ledger.tasks.fingerprint[task] != fingerprint {
                    conflicts.append(
                        .resultConflict(
                            task: task, committed: ledger.tasks.fingerprint[task], other: fingerprint,
                            shard: contents.digest, worker: worker))
                }
            }
        }
        guard isNew || !conflicts.isEmpty else { return drop(.duplicateShard(contents.digest)) }
        record(.shardCommitted(contents, worker: worker))
        for conflict in conflicts { record(conflict) }
    }

    /// Whether a verified shard would change anything: a missing result, or one that differs from the committed one.
    func isNews(_ contents: ShardContents) -> Bool {
        var index = 0
        for range in contents.tasks {
            for task in range {
                guard ledger.valid(range).contains(task), index < contents.fingerprints.count,
                    ledger.tasks.status[task] == .committed,
                    ledger.tasks.fingerprint[task] == contents.fingerprints[index]
                else { return true }
                index += 1
            }
        }
        return false
    }

    /// Whether a shard of this name was committed, though another one may hold its results by now.
    func hasCommitted(_ shard: Digest) -> Bool { ledger.shards.known.contains(shard) }

    /// Notes that one stored shard holds the results of several; only of those that are still loose.
    mutating func compact(_ replaced: [Digest], into shard: Digest) {
        let loose = replaced.filter { ledger.shards.loose.contains($0) }
        guard !loose.isEmpty, !ledger.shards.loose.contains(shard) else { return drop(.duplicateShard(shard)) }
        record(.shardsCompacted(into: shard, replacing: loose))
    }

    /// Commits a shard that was found complete in the run's directory without a fact that names it; returns the facts
    /// to journal before the run goes on.
    public mutating func adopt(_ contents: ShardContents, at instant: Instant) -> [Fact] {
        for case .journal(let facts) in handle(.stored(contents, from: WorkerID(0)), at: instant) { return facts }
        return []
    }

    /// Shows the cost model how long tasks took; the time is divided among the classes by what was expected of them.
    private mutating func learn(_ finished: FinishedRun, _ range: Range<Int>) {
        let parts = backlog.queue.parts(of: range)
        let expected = parts.reduce(0) { $0 + costs.seconds($1.costClass) * Double($1.tasks.count) }
        for part in parts {
            let share = costs.seconds(part.costClass) * Double(part.tasks.count) / expected
            let duration = Double(finished.duration.nanoseconds) * share
            guard duration >= 0, duration < 9e18 else { return }
            costs.learn(part.costClass, count: part.tasks.count, duration: .nanoseconds(Int64(duration)))
        }
    }
}
