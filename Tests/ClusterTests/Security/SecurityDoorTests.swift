import Testing
import ZeroMQ

@testable import Cluster

@Suite struct SecurityDoorTests {
    @Test func thisHostNeedsNoKeysAndTakesThemWhenGiven() throws {
        let fixture = try KeyFixture()
        let context = try Context()
        #expect(try Security.server(for: "tcp://127.0.0.1:*", keys: nil, in: context) { _ in } == nil)
        #expect(try Security.client(for: "ipc:///x", key: nil, role: .worker) == nil)
        let gate = try #require(try Security.server(for: "tcp://127.0.0.1:*", keys: fixture.keys, in: context) { _ in })
        #expect(gate.security == .server(try fixture.keys.server().secretKey))
        let key = try fixture.client("node1")
        #expect(try Security.client(for: "ipc:///x", key: "node1", keys: fixture.keys, role: .worker) == key)
        #expect(try Security.client(for: "ipc:///x", key: nil, keys: fixture.keys, role: .worker) == key)
    }

    @Test func whatIsNoEndpointIsSaidBeforeKeysAreAskedFor() throws {
        for text in ["nonsense", "node1:7700", "tcp://", "udp://node1:7700"] {
            let error = #expect(throws: ClusterError.self) { try Security.client(for: text, key: nil, role: .worker) }
            #expect(error?.description == "'\(text)' is no endpoint; write tcp://HOST:PORT or ipc://PATH")
        }
    }

    @Test func aCoordinatorOnTheNetworkWithoutKeysIsToldWhatToRun() throws {
        let fixture = try KeyFixture(initialized: false)
        let error = #expect(throws: ClusterError.self) {
            _ = try Security.server(for: "tcp://*:7700", keys: fixture.keys, in: try Context()) { _ in }
        }
        #expect(
            error?.description
                == "tcp://*:7700 can be reached from other hosts, which needs keys, and there are none in '\(fixture.keys.path)': run 'phasemap keys init --keys \(fixture.keys.path)', or listen at tcp://127.0.0.1:PORT"
        )
    }

    @Test func aClientOnTheNetworkTakesTheOnlyKeyOfItsRole() throws {
        let fixture = try KeyFixture()
        func find(_ role: Role) throws -> String? {
            try Security.client(for: "tcp://node0:7700", key: nil, keys: fixture.keys, role: role)?.name
        }
        let none = #expect(throws: ClusterError.self) { try find(.worker) }
        #expect(none?.description.contains("phasemap keys add NAME --role worker") == true)
        for name in ["a", "b"] { _ = try fixture.keys.add(name, role: .worker) }
        _ = try fixture.keys.add("me", role: .control)
        #expect(try find(.control) == "me")
        let several = #expect(throws: ClusterError.self) { try find(.worker) }
        #expect(several?.description.contains("(a, b); name one with --key NAME") == true)
        _ = try fixture.keys.revoke("a")
        #expect(try find(.worker) == "b")
    }

    @Test func aKeyThatCannotServeIsRefusedBeforeAnyConnection() throws {
        let fixture = try KeyFixture()
        _ = try fixture.keys.add("me", role: .control)
        _ = try fixture.keys.add("old", role: .worker)
        _ = try fixture.keys.revoke("old")
        for (key, text) in [
            ("me", "has the role control, and this needs the role worker"), ("old", "was revoked 20"),
            ("nobody", "cannot be opened: No such file"),
            (fixture.keys.file("coordinator"), "is the coordinator's own key"),
            ("../me", "cannot be opened"), ("a b", "is no name for a key"),
        ] {
            let error = #expect(throws: ClusterError.self) {
                try Security.client(for: "tcp://node0:1", key: key, keys: fixture.keys, role: .worker)
            }
            #expect(error?.description.contains(text) == true)
        }
    }
}
