internal import CZeroMQ
internal import Glibc
internal import Synchronization

/// Something that happened to a connection of a socket.
public struct SocketEvent: Hashable, Sendable {
    /// What happened.
    public enum Kind: Hashable, Sendable {
        /// The transport is connected; the handshake begins.
        case connected
        /// A peer came in; the handshake begins.
        case accepted
        /// Both sides may talk.
        case handshakeSucceeded
        /// The peers will not talk over this connection.
        case handshakeFailed(HandshakeFailure)
        /// The connection ended.
        case disconnected
    }

    /// What happened.
    public let kind: Kind
    /// The endpoint that the socket is bound or connected to.
    public let endpoint: String
}

/// Why a handshake failed, as far as the library tells.
public enum HandshakeFailure: Hashable, Sendable {
    /// The authenticator said no, with its status (400); seen on both sides.
    case refused(status: Int)
    /// One side wants CURVE and the other does not.
    case mechanismMismatch
    /// A message of the handshake could not be decrypted: the client expects another server key.
    case undecryptable
    /// The bytes were not those of a handshake; the library's `ZMQ_PROTOCOL_ERROR_*` code.
    case malformed(code: Int)
    /// The peer closed the connection, or said nothing for `SocketOptions.handshakeLimit`.
    case closed(isSilence: Bool)
}

/// Tells what happens to the connections of a socket; made by `Socket.beginMonitoring`.
///
/// Its events wait in memory until they are read: read them in every turn of the loop.
public final class SocketMonitor {
    /// The socket to watch for events.
    public let socket: Socket

    fileprivate init(_ address: String, in context: Context) throws(ZeroMQError) {
        var options = SocketOptions()
        options.linger = .zero
        // A bounded queue would block the library's own thread, and with it every connection, while nobody reads.
        options.receiveHighWaterMark = 0
        socket = try Socket(.pair, in: context, options: options)
        try socket.connect(address)
    }

    /// The next event; nil when nothing has happened.
    ///
    /// - Throws: `ZeroMQError` when the monitor is closed.
    public func next() throws(ZeroMQError) -> SocketEvent? {
        while let parts = try socket.receive(limit: 2) {
            guard let head = parts.first, head.count == 6 else { continue }
            // Both numbers are in this host's byte order.
            let number = head.withUnsafeBytes { Int32($0.loadUnaligned(as: UInt16.self)) }
            let value = head.withUnsafeBytes { Int($0.loadUnaligned(fromByteOffset: 2, as: UInt32.self)) }
            guard let kind = SocketEvent.Kind(number, value) else { continue }
            let endpoint = parts.count > 1 ? String(validating: parts[1], as: UTF8.self) ?? "" : ""
            return SocketEvent(kind: kind, endpoint: endpoint)
        }
        return nil
    }
}

/// No address is used twice: a socket that is closed gives its address back only after a while.
private let monitorCount = Atomic<Int>(0)

extension Socket {
    /// Begins to report what happens to this socket's connections; call it once, before bind or connect.
    ///
    /// The socket keeps its monitor until it is closed, because the library blocks all connections of the context when
    /// a monitored socket has no reader. Another thread may read the monitor if this one does not touch it any more.
    ///
    /// - Throws: `ZeroMQError` when the socket is closed or no more files may be opened.
    public func beginMonitoring() throws(ZeroMQError) -> SocketMonitor {
        let address = "inproc://monitor-\(monitorCount.add(1, ordering: .relaxed).newValue)"
        guard zmq_socket_monitor(try open(), address, SocketEvent.Kind.mask) == 0 else {
            throw ZeroMQError("zmq_socket_monitor", on: address)
        }
        do throws(ZeroMQError) {
            let monitor = try SocketMonitor(address, in: context)
            self.monitor = monitor
            return monitor
        } catch {
            zmq_socket_monitor(try open(), nil, 0)
            throw error
        }
    }
}

extension SocketEvent.Kind {
    fileprivate static let mask =
        ZMQ_EVENT_CONNECTED | ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_HANDSHAKE_SUCCEEDED
        | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL
        | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH

    fileprivate init?(_ number: Int32, _ value: Int) {
        switch number {
        case ZMQ_EVENT_CONNECTED: self = .connected
        case ZMQ_EVENT_ACCEPTED: self = .accepted
        case ZMQ_EVENT_DISCONNECTED: self = .disconnected
        case ZMQ_EVENT_HANDSHAKE_SUCCEEDED: self = .handshakeSucceeded
        case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH: self = .handshakeFailed(.refused(status: value))
        case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL: self = .handshakeFailed(.closed(isSilence: value == Int(EAGAIN)))
        case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL:
            switch Int32(truncatingIfNeeded: value) {
            case ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH: self = .handshakeFailed(.mechanismMismatch)
            case ZMQ_PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC: self = .handshakeFailed(.undecryptable)
            default: self = .handshakeFailed(.malformed(code: value))
            }
        default: return nil
        }
    }
}
