import Scheduling
import SweepGrid
import Testing

struct CommitSequenceTests {
    let announcement = ShardAnnouncement(digest: shard(1), byteCount: 10, tasks: [0..<2])
    let good = contents(1, [0..<2])

    @Test func aCommitTakesItsStepsInOrder() {
        var commit = CommitSequence(announcement, retryDelay: .seconds(5))
        expect(commit.handle(.verified(good), at: .zero), is: .perform(.store))
        expect(commit.handle(.stored, at: .zero), is: .record(good))
        expect(commit.handle(.journaled, at: .zero), is: .acknowledge(.committed))
        #expect(commit.state == .acknowledged)
    }

    @Test func otherContentsThanAnnouncedAreRefused() {
        for other in [
            contents(2, [0..<2]), contents(1, [0..<3]),
            ShardContents(digest: shard(1), tasks: [0..<2], fingerprints: [1]),
        ] {
            var commit = CommitSequence(announcement, retryDelay: .seconds(5))
            let reason = "the shard does not hold the results that were announced"
            expect(commit.handle(.verified(other), at: .zero), is: .acknowledge(.refused(reason: reason)))
            #expect(commit.state == .refused)
        }
    }

    /// Scenario 14: a full disk delays a commit; no step is skipped and nothing is acknowledged before it is durable.
    @Test func aFullDiskIsTriedAgain() {
        var commit = CommitSequence(announcement, retryDelay: .seconds(5))
        expect(commit.handle(.failed(reason: "full"), at: .zero), is: .wait(reason: "full"))
        #expect(commit.nextDeadline == .seconds(5))
        expect(commit.handle(.tick, at: .seconds(4)), is: nil)
        expect(commit.handle(.tick, at: .seconds(5)), is: .perform(.verify))
        expect(commit.handle(.verified(good), at: .seconds(6)), is: .perform(.store))
        expect(commit.handle(.failed(reason: "full"), at: .seconds(6)), is: .wait(reason: "full"))
        expect(commit.handle(.stored, at: .seconds(7)), is: nil)
        expect(commit.handle(.tick, at: .seconds(11)), is: .perform(.store))
        expect(commit.handle(.stored, at: .seconds(12)), is: .record(good))
    }

    /// What the disk lost is fetched again; nobody is told that the shard was refused.
    @Test func aCommitWhoseBytesAreLostBeginsAnew() {
        var commit = CommitSequence(announcement, retryDelay: .seconds(5))
        expect(commit.handle(.lost(reason: "gone"), at: .zero), is: nil)
        _ = commit.handle(.verified(good), at: .zero)
        expect(commit.handle(.lost(reason: "gone"), at: .zero), is: .fetchAgain(reason: "gone"))
        #expect(commit.state == .lost)
        #expect(commit.nextDeadline == nil)
        expect(commit.handle(.stored, at: .zero), is: nil)
    }

    /// All sequences of up to six events: an acknowledgement follows verification, storage and journal, in this order.
    @Test func noSequenceOfEventsAcknowledgesTooEarly() {
        let events: [CommitSequence.Event] = [
            .verified(good), .refused(reason: ""), .stored, .failed(reason: ""), .journaled, .tick,
            .lost(reason: ""),
        ]
        func explore(_ commit: CommitSequence, _ trace: [CommitSequence.Event]) {
            guard trace.count < 6 else { return }
            for event in events {
                var next = commit
                let now = Instant.seconds(Double(trace.count) * 10)
                let action = next.handle(event, at: now)
                if action == .acknowledge(.committed) {
                    let steps = (trace + [event]).filter { $0 != .tick && $0 != .failed(reason: "") }
                    let verified = steps.firstIndex(of: .verified(good)) ?? .max
                    let stored = steps[verified...].firstIndex(of: .stored) ?? .max
                    #expect(verified < stored)
                    #expect(steps[stored...].contains(.journaled))
                }
                if [.acknowledged, .refused, .lost].contains(commit.state) { #expect(action == nil) }
                explore(next, trace + [event])
            }
        }
        explore(CommitSequence(announcement, retryDelay: .seconds(5)), [])
    }
}
