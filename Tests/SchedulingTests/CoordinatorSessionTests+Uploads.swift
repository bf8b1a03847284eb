import Scheduling
import SweepGrid
import Testing

/// How shards come to the coordinator, and what becomes of those that should not.
extension CoordinatorSessionTests {
    /// A worker that does not send what it announced holds up nobody else.
    @Test func aWorkerThatDoesNotSendItsShardsHoldsUpNobody() {
        var policy = Policy()
        policy.chunkSize = 10
        policy.uploadWindow = 40
        policy.workerUploadWindow = 20
        var session = session(tasks: 9, policy: policy)
        func from(_ place: UInt8, _ message: WorkerMessage, _ sequence: UInt64) -> CoordinatorSession.Event {
            .received(
                WorkerEnvelope(
                    worker: sequence == 0 ? nil : WorkerID(UInt32(place)), sequence: sequence, acknowledged: 0, message),
                from: Route([place]))
        }
        func asked(_ effects: [CoordinatorSession.Effect], _ number: UInt8) -> Int {
            sends(effects).count { if case .sendChunk(shard(number), _, _) = $0 { true } else { false } }
        }
        for place in UInt8(1)...4 { _ = session.handle(from(place, .register(registration()), 0), at: .zero) }
        _ = session.handle(.journaled(count: 4), at: .zero)
        // Two workers hang: each has its share, and together they have the whole window.
        for place in UInt8(1)...2 {
            let silent = ShardAnnouncement(digest: shard(place), byteCount: 100, tasks: [0..<1])
            #expect(asked(session.handle(from(place, .announce(silent), 1), at: .zero), place) == 2)
        }
        let good = ShardAnnouncement(digest: shard(3), byteCount: 10, tasks: [1..<2])
        #expect(asked(session.handle(from(3, .announce(good), 1), at: .zero), 3) == 0)
        // After some rounds without an answer they are left alone for a while.
        var given = 0
        for second in 1...20 {
            for place in UInt8(1)...3 {
                let effects = session.handle(from(place, .heartbeat(running: []), 99), at: .seconds(Double(second)))
                given += asked(effects, 3)
            }
            #expect(session.violations() == [])
        }
        #expect(given > 0)
    }

    /// Scenario 35: what one worker announces, leaves unacknowledged or registers is bounded.
    @Test func whatOneWorkerAsksForIsBounded() {
        var policy = Policy()
        policy.uploadLimit = 5
        policy.unacknowledgedLimit = 10
        var session = admitted(tasks: 50, policy: policy)
        func announce(_ number: Int, byteCount: Int) -> [CoordinatorSession.Effect] {
            let shard = ShardAnnouncement(
                digest: shard(UInt8(number)), byteCount: byteCount, tasks: [number..<number + 1])
            return session.handle(message(.announce(shard), sequence: UInt64(number)), at: .zero)
        }
        for number in 1...20 { #expect(announce(number, byteCount: 64 << 20).contains { $0.isFact } == false) }
        // Larger ones are refused at once; a worker that acknowledges nothing is taken for gone.
        var ended: [CoordinatorSession.Effect] = []
        for number in 21...31 {
            #expect(ended == [])
            ended = announce(number, byteCount: (64 << 20) + 1).filter(\.isFact)
        }
        #expect(ended == [.journal([.workerLeft(w1)])])
        #expect(session.violations() == [])
    }

    @Test func onlySomeOfManyAnnouncedShardsAreUnderWay() {
        var policy = Policy()
        policy.uploadLimit = 5
        var session = admitted(tasks: 50, policy: policy)
        for number in 1...20 {
            let shard = ShardAnnouncement(
                digest: shard(UInt8(number)), byteCount: 99, tasks: [number..<number + 1])
            _ = session.handle(message(.announce(shard), sequence: UInt64(number)), at: .zero)
        }
        let left = session.handle(message(.goodbye, sequence: 21), at: .zero)
        #expect(left.count { if case .discard = $0 { true } else { false } } == 5)
    }

    @Test func aShardIsFetchedWithinTheWindowAndAcknowledgedWhenDurable() {
        var policy = Policy()
        policy.chunkSize = 10
        policy.uploadWindow = 20
        var session = admitted(policy: policy)
        let announcement = ShardAnnouncement(digest: shard(1), byteCount: 25, tasks: [0..<2])
        expect(
            session.handle(message(.announce(announcement), sequence: 1), at: .zero),
            is: [
                answer(.sendChunk(shard(1), offset: 0, count: 10), acknowledged: 1),
                answer(.sendChunk(shard(1), offset: 10, count: 10), acknowledged: 1),
            ])
        let chunks = [0, 10, 20].map {
            ShardChunk(digest: shard(1), offset: $0, bytes: Array(repeating: 0, count: $0 == 20 ? 5 : 10))
        }
        expect(session.handle(message(.chunk(chunks[0])), at: .zero), is: [.write(chunks[0])])
        expect(session.handle(message(.chunk(chunks[0])), at: .zero), is: [])
        expect(session.handle(message(.chunk(chunks[2])), at: .zero), is: [])
        expect(
            session.handle(.chunkWritten(shard(1), offset: 0), at: .zero),
            is: [answer(.sendChunk(shard(1), offset: 20, count: 5), acknowledged: 1)])
        expect(
            session.handle(.tick, at: .seconds(2)),
            is: [
                answer(.sendChunk(shard(1), offset: 10, count: 10), acknowledged: 1),
                answer(.sendChunk(shard(1), offset: 20, count: 5), acknowledged: 1),
            ])
        for chunk in chunks[1...] {
            expect(session.handle(message(.chunk(chunk)), at: .seconds(3)), is: [.write(chunk)])
        }
        _ = session.handle(.chunkWritten(shard(1), offset: 20), at: .seconds(3))
        expect(
            session.handle(.chunkWritten(shard(1), offset: 10), at: .seconds(3)),
            is: [.commit(announcement, .verify)])
        let read = contents(1, [0..<2])
        expect(
            session.handle(.commit(shard(1), .verified(read)), at: .seconds(3)), is: [.commit(announcement, .store)])
        expect(
            session.handle(.commit(shard(1), .stored), at: .seconds(3)),
            is: [.journal([.shardCommitted(read, worker: w1)]), .note(.committed(shard(1), w1, tasks: 2))])
        expect(
            session.handle(.journaled(count: 2), at: .seconds(3)),
            is: [answer(.settled(shard(1), .committed), sequence: 1, acknowledged: 1)])
        expect(
            session.handle(message(.announce(announcement), sequence: 2), at: .seconds(4)),
            is: [answer(.settled(shard(1), .superseded), sequence: 2, acknowledged: 2)])
        #expect(session.violations() == [])
    }

    /// A stopped run whose last worker is gone ends with its last shard, also when that brings nothing new.
    @Test func aStoppedRunEndsWithAShardThatBringsNothingNew() {
        var session = admitted()
        _ = session.handle(.stop, at: .zero)
        for number in UInt8(1)...2 {
            let announcement = ShardAnnouncement(digest: shard(number), byteCount: 1, tasks: [0..<2])
            _ = session.handle(message(.announce(announcement), sequence: UInt64(number)), at: .zero)
            _ = session.handle(message(.chunk(ShardChunk(digest: shard(number), offset: 0, bytes: [1]))), at: .zero)
            _ = session.handle(.chunkWritten(shard(number), offset: 0), at: .zero)
        }
        _ = session.handle(.commit(shard(1), .verified(contents(1, [0..<2]))), at: .zero)
        _ = session.handle(.commit(shard(1), .stored), at: .zero)
        var effects = session.handle(message(.goodbye, sequence: 3), at: .zero)
        effects += session.handle(.journaled(count: 99), at: .zero)
        #expect(!effects.contains(.finished))
        effects = session.handle(.commit(shard(2), .verified(contents(2, [0..<2]))), at: .seconds(1))
        effects += session.handle(.journaled(count: 100), at: .seconds(1))
        #expect(effects.contains(.finished))
    }

    /// Scenario 14: what the coordinator's disk loses is fetched again from the worker that has it; its tasks are not to blame.
    @Test(arguments: [false, true]) func aShardThatTheDiskLostIsFetchedAgain(isWorkerGone: Bool) {
        var session = admitted()
        let announcement = ShardAnnouncement(digest: shard(1), byteCount: 1, tasks: [0..<1])
        let chunk = ShardChunk(digest: shard(1), offset: 0, bytes: [1])
        let verified = CoordinatorSession.Event.commit(shard(1), .verified(contents(1, [0..<1])))
        _ = session.handle(message(.announce(announcement), sequence: 1), at: .zero)
        _ = session.handle(message(.chunk(chunk)), at: .zero)
        _ = session.handle(.chunkWritten(shard(1), offset: 0), at: .zero)
        expect(session.handle(verified, at: .zero), is: [.commit(announcement, .store)])
        if isWorkerGone {
            _ = session.handle(.stop, at: .zero)
            _ = session.handle(message(.goodbye, sequence: 2), at: .zero)
            _ = session.handle(.journaled(count: 99), at: .zero)
        }
        let lost: [CoordinatorSession.Effect] = [.note(.storageFailing(reason: "gone")), .discard(shard(1))]
        let effects = session.handle(.commit(shard(1), .lost(reason: "gone")), at: .zero)
        #expect(session.violations() == [])
        // Nothing is on its way any more: the stopped run ends.
        guard !isWorkerGone else { return #expect(effects == lost + [.finished]) }
        #expect(effects == lost)
        #expect(session.nextDeadline == .seconds(5))
        expect(
            session.handle(.tick, at: .seconds(5)),
            is: [answer(.sendChunk(shard(1), offset: 0, count: 1), acknowledged: 1)])
        _ = session.handle(message(.chunk(chunk)), at: .seconds(5))
        expect(
            session.handle(.chunkWritten(shard(1), offset: 0), at: .seconds(5)), is: [.commit(announcement, .verify)])
        _ = session.handle(verified, at: .seconds(5))
        expect(
            session.handle(.commit(shard(1), .stored), at: .seconds(5)).first,
            is: .journal([.shardCommitted(contents(1, [0..<1]), worker: w1)]))
    }

    /// Scenario 42: a damaged shard is refused by name, its tasks run again, and the coordinator keeps serving.
    @Test func aDamagedShardIsRefused() {
        var session = admitted()
        let announcement = ShardAnnouncement(digest: shard(1), byteCount: 1, tasks: [0..<1])
        _ = session.handle(message(.announce(announcement), sequence: 1), at: .zero)
        _ = session.handle(message(.chunk(ShardChunk(digest: shard(1), offset: 0, bytes: [1]))), at: .zero)
        _ = session.handle(.chunkWritten(shard(1), offset: 0), at: .zero)
        expect(
            session.handle(.commit(shard(1), .refused(reason: "wrong SHA-256")), at: .zero),
            is: [
                .discard(shard(1)), .note(.shardRefused(shard(1), w1, reason: "wrong SHA-256")),
                answer(.settled(shard(1), .refused(reason: "wrong SHA-256")), sequence: 1, acknowledged: 1),
            ])
    }

    @Test func absurdAnnouncementsAreRefused() {
        for (size, tasks) in [(0, [0..<1]), (-5, [0..<1]), (Int.max, [0..<1]), (9, []), (9, [3..<99]), (9, [-1..<2])] {
            var session = admitted()
            let announcement = ShardAnnouncement(digest: shard(1), byteCount: size, tasks: tasks)
            let answers = sends(session.handle(message(.announce(announcement), sequence: 1), at: .zero))
            #expect(answers.count == 1)
            guard case .settled(shard(1), .refused) = answers.first else {
                Issue.record("\(announcement) is answered with \(answers)")
                continue
            }
        }
    }
}
