internal import Journal
package import Scheduling
package import SweepGrid

/// What happened to one task, folded from the rows of the journal that concern it.
package struct TaskStory: Hashable, Sendable {
    /// One attempt at the task.
    package struct Attempt: Hashable, Sendable {
        /// How an attempt ended.
        package enum End: Hashable, Sendable {
            /// It came to nothing; nil when the task was given up with it, else when it could be tried again.
            case failed(FailureClass, message: String, retryAt: Instant?)
            /// The worker gave the task back before it began.
            case returned
            /// The worker left or was lost; the task went to others.
            case workerLeft, workerLost
            /// The worker registered anew, and did not have the task any more.
            case registeredAnew
            /// An operator gave the task up.
            case cancelled
            /// Its result is durable.
            case committed
        }

        package var number: Int
        package var lease: LeaseID
        package var worker: WorkerID
        package var begin: RunHistory.Moment
        package var end: End?
        package var ended: RunHistory.Moment?
    }

    /// Something that happened to the task beside its attempts, and when.
    package struct Event: Hashable, Sendable {
        package var moment: RunHistory.Moment
        package var what: Happening
    }

    /// Something that happened to the task beside its attempts.
    package enum Happening: Hashable, Sendable {
        case cancelled(ControlOrigin)
        case retried(ControlOrigin)
        /// A shard with its result was committed, by the worker that had it or by one that was late.
        case committed(Digest, WorkerID)
        /// Two results of a task of its point differ.
        case conflict(task: Int, other: Digest, WorkerID)
        /// The shard with one of two different results of a task of its point was taken away.
        case conflictVoid
        /// The newest checkpoint of an attempt is durable; the next attempt goes on from it.
        case checkpointed(Checkpoint, WorkerID)
        /// Its checkpoint cannot be used.
        case checkpointDropped(Digest)
        /// It runs alone from now on, and why.
        case isolated(Isolation, reason: String)
        /// It brought down too many slots or workers.
        case quarantined(explanation: String)
        /// The host where it failed is to blame, and its failures there are forgotten.
        case pardoned(host: String, reason: String)
    }

    package private(set) var attempts: [Attempt] = []
    package private(set) var events: [Event] = []

    /// The story of a task.
    ///
    /// - Parameter records: rows of the journal, in order; rows that do not concern the task are passed over.
    init(of task: Int, in records: [JournalRecord]) {
        for record in records {
            let moment = RunHistory.Moment(instant: record.instant, wallTime: record.wallTime)
            if let fact = record.fact { take(fact, task, moment) }
        }
    }

    private mutating func take(_ fact: Fact, _ task: Int, _ moment: RunHistory.Moment) {
        switch fact {
        case .leaseGranted(let lease):
            guard let run = lease.runs.first(where: { $0.tasks.contains(task) }) else { return }
            attempts.append(Attempt(number: run.attempt, lease: lease.id, worker: lease.worker, begin: moment))
        case .leaseReturned(let lease, let tasks):
            guard tasks.contains(where: { $0.contains(task) }), attempts.last?.lease == lease else { return }
            end(.returned, moment)
        case .attemptFailed(let failure, _, let retryAt):
            guard failure.task == task else { return }
            end(
                .failed(failure.failureClass, message: failure.message, retryAt: retryAt == .never ? nil : retryAt),
                moment)
        case .workerRegistered(_, _, let replacing):
            if let replacing, attempts.last?.worker == replacing { end(.registeredAnew, moment) }
        case .workerLeft(let worker): if attempts.last?.worker == worker { end(.workerLeft, moment) }
        case .workerLost(let worker): if attempts.last?.worker == worker { end(.workerLost, moment) }
        case .workerDrained, .workerNamed, .shardsCompacted: break
        case .shardCommitted(let contents, let worker):
            guard contents.tasks.contains(where: { $0.contains(task) }) else { return }
            end(.committed, moment)
            events.append(Event(moment: moment, what: .committed(contents.digest, worker)))
        case .resultConflict(let other, _, _, let shard, let worker):
            events.append(Event(moment: moment, what: .conflict(task: other, other: shard, worker)))
        case .conflictsVoid: events.append(Event(moment: moment, what: .conflictVoid))
        case .checkpointStored(let checkpoint, let worker):
            guard checkpoint.task == task else { return }
            // Of an attempt only the newest one counts.
            if case .checkpointed(let last, _) = events.last?.what, last.attempt == checkpoint.attempt {
                events.removeLast()
            }
            events.append(Event(moment: moment, what: .checkpointed(checkpoint, worker)))
        case .checkpointDropped(task, let digest):
            events.append(Event(moment: moment, what: .checkpointDropped(digest)))
        case .checkpointDropped: break
        case .taskIsolated(task, let isolation, let reason):
            events.append(Event(moment: moment, what: .isolated(isolation, reason: reason)))
        case .taskQuarantined(task, let explanation):
            events.append(Event(moment: moment, what: .quarantined(explanation: explanation)))
        case .taskIsolated, .taskQuarantined: break
        case .hostDrained(let host, _, let reason, let pardoned):
            guard pardoned.contains(where: { $0.contains(task) }) else { return }
            events.append(Event(moment: moment, what: .pardoned(host: host, reason: reason)))
        case .tasksCancelled(let tasks, let origin):
            guard tasks.contains(where: { $0.contains(task) }) else { return }
            end(.cancelled, moment)
            events.append(Event(moment: moment, what: .cancelled(origin)))
        case .tasksRetried(let tasks, let origin):
            guard tasks.contains(where: { $0.contains(task) }) else { return }
            events.append(Event(moment: moment, what: .retried(origin)))
        }
    }

    private mutating func end(_ end: Attempt.End, _ moment: RunHistory.Moment) {
        guard let index = attempts.indices.last, attempts[index].end == nil else { return }
        attempts[index].end = end
        attempts[index].ended = moment
    }
}
