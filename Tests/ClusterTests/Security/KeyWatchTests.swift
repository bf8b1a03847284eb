import Testing
import ZeroMQ

@testable import Cluster

@Suite struct KeyWatchTests {
    private func expectRefresh(_ watch: inout KeyWatch, at now: UInt64, changes: Bool) {
        let isChanged = watch.refresh(at: now)
        #expect(isChanged == changes)
    }

    @Test func aDirectoryThatCannotBeReadCountsForAWhileAndThenNot() throws {
        let fixture = try KeyFixture()
        _ = try fixture.keys.add("node1", role: .worker)
        let key = try fixture.keys.read("node1").publicKey
        var watch = try KeyWatch(fixture.keys)
        #expect(watch.ring[key]?.name == "node1")
        try fixture.setMode(0o755, fixture.keys.path)
        expectRefresh(&watch, at: 1_000_000_000, changes: true)
        #expect(watch.ring[key] != nil)
        #expect(watch.problems.count == 1)
        expectRefresh(&watch, at: 10_900_000_000, changes: false)
        expectRefresh(&watch, at: 11_000_000_000, changes: true)
        #expect(watch.ring[key] == nil)
        #expect(watch.problems.first?.hasSuffix("until then nobody is admitted") == true)
        try fixture.setMode(0o700, fixture.keys.path)
        expectRefresh(&watch, at: 12_000_000_000, changes: true)
        #expect(watch.ring[key]?.name == "node1")
        #expect(watch.problems == [])
    }

    @Test func everyOneOfManyQuickChangesIsSeen() throws {
        let fixture = try KeyFixture()
        _ = try fixture.keys.add("node1", role: .worker)
        var watch = try KeyWatch(fixture.keys)
        for round in 0..<50 {
            _ = try fixture.keys.revoke("node1")
            expectRefresh(&watch, at: UInt64(round), changes: true)
            #expect(watch.ring[try fixture.keys.read("node1").publicKey]?.revoked != nil)
            _ = try fixture.keys.add("node1", role: .worker)
            expectRefresh(&watch, at: UInt64(round), changes: true)
            #expect(watch.ring[try fixture.keys.read("node1").publicKey]?.revoked == nil)
        }
        expectRefresh(&watch, at: 100, changes: false)
    }
}
