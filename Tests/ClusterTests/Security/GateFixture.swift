import Foundation
import Synchronization
import Testing
import ZeroMQ

@testable import Cluster

/// A coordinator's side: a gate and a socket on a loopback port.
final class GateFixture {
    let context: Context
    let gate: Gatekeeper?
    let server: Socket
    let port: Int
    private let lines: Lines

    /// Sentences from the gate's thread.
    final class Lines: Sendable {
        let all = Mutex<[String]>([])
    }

    /// What the gate has said so far.
    var said: [String] { lines.all.withLock { $0 } }

    /// - Parameter keys: nil for a coordinator without keys.
    init(_ keys: KeyDirectory?, port: Int? = nil) throws {
        context = try Context()
        let lines = Lines()
        self.lines = lines
        gate = try Security.server(for: "tcp://127.0.0.1:*", keys: keys, in: context) { line in
            lines.all.withLock { $0.append(line) }
        }
        var options = SocketOptions()
        options.linger = .zero
        options.security = gate?.security ?? .none
        server = try Socket(.router, in: context, options: options)
        try gate?.watch(server)
        try server.bind("tcp://127.0.0.1:\(port.map(String.init) ?? "*")")
        self.port = try #require((server.lastEndpoint?.split(separator: ":").last).flatMap { Int($0) })
    }

    var endpoint: String { "tcp://127.0.0.1:\(port)" }

    func close() {
        server.close()
        gate?.close()
    }

    /// The next message within 10 s.
    func next() throws -> Message? {
        var poller = Poller()
        poller.add(server)
        try poller.wait(upTo: .seconds(10))
        return try server.receiveMessage()
    }

    /// Whether the gate says a sentence with this text within 10 s.
    func says(_ text: String) -> Bool { eventually { said.contains { $0.contains(text) } } }
}

/// A worker's or operator's side.
final class ClientFixture {
    let context: Context
    let socket: Socket
    let watch: ConnectionWatch

    init(_ endpoint: String, _ key: ClientKey?) throws {
        context = try Context()
        var options = SocketOptions()
        options.linger = .zero
        options.handshakeLimit = .seconds(1)
        options.security = key?.security ?? .none
        socket = try Socket(.dealer, in: context, options: options)
        watch = try ConnectionWatch(socket, endpoint: endpoint, key: key)
        try socket.connect(endpoint)
    }

    /// Sends as soon as it may, at most 10 s.
    func send(_ bytes: [UInt8]) throws -> Bool { try eventually { try socket.send([bytes]) } }

    /// Why the coordinator turned it away, known within 10 s.
    func refusal() throws -> String? {
        var refusal: String?
        _ = try eventually {
            refusal = try watch.read()
            return refusal != nil
        }
        return refusal
    }
}

/// Asks every 10 ms until it holds, at most 10 s.
func eventually(_ condition: () throws -> Bool) rethrows -> Bool {
    let deadline = ContinuousClock.now + .seconds(10)
    while ContinuousClock.now < deadline {
        if try condition() { return true }
        usleep(10_000)
    }
    return false
}
