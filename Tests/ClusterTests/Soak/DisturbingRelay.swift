import Foundation
import Synchronization

/// A TCP relay on loopback that cuts, delays and doubles what goes through it.
final class DisturbingRelay: Sendable {
    let port: Int
    private let target: Int
    private let listener: Int32
    private let state = Mutex(State())

    private struct State {
        /// Both ends of the connections that are open.
        var connections: [Connection] = []
        var delayedUntil = Date.distantPast
        var doublesNext = false
        var delayed = 0
        var doubled = 0
    }

    /// A pair of sockets, closed when both directions have ended.
    private final class Connection: Sendable {
        let client: Int32
        let server: Int32
        let directions = Mutex(2)

        init(_ client: Int32, _ server: Int32) {
            self.client = client
            self.server = server
        }

        func cut() { for end in [client, server] { shutdown(end, Int32(SHUT_RDWR)) } }
    }

    init(to target: Int) {
        self.target = target
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        port = listenOnLoopback(listener)
        Thread { [self] in accept() }.start()
    }

    /// Breaks every connection; returns how many.
    func cut() -> Int {
        let connections = state.withLock { $0.connections }
        for connection in connections { connection.cut() }
        return connections.count
    }

    /// Holds everything back for so long.
    func delay(for seconds: Double) { state.withLock { $0.delayedUntil = Date(timeIntervalSinceNow: seconds) } }

    /// Sends the next bytes twice, which breaks their stream.
    func doubleNext() { state.withLock { $0.doublesNext = true } }

    /// How often bytes were held back, and sent twice.
    var counts: (delayed: Int, doubled: Int) { state.withLock { ($0.delayed, $0.doubled) } }

    /// Takes no more connections and breaks those that there are.
    func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
        _ = cut()
    }

    private func accept() {
        while case let client = Glibc.accept(listener, nil, nil), client >= 0 {
            let server = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            guard connectToLoopback(server, target) else {
                close(client)
                close(server)
                continue
            }
            let connection = Connection(client, server)
            state.withLock { $0.connections.append(connection) }
            for (from, to) in [(client, server), (server, client)] {
                Thread { [self] in
                    forward(from, to)
                    connection.cut()
                    leave(connection)
                }.start()
            }
        }
        close(listener)
    }

    private func forward(_ from: Int32, _ to: Int32) {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while case let count = read(from, &buffer, buffer.count), count > 0 {
            let (pause, times) = state.withLock { state -> (Double, Int) in
                let pause = state.delayedUntil.timeIntervalSinceNow
                if pause > 0 { state.delayed += 1 }
                let times = state.doublesNext ? 2 : 1
                if state.doublesNext { state.doubled += 1 }
                state.doublesNext = false
                return (max(0, pause), times)
            }
            usleep(UInt32(pause * 1e6))
            for _ in 0..<times where !sendAll(to, buffer[..<count]) { return }
        }
    }

    private func sendAll(_ to: Int32, _ bytes: ArraySlice<UInt8>) -> Bool {
        var rest = bytes
        while !rest.isEmpty {
            let sent = rest.withUnsafeBytes { send(to, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard sent > 0 else { return false }
            rest = rest.dropFirst(sent)
        }
        return true
    }

    private func leave(_ connection: Connection) {
        let isLast = connection.directions.withLock {
            $0 -= 1
            return $0 == 0
        }
        guard isLast else { return }
        // Forgotten before it is closed, so that nobody cuts a later socket of the same number.
        state.withLock { state in state.connections.removeAll { $0 === connection } }
        close(connection.client)
        close(connection.server)
    }
}

/// Binds a socket to a free port of this host and listens; returns the port.
private func listenOnLoopback(_ listener: Int32) -> Int {
    var address = loopback(0)
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    _ = withUnsafeMutablePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
            bind(listener, pointer, size)
            listen(listener, 64)
            return getsockname(listener, pointer, &size)
        }
    }
    return Int(UInt16(bigEndian: address.sin_port))
}

private func connectToLoopback(_ descriptor: Int32, _ port: Int) -> Bool {
    var address = loopback(port)
    return withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
        }
    }
}

private func loopback(_ port: Int) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    return address
}

/// A port of this host that was free a moment ago.
func freePort() -> Int {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    return listenOnLoopback(descriptor)
}
