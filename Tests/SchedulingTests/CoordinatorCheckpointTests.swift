import SweepGrid
import Testing

@testable import Scheduling

/// How the coordinator fetches checkpoints and hands them to the next attempt.
struct CoordinatorCheckpointTests {
    private let run = RunDescription(experiment: "toy", version: 2, run: shard(200), document: [], probe: nil)
    private let route = Route([1])

    private func message(
        _ message: WorkerMessage, _ sequence: UInt64 = 0, acknowledged: UInt64 = 0
    ) -> CoordinatorSession.Event {
        .received(
            WorkerEnvelope(worker: w1, sequence: sequence, acknowledged: acknowledged, message), from: route)
    }

    /// A session whose worker 1 computes task 0, which the journal knows.
    private func busy() -> CoordinatorSession {
        var policy = Policy()
        policy.chunkSize = 40
        policy.uploadWindow = 120
        policy.checkpointWindow = 80
        var session = CoordinatorSession(
            run: run, scheduler: Scheduler(tasks: 1, policy: policy), at: .zero)
        let registration = Registration(
            protocolVersion: protocolVersion, experiment: "toy", version: 2, run: shard(200), probe: nil, slots: 1,
            host: "a", build: shard(202))
        _ = session.handle(
            .received(WorkerEnvelope(worker: nil, sequence: 0, acknowledged: 0, .register(registration)), from: route),
            at: .zero)
        _ = session.handle(message(.request(leases: 1), 1), at: .zero)
        _ = session.handle(.journaled(count: 2), at: .zero)
        _ = session.handle(message(.heartbeat(running: [0]), acknowledged: 3), at: .zero)
        return session
    }

    private func checkpoint(_ number: UInt8, attempt: Int = 1, bytes: Int = 100) -> Checkpoint {
        Checkpoint(task: 0, attempt: attempt, digest: shard(number), byteCount: bytes)
    }

    private func sends(_ effects: [CoordinatorSession.Effect]) -> [CoordinatorMessage] {
        effects.compactMap {
            if case .send(let envelope, _) = $0, envelope.message != .heartbeat { envelope.message } else { nil }
        }
    }

    private func withoutSends(_ effects: [CoordinatorSession.Effect]) -> [CoordinatorSession.Effect] {
        effects.filter { if case .send = $0 { false } else { true } }
    }

    private func chunk(_ offset: Int, _ count: Int) -> ShardChunk {
        ShardChunk(digest: shard(1), offset: offset, bytes: Array(repeating: 1, count: count))
    }

    /// Uploads checkpoint 1 up to its storing.
    private func uploaded() -> CoordinatorSession {
        var session = busy()
        _ = session.handle(message(.announceCheckpoint(checkpoint(1)), 2), at: .zero)
        for (offset, count) in [(0, 40), (40, 40), (80, 20)] {
            _ = session.handle(message(.chunk(chunk(offset, count))), at: .zero)
            _ = session.handle(.chunkWritten(shard(1), offset: offset), at: .zero)
        }
        return session
    }

    @Test func aCheckpointIsFetchedWithinItsWindowAndSettledWhenItsFactIsDurable() {
        var session = busy()
        #expect(
            sends(session.handle(message(.announceCheckpoint(checkpoint(1)), 2), at: .zero)) == [
                .sendChunk(shard(1), offset: 0, count: 40), .sendChunk(shard(1), offset: 40, count: 40),
            ])
        expect(
            withoutSends(session.handle(message(.chunk(chunk(0, 40))), at: .zero)), is: [.write(chunk(0, 40))])
        #expect(
            sends(session.handle(.chunkWritten(shard(1), offset: 0), at: .zero))
                == [.sendChunk(shard(1), offset: 80, count: 20)])
        _ = session.handle(message(.chunk(chunk(40, 40))), at: .zero)
        _ = session.handle(message(.chunk(chunk(80, 20))), at: .zero)
        _ = session.handle(.chunkWritten(shard(1), offset: 40), at: .zero)
        expect(
            session.handle(.chunkWritten(shard(1), offset: 80), at: .zero), is: [.storeCheckpoint(checkpoint(1))])
        expect(
            session.handle(.checkpointStored(shard(1)), at: .zero),
            is: [
                .journal([.checkpointStored(checkpoint(1), worker: w1)]),
                .note(.checkpointStored(checkpoint(1), w1)),
            ])
        #expect(
            sends(session.handle(.journaled(count: 3), at: .zero)) == [.settled(shard(1), .committed)])
        #expect(session.violations() == [])
    }

    /// The older file is deleted when the journal names the newer one, never before.
    @Test func theOlderCheckpointIsDeletedAfterTheJournalNamesTheNewer() {
        var session = uploaded()
        _ = session.handle(.checkpointStored(shard(1)), at: .zero)
        _ = session.handle(.journaled(count: 3), at: .zero)
        _ = session.handle(message(.announceCheckpoint(checkpoint(2, bytes: 4)), 3), at: .zero)
        let bytes = ShardChunk(digest: shard(2), offset: 0, bytes: [1, 2, 3, 4])
        _ = session.handle(message(.chunk(bytes)), at: .zero)
        _ = session.handle(.chunkWritten(shard(2), offset: 0), at: .zero)
        let stored = session.handle(.checkpointStored(shard(2)), at: .zero)
        #expect(!stored.contains(.deleteCheckpoint(shard(1))))
        #expect(session.handle(.journaled(count: 4), at: .zero).contains(.deleteCheckpoint(shard(1))))
    }

    @Test func aCheckpointThatNobodyNeedsIsNotFetched() {
        let stale: [(Checkpoint, ShardOutcome)] = [
            (checkpoint(1, attempt: 2), .superseded),
            (Checkpoint(task: 9, attempt: 1, digest: shard(1), byteCount: 5), .superseded),
            (checkpoint(1, bytes: 0), .refused(reason: "it has 0 bytes")),
            (checkpoint(1, bytes: .max), .refused(reason: "it has \(Int.max) bytes")),
        ]
        for (checkpoint, outcome) in stale {
            var session = busy()
            #expect(
                sends(session.handle(message(.announceCheckpoint(checkpoint), 2), at: .zero))
                    == [.settled(shard(1), outcome)])
        }
        var session = uploaded()
        _ = session.handle(.checkpointStored(shard(1)), at: .zero)
        _ = session.handle(.journaled(count: 3), at: .zero)
        #expect(
            sends(session.handle(message(.announceCheckpoint(checkpoint(1)), 3), at: .zero))
                == [.settled(shard(1), .committed)])
    }

    @Test func aCheckpointThatIsSupersededOrWithdrawnOnItsWayIsDiscarded() {
        for last: WorkerMessage in [
            .announceCheckpoint(checkpoint(2)), .withdrawCheckpoint(shard(1), task: 0, isDamaged: false), .goodbye,
        ] {
            var session = busy()
            _ = session.handle(message(.announceCheckpoint(checkpoint(1)), 2), at: .zero)
            #expect(session.handle(message(last, 3), at: .zero).contains(.discard(shard(1))))
            #expect(session.violations() == [])
        }
    }

    @Test func aDamagedUploadIsRefusedAndTheOneBeforeStays() {
        var session = uploaded()
        let effects = session.handle(.checkpointNotStored(shard(1), reason: "another SHA-256"), at: .zero)
        #expect(effects.contains(.discard(shard(1))))
        #expect(effects.contains(.note(.checkpointRefused(task: 0, reason: "another SHA-256"))))
        #expect(sends(effects) == [.settled(shard(1), .refused(reason: "another SHA-256"))])
        #expect(session.scheduler.checkpoints == [])
    }

    /// A session that stored checkpoint 1.
    private func stored() -> CoordinatorSession {
        var session = uploaded()
        _ = session.handle(.checkpointStored(shard(1)), at: .zero)
        _ = session.handle(.journaled(count: 3), at: .zero)
        return session
    }

    private func fetch(_ number: UInt8, offset: Int, count: Int) -> CoordinatorSession.Event {
        message(.fetchCheckpoint(shard(number), task: 0, offset: offset, count: count))
    }

    @Test func aStoredCheckpointIsServedPieceByPieceWithinABound() {
        var session = stored()
        for offset in [0, 40] {
            expect(
                withoutSends(session.handle(fetch(1, offset: offset, count: 40), at: .zero)),
                is: [.readCheckpoint(checkpoint(1), offset: offset, count: 40, for: w1)])
        }
        // The window is full but for 40 bytes; what is too much is asked for again.
        _ = session.handle(fetch(1, offset: 0, count: 40), at: .zero)
        expect(withoutSends(session.handle(fetch(1, offset: 80, count: 20), at: .zero)), is: [])
        #expect(
            sends(session.handle(.checkpointRead(chunk(0, 40), for: w1), at: .zero)) == [.checkpointChunk(chunk(0, 40))]
        )
        expect(
            withoutSends(session.handle(fetch(1, offset: 80, count: 20), at: .zero)),
            is: [.readCheckpoint(checkpoint(1), offset: 80, count: 20, for: w1)])
    }

    @Test func absurdRequestsReadNothing() {
        var session = stored()
        for (offset, count) in [(-1, 10), (0, 0), (0, -5), (0, 41), (90, 11), (.max, 10), (.min, 40), (0, .max)] {
            expect(withoutSends(session.handle(fetch(1, offset: offset, count: count), at: .zero)), is: [])
        }
        #expect(sends(session.handle(fetch(7, offset: 0, count: 40), at: .zero)) == [.checkpointGone(shard(7))])
    }

    /// The newest checkpoint was deleted or damaged: the task begins anew, said in the log, and the journal knows.
    @Test func aCheckpointThatIsGoneIsForgotten() {
        var session = stored()
        _ = session.handle(fetch(1, offset: 0, count: 40), at: .zero)
        let effects = session.handle(
            .checkpointUnreadable(shard(1), task: 0, count: 40, for: w1, reason: "it is not there"), at: .zero)
        #expect(effects.contains(.journal([.checkpointDropped(task: 0, shard(1))])))
        #expect(effects.contains(.note(.checkpointRefused(task: 0, reason: "it is not there"))))
        #expect(sends(effects) == [.checkpointGone(shard(1))])
        session = stored()
        let damaged = session.handle(
            message(.withdrawCheckpoint(shard(1), task: 0, isDamaged: true), 3), at: .zero)
        #expect(damaged.contains(.journal([.checkpointDropped(task: 0, shard(1))])))
        #expect(session.handle(.journaled(count: 4), at: .zero).contains(.deleteCheckpoint(shard(1))))
    }

    /// A stopped run waits for the last checkpoint, and ends.
    @Test func aStoppedRunEndsAfterTheLastCheckpoint() {
        var session = uploaded()
        _ = session.handle(.stop, at: .zero)
        let left = session.handle(message(.goodbye, 3), at: .zero)
        #expect(!left.contains(.finished))
        _ = session.handle(.checkpointStored(shard(1)), at: .zero)
        #expect(session.handle(.journaled(count: 99), at: .zero).contains(.finished))
    }
}
