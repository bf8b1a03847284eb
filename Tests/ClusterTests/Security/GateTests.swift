import Foundation
import Testing
import ZeroMQ

@testable import Cluster

@Suite struct GateTests {
    let fixture: KeyFixture

    init() throws { fixture = try KeyFixture() }

    @Test func aKeyWithItsRoleIsGranted() throws {
        let key = try fixture.client("node1")
        let gate = try GateFixture(fixture.keys)
        let client = try ClientFixture(gate.endpoint, key)
        #expect(try client.send([1, 2, 3]))
        let message = try #require(try gate.next())
        let principal = Principal(
            name: "node1", role: .worker, publicKey: try fixture.keys.read("node1").publicKey, revoked: nil)
        #expect(message.parts.last == [1, 2, 3])
        #expect(gate.gate?.admission(of: message, for: .worker) == .granted(principal))
        #expect(gate.gate?.principal(of: message) == principal)
        #expect(try client.watch.read() == nil)
        gate.close()
        #expect(gate.said == [])
    }

    @Test func anotherRoleIsRefusedMessageByMessage() throws {
        let key = try fixture.client("me", role: .control)
        let gate = try GateFixture(fixture.keys)
        let client = try ClientFixture(gate.endpoint, key)
        #expect(try client.send([1]))
        let message = try #require(try gate.next())
        #expect(
            gate.gate?.admission(of: message, for: .worker).refusal
                == "the key 'me' has the role control, and this needs the role worker; make such a key on the coordinator's host with 'phasemap keys add NAME --role worker'"
        )
        #expect(gate.gate?.admission(of: message, for: .control).refusal == nil)
        gate.close()
    }

    /// Scenario 37.
    @Test func anUnlistedKeyIsNamedOnBothSides() throws {
        let key = try fixture.client("node1")
        try FileManager.default.removeItem(atPath: fixture.keys.file("node1"))
        let gate = try GateFixture(fixture.keys)
        let client = try ClientFixture(gate.endpoint, key)
        #expect(
            try client.refusal()
                == "the coordinator at \(gate.endpoint) refused the key 'node1': it is not in its key directory or was revoked; on the coordinator's host 'phasemap keys list' shows which keys count"
        )
        #expect(gate.says("refused a client at 127.0.0.1: its key "))
        gate.close()
    }

    /// Scenario 37.
    @Test func aRevokedKeyIsNamedOnBothSides() throws {
        let key = try fixture.client("node1")
        _ = try fixture.keys.revoke("node1")
        let gate = try GateFixture(fixture.keys)
        let client = try ClientFixture(gate.endpoint, key)
        #expect(try client.refusal()?.contains("refused the key 'node1'") == true)
        #expect(gate.says("refused a client at 127.0.0.1: its key 'node1' was revoked 20"))
        gate.close()
    }

    /// Scenario 37.
    @Test func revokingActsOnALiveSession() throws {
        let key = try fixture.client("node1")
        let other = try fixture.client("node2")
        let gate = try GateFixture(fixture.keys)
        let client = try ClientFixture(gate.endpoint, key)
        let bystander = try ClientFixture(gate.endpoint, other)
        #expect(try client.send([1]))
        let before = try #require(try gate.next())
        #expect(gate.gate?.admission(of: before, for: .worker).refusal == nil)
        _ = try fixture.keys.revoke("node1")
        let door = try #require(gate.gate)
        #expect(eventually { door.admission(of: before, for: .worker).refusal != nil })
        #expect(try client.send([2]))
        let after = try #require(try gate.next())
        #expect(door.admission(of: after, for: .worker).refusal?.hasPrefix("the key 'node1' was revoked 20") == true)
        #expect(door.principal(of: after) == nil)
        #expect(try bystander.send([3]))
        let third = try #require(try gate.next())
        #expect(door.admission(of: third, for: .worker).refusal == nil)
        gate.close()
    }

    @Test func aKeyOfTheSameNameDoesNotReviveTheSessionOfTheOldOne() throws {
        let key = try fixture.client("node1")
        let gate = try GateFixture(fixture.keys)
        let client = try ClientFixture(gate.endpoint, key)
        #expect(try client.send([1]))
        let message = try #require(try gate.next())
        _ = try fixture.keys.revoke("node1")
        let newKey = try fixture.client("node1")
        let newClient = try ClientFixture(gate.endpoint, newKey)
        #expect(try newClient.send([2]))
        let newMessage = try #require(try gate.next())
        #expect(gate.gate?.admission(of: newMessage, for: .worker).refusal == nil)
        #expect(
            gate.gate?.admission(of: message, for: .worker).refusal?.contains("is not in the coordinator's key") == true
        )
        gate.close()
    }

    @Test func aKeyMadeWhileTheCoordinatorRunsIsAdmitted() throws {
        let gate = try GateFixture(fixture.keys)
        let client = try ClientFixture(gate.endpoint, try fixture.client("late"))
        #expect(try client.send([1]))
        #expect(try gate.next()?.parts.last == [1])
        gate.close()
    }

    /// Scenario 37.
    @Test func aPlainClientIsToldToBringAKey() throws {
        let gate = try GateFixture(fixture.keys)
        let client = try ClientFixture(gate.endpoint, nil)
        #expect(try client.refusal()?.contains("wants a key; name one with --key NAME") == true)
        #expect(gate.says("a client without a key"))
        gate.close()
    }

    /// Scenario 37.
    @Test func aClientWithAKeyNeverTalksToAPlainCoordinator() throws {
        let gate = try GateFixture(nil)
        #expect(gate.gate == nil)
        let client = try ClientFixture(gate.endpoint, try fixture.client("node1"))
        // Whether it reads the coordinator's first word before the connection is closed decides which sentence it is.
        #expect(try client.refusal()?.contains("runs without keys") == true)
        #expect(try client.socket.send([[1]]) == false)
        gate.close()
    }

    /// Scenario 37.
    @Test func anotherCoordinatorsKeyIsNamedOnBothSides() throws {
        let stranger = try KeyFixture()
        let gate = try GateFixture(fixture.keys)
        let client = try ClientFixture(gate.endpoint, try stranger.client("node1"))
        #expect(try client.refusal()?.contains("has another key than this file says (was it replaced?)") == true)
        #expect(gate.says("expects another coordinator key"))
        gate.close()
    }

    /// Scenario 37.
    @Test func aReplacedCoordinatorKeyIsNoticedAndTheNewFileGetsIn() throws {
        let old = try fixture.client("node1")
        let first = try GateFixture(fixture.keys)
        let port = first.port
        let client = try ClientFixture(first.endpoint, old)
        #expect(try client.send([1]))
        #expect(try first.next() != nil)
        first.close()
        _ = try fixture.keys.initialize(replacing: true)
        let second = try GateFixture(fixture.keys, port: port)
        #expect(try client.refusal()?.contains("(was it replaced?)") == true)
        let new = try #require(
            try Security.client(
                for: second.endpoint, key: fixture.keys.file("node1"), keys: fixture.keys, role: .worker))
        let again = try ClientFixture(second.endpoint, new)
        #expect(try again.send([2]))
        #expect(try second.next()?.parts.last == [2])
        second.close()
    }

    /// Scenario 37.
    @Test func nothingCanBeReadOnTheWay() throws {
        let plaintext = Array("sampleCount=6, method=denoiser, recoveryError=0.125".utf8)
        for keys in [fixture.keys, nil] {
            let key = keys == nil ? nil : try fixture.client("node1")
            let gate = try GateFixture(keys)
            let relay = try RecordingRelay(to: gate.port)
            let client = try ClientFixture("tcp://127.0.0.1:\(relay.port)", key)
            #expect(try client.send(plaintext))
            let message = try #require(try gate.next())
            #expect(message.parts.last == plaintext)
            #expect(try gate.server.send([message.parts[0], plaintext]))
            var poller = Poller()
            poller.add(client.socket)
            try poller.wait(upTo: .seconds(10))
            #expect(try client.socket.receive() == [plaintext])
            let text = String(decoding: relay.bytes, as: UTF8.self)
            #expect(relay.bytes.count > 2 * plaintext.count)
            // The same search finds it without keys, so it looks at the right bytes.
            #expect(text.contains("recoveryError") == (keys == nil))
            #expect(text.contains("denoiser") == (keys == nil))
            client.socket.close()
            gate.close()
            relay.stop()
        }
    }

    /// Scenario 40.
    @Test func manyHandshakesLeaveNoFileOpen() throws {
        let key = try fixture.client("node1")
        let gate = try GateFixture(fixture.keys)
        func round() throws {
            let clients = try (0..<20).map { _ in try ClientFixture(gate.endpoint, key) }
            for client in clients { #expect(try client.send([7])) }
            for _ in clients { #expect(try gate.next()?.userID != nil) }
        }
        try round()
        let before = openSockets(ofPort: gate.port)
        for _ in 0..<10 { try round() }
        // The server's side of a connection closes a moment after the client's.
        #expect(eventually { openSockets(ofPort: gate.port) <= max(1, before) })
        gate.close()
        #expect(gate.said == [])
    }

    @Test func aGateThatIsGoneLeavesNoThreadAndNoFile() throws {
        func round() throws {
            let gate = try GateFixture(fixture.keys)
            gate.close()
            gate.close()
        }
        for _ in 0..<20 { try round() }
        #expect(
            eventually {
                let tasks = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")) ?? []
                let names = tasks.compactMap {
                    try? String(contentsOfFile: "/proc/self/task/\($0)/comm", encoding: .utf8)
                }
                // Other tests have gates too at this moment, but not twenty.
                return names.filter { $0.hasPrefix("gatekeeper") }.count < 20
            })
    }

    @Test func aContextHasOneGate() throws {
        let gate = try GateFixture(fixture.keys)
        #expect(throws: ClusterError.self) { try Gatekeeper(fixture.keys, in: gate.context) { _ in } }
        gate.close()
    }

    /// The TCP sockets of this process that are bound to a port.
    private func openSockets(ofPort port: Int) -> Int {
        let suffix = ":" + String(UInt32(port) + 0x10000, radix: 16, uppercase: true).suffix(4)
        let table = (try? String(contentsOfFile: "/proc/net/tcp", encoding: .utf8)) ?? ""
        return table.split(separator: "\n").filter { line in
            let fields = line.split(separator: " ")
            // An inode of 0 belongs to no process any more (TIME_WAIT).
            return fields.count > 9 && fields[1].hasSuffix(suffix) && fields[9] != "0"
        }.count
    }
}
