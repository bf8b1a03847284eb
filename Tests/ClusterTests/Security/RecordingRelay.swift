import Foundation
import Synchronization

/// A TCP relay on loopback that forwards to another port and keeps every byte of both directions.
final class RecordingRelay: Sendable {
    let port: Int
    private let listener: Int32
    private let recorded = Mutex<[UInt8]>([])

    init(to target: Int) throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = Self.loopback(0)
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        _ = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(listener, pointer, size)
                listen(listener, 16)
                return getsockname(listener, pointer, &size)
            }
        }
        self.listener = listener
        port = Int(UInt16(bigEndian: address.sin_port))
        Thread { [self] in accept(to: target) }.start()
    }

    /// What has gone through so far, both ways.
    var bytes: [UInt8] { recorded.withLock { $0 } }

    /// Takes no more connections; those that exist end with their peers.
    func stop() { shutdown(listener, Int32(SHUT_RDWR)) }

    private func accept(to target: Int) {
        while case let client = Glibc.accept(listener, nil, nil), client >= 0 {
            let server = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            var address = Self.loopback(target)
            let isConnected = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(server, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
                }
            }
            guard isConnected else {
                close(client)
                close(server)
                continue
            }
            let open = OpenCount()
            for (from, to) in [(client, server), (server, client)] {
                Thread { [self] in
                    forward(from, to)
                    if open.leave() {
                        close(client)
                        close(server)
                    }
                }.start()
            }
        }
        close(listener)
    }

    private func forward(_ from: Int32, _ to: Int32) {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while case let count = read(from, &buffer, buffer.count), count > 0 {
            recorded.withLock { $0 += buffer[..<count] }
            var sent = 0
            while sent < count {
                let written = buffer.withUnsafeBytes {
                    send(to, $0.baseAddress! + sent, count - sent, Int32(MSG_NOSIGNAL))
                }
                guard written > 0 else { break }
                sent += written
            }
        }
        shutdown(to, Int32(SHUT_WR))
    }

    private static func loopback(_ port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }
}

/// The directions of a connection that still flow.
private final class OpenCount: Sendable {
    private let count = Mutex(2)

    /// Whether the one that leaves was the last.
    func leave() -> Bool {
        count.withLock {
            $0 -= 1
            return $0 == 0
        }
    }
}
