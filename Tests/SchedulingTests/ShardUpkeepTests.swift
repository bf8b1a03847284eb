import Scheduling
import SweepGrid
import Testing

/// What a coordinator does about shards beyond their commit: second results, too many files.
@Suite struct ShardUpkeepTests {
    private var session = CoordinatorSession(run: Self.run, scheduler: Scheduler(tasks: 10), at: .zero)
    private static let run = RunDescription(experiment: "toy", version: 2, run: shard(200), document: [], probe: nil)

    /// Begins anew with one worker.
    private mutating func begin(_ policy: Policy = Policy()) {
        session = CoordinatorSession(
            run: Self.run, scheduler: Scheduler(tasks: 10, policy: policy), at: .zero)
        let registration = Registration(
            protocolVersion: protocolVersion, experiment: "toy", version: 2, run: shard(200), probe: nil, slots: 1,
            host: "a", build: shard(202))
        _ = session.handle(
            .received(
                WorkerEnvelope(worker: nil, sequence: 0, acknowledged: 0, .register(registration)), from: Route([1])),
            at: .zero)
        _ = session.handle(.journaled(count: .max), at: .zero)
    }

    private func said(_ message: WorkerMessage, _ sequence: UInt64) -> CoordinatorSession.Event {
        .received(WorkerEnvelope(worker: w1, sequence: sequence, acknowledged: 0, message), from: Route([1]))
    }

    /// Commits a shard with these results as if it had come from worker 1, at once.
    private mutating func deliver(_ contents: ShardContents, sequence: UInt64) -> [CoordinatorSession.Effect] {
        let announcement = ShardAnnouncement(digest: contents.digest, byteCount: 10, tasks: contents.tasks)
        let digest = contents.digest
        var effects = session.handle(said(.announce(announcement), sequence), at: .seconds(3))
        let chunk = ShardChunk(digest: digest, offset: 0, bytes: Array(repeating: 0, count: 10))
        effects += session.handle(said(.chunk(chunk), 0), at: .seconds(3))
        effects += session.handle(.chunkWritten(digest, offset: 0), at: .seconds(3))
        effects += session.handle(.commit(digest, .verified(contents)), at: .seconds(3))
        effects += session.handle(.commit(digest, .stored), at: .seconds(3))
        return effects + session.handle(.journaled(count: .max), at: .seconds(3))
    }

    /// A second shard with results that are all committed is compared, and only a different one is kept.
    @Test mutating func aSupersededShardIsComparedBeforeItIsDropped() {
        begin()
        _ = deliver(contents(1, [0..<2]), sequence: 1)
        let equal = deliver(contents(2, [0..<2]), sequence: 2)
        #expect(equal.contains(.discard(shard(2))))
        #expect(equal.contains { $0.isSettled(shard(2), .superseded) })
        #expect(session.scheduler.stoppedPoints == [])
        var other = contents(3, [0..<2])
        other = ShardContents(digest: other.digest, tasks: other.tasks, fingerprints: [other.fingerprints[0], 99])
        let different = deliver(other, sequence: 3)
        #expect(different.contains { $0.isSettled(shard(3), .committed) })
        #expect(different.contains(.note(.conflict(task: 1, shard: shard(3), w1))))
        #expect(!session.scheduler.stoppedPoints.isEmpty)
        #expect(session.violations() == [])
    }

    /// Loose shards beyond the limit are compacted; the old ones are removed when the journal knows, not before.
    @Test mutating func manyShardsAreCompactedAndTheOldOnesRemovedLast() {
        var policy = Policy()
        policy.looseShardLimit = 2
        policy.shardsPerDoubling = 3
        begin(policy)
        for number in UInt8(1)...2 {
            let effects = deliver(contents(number, [Int(number)..<Int(number) + 1]), sequence: UInt64(number))
            #expect(!effects.contains { if case .compact = $0 { true } else { false } })
        }
        let third = deliver(contents(3, [3..<4]), sequence: 3)
        #expect(third.contains(.compact([shard(1), shard(2)])))
        #expect(third.contains { $0.isShardTarget(2) })
        let stored = session.handle(.compacted(.stored(shard(9), replacing: [shard(1), shard(2)])), at: .seconds(4))
        #expect(stored == [.journal([.shardsCompacted(into: shard(9), replacing: [shard(1), shard(2)])])])
        let journaled = session.handle(.journaled(count: .max), at: .seconds(4))
        #expect(journaled == [.removeShards([shard(1), shard(2)])])
        #expect(session.violations() == [])
    }
}

extension CoordinatorSession.Effect {
    fileprivate func isSettled(_ shard: Digest, _ outcome: ShardOutcome) -> Bool {
        if case .send(let envelope, _) = self { envelope.message == .settled(shard, outcome) } else { false }
    }

    fileprivate func isShardTarget(_ factor: Int) -> Bool {
        if case .send(let envelope, _) = self { envelope.message == .shardTarget(factor: factor) } else { false }
    }
}
