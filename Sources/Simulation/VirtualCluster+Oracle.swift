import Scheduling
import SweepGrid

/// What the journal holds for good: all that may be promised to workers.
struct Promises {
    private(set) var workers: Set<WorkerID> = []
    private(set) var leases: Set<LeaseID> = []
    private(set) var shards: Set<Digest> = []
    private(set) var tasks = TaskSet()
    /// The shards whose results were compacted into others.
    private(set) var replaced: Set<Digest> = []
    /// The shards, as opposed to checkpoints, whose commit has begun.
    var begun: Set<Digest> = []
    /// The shards that workers were told to be safe.
    var acknowledged: Set<Digest> = []

    mutating func note(_ fact: Fact) {
        switch fact {
        case .workerRegistered(let worker, _, _): workers.insert(worker)
        case .leaseGranted(let lease): leases.insert(lease.id)
        case .shardCommitted(let contents, _):
            shards.insert(contents.digest)
            for range in contents.tasks { tasks.insert(range) }
        case .shardsCompacted(let shard, let old):
            shards.insert(shard)
            replaced.formUnion(old)
        default: break
        }
    }

    /// The shards that must be on the disk.
    var present: Set<Digest> { shards.subtracting(replaced) }
}

/// The tasks that nobody may compute any more, because an operator said so.
private struct Wishes {
    private let asked: [RequestID: Range<Int>]
    private var cancelled = TaskSet()

    init(_ asked: [RequestID: Range<Int>]) { self.asked = asked }

    /// A cancelled task that a fact hands out all the same; `scheduler` is as it was before the fact.
    mutating func breach(of fact: Fact, by scheduler: Scheduler) -> Int? {
        switch fact {
        case .tasksCancelled(_, let origin):
            // All that was asked for and on its way, whatever the fact says: computed, being computed or waiting.
            for task in asked[origin.request] ?? 0..<0 {
                switch scheduler.state(of: task) {
                case .waiting, .retrying, .leased: cancelled.insert(task..<task + 1)
                default: break
                }
            }
        case .tasksRetried(let tasks, _): for range in tasks { cancelled.remove(range) }
        case .leaseGranted(let lease):
            for run in lease.runs {
                if let tasks = cancelled.intersection(run.tasks).first { return tasks.lowerBound }
            }
        default: break
        }
        return nil
    }
}

/// What must hold whatever happens.
extension VirtualCluster {
    /// Nothing may leave the coordinator that rests on a fact which a loss of power could take back.
    func checkDurability(of envelope: CoordinatorEnvelope) {
        switch envelope.message {
        case .welcome where envelope.worker.map { !promises.workers.contains($0) } ?? true:
            report.violations.append("a registration is answered before it is durable")
        case .lease(let lease) where !promises.leases.contains(lease.id):
            report.violations.append("\(lease.id) is sent before it is durable")
        case .settled(let digest, .committed):
            if promises.shards.contains(digest) {
                promises.acknowledged.insert(digest)
            } else if promises.begun.contains(digest) {
                report.violations.append("a shard is acknowledged before its fact is durable")
            }
        case .settled(let digest, .superseded):
            let file = agents.lazy.compactMap { $0.files[digest] }.first ?? []
            for range in contents(of: file, digest).tasks where promises.tasks.intersection(range) != [range] {
                report.violations.append("tasks \(range) are called committed before that is durable")
            }
        default: break
        }
    }

    /// After each start: what was promised is in the journal, and what the journal says is on the disk.
    func checkWhatSurvived() {
        var found = Promises()
        for row in disk.journal { found.note(row.fact) }
        for shard in found.present where disk.read(.shard(shard)) == nil {
            report.violations.append("the journal names a shard that is gone")
        }
        for shard in disk.shards where disk.read(.shard(shard)).map({ digest(of: $0) }) != shard {
            report.violations.append("a file has the name of a shard and other bytes")
        }
        if !promises.acknowledged.isSubset(of: found.shards) {
            report.violations.append("an acknowledged shard is not in the journal any more")
        }
        if !promises.workers.isSubset(of: found.workers) || !promises.leases.isSubset(of: found.leases)
            || !promises.shards.isSubset(of: found.shards)
        {
            report.violations.append("a durable fact is not in the journal any more")
        }
    }

    /// Compares what is durable with what a serial run gives, and a restored scheduler with the one that ran.
    func compareWithSerialRun() {
        // Whatever may still be lost is lost now: the end of a run must not depend on it.
        let unwritten = disk.journal.dropFirst(disk.syncedRowCount).map(\.fact) + (coordinator?.waiting ?? [])
        _ = disk.losePower(using: &stream)
        checkWhatSurvived()
        var results: [Int: UInt64] = [:]
        var restored = newScheduler()
        var wishes = Wishes(cancellations)
        for row in disk.journal.prefix(disk.syncedRowCount) {
            if let task = wishes.breach(of: row.fact, by: restored) {
                report.violations.append("task \(task) is leased after it was cancelled")
            }
            restored.apply(row.fact)
            if case .leaseReturned = row.fact { report.retracted += 1 }
            switch row.fact {
            case .shardCommitted(let contents, _): take(contents.digest, into: &results)
            case .shardsCompacted(let shard, _):
                report.compactions += 1
                take(shard, into: &results)
            default: break
            }
        }
        report.journal = disk.journal.map(\.fact)
        report.givenUp = restored.givenUp
        report.committed = restored.progress.committed
        report.failed = restored.progress.failed
        report.stopped = restored.progress.stopped
        guard report.violations.isEmpty else { return }
        for task in 0..<scenario.taskCount { compare(task, results[task], restored) }
        for fact in unwritten { restored.apply(fact) }
        if report.stopped == 0, !restored.checkpoints.isEmpty {
            report.violations.append("checkpoints are kept of tasks that are settled")
        }
        if let scheduler = coordinator?.session.scheduler, scheduler.ledger != restored.ledger {
            report.violations.append("the journal restores another state")
        }
    }

    /// Reads the results of a stored shard, unless it was compacted away; the first result of a task counts.
    private func take(_ shard: Digest, into results: inout [Int: UInt64]) {
        let words = words(in: disk.read(.shard(shard)) ?? [])
        for index in stride(from: 0, to: words.count - 1, by: 2) where results[Int(words[index])] == nil {
            results[Int(words[index])] = words[index + 1]
        }
    }

    private func compare(_ task: Int, _ result: UInt64?, _ restored: Scheduler) {
        let isUnruly =
            scenario.failingTasks.contains(task) || scenario.poisonTasks.contains(task)
            || scenario.lethalTasks.contains(task) || scenario.greedyTasks.contains(task)
        let isGivenUp = restored.givenUp.contains { $0.task == task }
        if let result {
            if isUnruly { report.violations.append("task \(task) always fails, but has a result") }
            guard scenario.wrongAgent == nil, result != scenario.fingerprint(of: task) else { return }
            report.violations.append("task \(task) has a wrong result")
        } else if restored.state(of: task) == .cancelled {
            return
        } else if !isGivenUp, report.stopped == 0 {
            report.violations.append("task \(task) is missing")
        } else if !isUnruly, !mayGiveUpInnocent, report.stopped == 0 {
            report.violations.append("task \(task) was given up without being at fault")
        }
    }

    /// Whether a fault can make innocent tasks fail more often than is allowed: damaged shards, slots and agents killed
    /// from outside. A cut network, a process or a clock that stands still, and a full disk can not.
    private var mayGiveUpInnocent: Bool {
        !report.faults.isDisjoint(with: [
            .damage, .slotCrash, .agentCrash,
        ])
    }
}
