import SweepGrid
import Testing

@testable import Scheduling

/// What the scheduler knows of checkpoints: the newest of each unfinished task.
struct SchedulerCheckpointTests {
    private func checkpoint(_ task: Int, attempt: Int = 1, _ number: UInt8) -> Checkpoint {
        Checkpoint(task: task, attempt: attempt, digest: shard(number), byteCount: 100)
    }

    /// A scheduler with one worker that computes task 0 of two.
    private func busy() -> Scheduler {
        var scheduler = Scheduler(tasks: 2)
        _ = scheduler.join(w1, at: .zero)
        return scheduler
    }

    private func restored(_ facts: [Fact]) -> Ledger {
        var scheduler = Scheduler(tasks: 2)
        for fact in facts { scheduler.apply(fact) }
        return scheduler.ledger
    }

    @Test func aStoredCheckpointIsAFactAndTheOneBeforeIsDeleted() {
        var scheduler = busy()
        expect(
            scheduler.handle(.checkpointStored(checkpoint(0, 1), from: w1), at: .seconds(1)),
            is: [.journal([.checkpointStored(checkpoint(0, 1), worker: w1)])])
        expect(
            scheduler.handle(.checkpointStored(checkpoint(0, 2), from: w1), at: .seconds(2)),
            is: [.journal([.checkpointStored(checkpoint(0, 2), worker: w1)]), .deleteCheckpoint(shard(1))])
        // The same file once more is neither news nor refuse.
        expect(scheduler.handle(.checkpointStored(checkpoint(0, 2), from: w1), at: .seconds(3)), is: [])
        #expect(scheduler.checkpoints == [checkpoint(0, 2)])
    }

    @Test func theNextAttemptIsToldOfTheNewestCheckpoint() {
        var scheduler = busy()
        _ = scheduler.handle(.checkpointStored(checkpoint(0, 1), from: w1), at: .seconds(1))
        _ = scheduler.handle(.checkpointStored(checkpoint(0, 2), from: w1), at: .seconds(2))
        let crash = AttemptFailure(task: 0, attempt: 1, .crash, message: "signal SIGKILL")
        _ = scheduler.handle(.failed(w1, crash), at: .seconds(3))
        var given = leases(scheduler.handle(.returned(w1, LeaseID(2), tasks: []), at: .seconds(5)))
        given += leases(scheduler.join(w2, slots: 2, wanting: 4, at: .seconds(6)))
        let lease = given.first { $0.runs.contains(TaskRun(0..<1, attempt: 2)) }
        #expect(lease?.checkpoints == [checkpoint(0, 2)])
        #expect(given.filter { $0.id != lease?.id }.allSatisfy { $0.checkpoints == [] })
        #expect(scheduler.violations() == [])
    }

    /// A worker that lost its lease computes on from another state; its checkpoints are not mixed with those of the attempt
    /// that counts.
    @Test func checkpointsOfAnotherAttemptAreNotKept() {
        var scheduler = busy()
        for stranger in [
            checkpoint(0, attempt: 2, 1), checkpoint(0, attempt: 0, 1), checkpoint(7, 1), checkpoint(-1, 1),
        ] {
            expect(
                scheduler.handle(.checkpointStored(stranger, from: w1), at: .seconds(1)),
                is: [.deleteCheckpoint(shard(1))])
        }
        #expect(scheduler.checkpoints == [])
    }

    @Test func aSettledTaskNeedsNoCheckpoint() {
        for settle: Scheduler.Event in [
            .stored(contents(9, [0..<1]), from: w1),
            .checkpointLost(shard(1), task: 0),
        ] {
            var scheduler = busy()
            _ = scheduler.handle(.checkpointStored(checkpoint(0, 1), from: w1), at: .seconds(1))
            #expect(scheduler.handle(settle, at: .seconds(2)).contains(.deleteCheckpoint(shard(1))))
            #expect(scheduler.checkpoints == [])
        }
        var policy = Policy()
        policy.failureLimit = 1
        var scheduler = Scheduler(tasks: 2, policy: policy)
        _ = scheduler.join(w1, at: .zero)
        _ = scheduler.handle(.checkpointStored(checkpoint(0, 1), from: w1), at: .seconds(1))
        let failure = AttemptFailure(task: 0, attempt: 1, .error, message: "x")
        #expect(scheduler.handle(.failed(w1, failure), at: .seconds(2)).contains(.deleteCheckpoint(shard(1))))
        expect(
            scheduler.handle(.checkpointStored(checkpoint(0, 2), from: w1), at: .seconds(3)).last,
            is: .deleteCheckpoint(shard(2)))
    }

    /// Everything that decides what the next attempt gets is in the journal.
    @Test func aRestartKnowsTheCheckpointsAndForgetsThoseThatAreGone() {
        var scheduler = busy()
        var journal = facts(scheduler.join(w2, at: .zero))
        journal = [
            .workerRegistered(w1, slots: 1, replacing: nil),
            .leaseGranted(Lease(LeaseID(1), to: w1, runs: [TaskRun(0..<2, attempt: 1)])),
            .checkpointStored(checkpoint(0, 1), worker: w1), .checkpointStored(checkpoint(1, 2), worker: w1),
            .checkpointStored(checkpoint(0, 3), worker: w1),
        ]
        scheduler = Scheduler(tasks: 2)
        for fact in journal { scheduler.apply(fact) }
        #expect(scheduler.checkpoints == [checkpoint(0, 3), checkpoint(1, 2)])
        // The newest was deleted meanwhile: the task begins anew, it does not go back to one that was superseded.
        let dropped = scheduler.dropCheckpoints([checkpoint(0, 3)], at: .seconds(9))
        #expect(dropped == [.checkpointDropped(task: 0, shard(3))])
        #expect(scheduler.checkpoints == [checkpoint(1, 2)])
        #expect(restored(journal + dropped) == scheduler.ledger)
        scheduler.resume(at: .seconds(9))
        #expect(!scheduler.handle(.tick, at: .seconds(10)).contains(.deleteCheckpoint(shard(3))))
    }
}
