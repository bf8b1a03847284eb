internal import CZeroMQ

/// A socket, owned by the one thread that made it.
///
/// Sending and receiving never block. A ROUTER refuses to send to a peer that is not connected instead of dropping the
/// message silently (`ROUTER_MANDATORY`), and a DEALER queues nothing for a connection that is not made (`IMMEDIATE`).
public final class Socket {
    /// What a socket is.
    public enum Kind: Sendable {
        /// Talks to many peers; the first part of each message names the peer.
        case router
        /// Talks to one peer.
        case dealer
        /// Answers one question after the other, within the process.
        case reply
        /// Talks to one peer within the process.
        case pair

        fileprivate var number: Int32 {
            switch self {
            case .router: ZMQ_ROUTER
            case .dealer: ZMQ_DEALER
            case .reply: ZMQ_REP
            case .pair: ZMQ_PAIR
            }
        }

        fileprivate var name: String {
            switch self {
            case .router: "a ROUTER socket"
            case .dealer: "a DEALER socket"
            case .reply: "a REP socket"
            case .pair: "a PAIR socket"
            }
        }
    }

    let context: Context
    var monitor: SocketMonitor?
    private var pointer: UnsafeMutableRawPointer?
    private var endpoint: String
    private let isAuthenticating: Bool

    /// Creates a socket that neither binds nor connects yet.
    ///
    /// - Throws: `ZeroMQError` when the process may not open more files or an option is out of range.
    public init(_ kind: Kind, in context: Context, options: SocketOptions = SocketOptions()) throws(ZeroMQError) {
        guard let pointer = zmq_socket(context.handle, kind.number) else {
            throw ZeroMQError("zmq_socket", on: kind.name)
        }
        self.context = context
        self.pointer = pointer
        endpoint = kind.name
        if case .server = options.security { isAuthenticating = true } else { isAuthenticating = false }
        try apply(options, kind)
        try secure(options.security)
    }

    deinit { close() }

    /// Closes the socket; what it accepted is sent for as long as `SocketOptions.linger` says.
    ///
    /// Closing twice does nothing.
    public func close() {
        guard let pointer else { return }
        // Before its reader may go: an event that nobody takes would block the library's thread.
        if monitor != nil { zmq_socket_monitor(pointer, nil, 0) }
        monitor = nil
        zmq_close(pointer)
        self.pointer = nil
    }

    /// Listens at an endpoint (`tcp://*:7101`, `tcp://127.0.0.1:*`, `ipc:///run/phasemap`).
    ///
    /// - Throws: `ZeroMQError`, with a sentence for a busy port, a bad endpoint or missing rights.
    public func bind(_ endpoint: String) throws(ZeroMQError) {
        guard hasPossiblePort(endpoint, orWildcard: true) else {
            throw ZeroMQError("zmq_bind", on: endpoint, code: EINVAL)
        }
        guard zmq_bind(try open(), endpoint) == 0 else { throw ZeroMQError("zmq_bind", on: endpoint) }
        self.endpoint = endpoint
    }

    /// Connects to an endpoint, now or as soon as somebody listens there.
    ///
    /// - Throws: `ZeroMQError` when the endpoint is none.
    public func connect(_ endpoint: String) throws(ZeroMQError) {
        guard hasPossiblePort(endpoint, orWildcard: false) else {
            throw ZeroMQError("zmq_connect", on: endpoint, code: EINVAL)
        }
        guard zmq_connect(try open(), endpoint) == 0 else { throw ZeroMQError("zmq_connect", on: endpoint) }
        self.endpoint = endpoint
    }

    /// The endpoint last bound or connected, with the port that the system chose for a wildcard.
    public var lastEndpoint: String? {
        guard let pointer else { return nil }
        var bytes = [UInt8](repeating: 0, count: 1024)
        var count = bytes.count
        guard zmq_getsockopt(pointer, ZMQ_LAST_ENDPOINT, &bytes, &count) == 0, count > 1 else { return nil }
        return String(validating: bytes.prefix(count - 1), as: UTF8.self)
    }

    var handle: UnsafeMutableRawPointer? { pointer }

    /// Sends the parts as one message, copying each once into the library's buffer.
    ///
    /// - Returns: false when the peer's queue is full: nothing was sent, try again later.
    /// - Throws: `ZeroMQError`; `isUnreachable` when a ROUTER's peer is gone.
    public func send(_ parts: [[UInt8]]) throws(ZeroMQError) -> Bool {
        let pointer = try open()
        for (index, part) in parts.enumerated() {
            let more = index + 1 < parts.count ? ZMQ_SNDMORE : 0
            while true {
                let sent = part.withUnsafeBytes { zmq_send(pointer, $0.baseAddress, $0.count, ZMQ_DONTWAIT | more) }
                if sent >= 0 { break }
                let code = zmq_errno()
                if code == EINTR { continue }
                // The library accepts all parts of a message or none, so only the first one can find the queue full.
                if code == EAGAIN && index == 0 { return false }
                throw ZeroMQError("zmq_send", on: endpoint, code: code)
            }
        }
        return true
    }

    /// The next message that has come in; nil when there is none. Each part is copied once.
    ///
    /// - Parameter limit: the most parts that are kept; those beyond it are read and dropped.
    /// - Throws: `ZeroMQError` when the socket is closed.
    public func receive(limit: Int = 4) throws(ZeroMQError) -> [[UInt8]]? {
        try receiveMessage(limit: limit)?.parts
    }

    /// The next message that has come in, with the key that its sender was admitted with; nil when there is none.
    ///
    /// - Parameter limit: the most parts that are kept; those beyond it are read and dropped.
    /// - Throws: `ZeroMQError` when the socket is closed.
    public func receiveMessage(limit: Int = 4) throws(ZeroMQError) -> Message? {
        let pointer = try open()
        var parts: [[UInt8]] = []
        var message = zmq_msg_t()
        zmq_msg_init(&message)
        defer { zmq_msg_close(&message) }
        while true {
            if zmq_msg_recv(&message, pointer, ZMQ_DONTWAIT) < 0 {
                let code = zmq_errno()
                if code == EINTR { continue }
                if code == EAGAIN && parts.isEmpty { return nil }
                throw ZeroMQError("zmq_msg_recv", on: endpoint, code: code)
            }
            if parts.count < limit {
                parts.append(
                    [UInt8](UnsafeRawBufferPointer(start: zmq_msg_data(&message), count: zmq_msg_size(&message))))
            }
            if zmq_msg_more(&message) == 0 {
                return Message(parts: parts, userID: isAuthenticating ? userID(of: &message) : nil)
            }
        }
    }

    private func userID(of message: inout zmq_msg_t) -> String? {
        zmq_msg_gets(&message, "User-Id").flatMap { String(validatingCString: $0) }
    }

    func open() throws(ZeroMQError) -> UnsafeMutableRawPointer {
        guard let pointer else { throw ZeroMQError("use of a closed socket", on: endpoint, code: ENOTSOCK) }
        return pointer
    }
}

extension Socket {
    private func apply(_ options: SocketOptions, _ kind: Kind) throws(ZeroMQError) {
        try set(ZMQ_LINGER, "ZMQ_LINGER", milliseconds(options.linger))
        try set(ZMQ_MAXMSGSIZE, "ZMQ_MAXMSGSIZE", Int64(options.maximumMessageSize))
        try set(ZMQ_SNDHWM, "ZMQ_SNDHWM", Int32(clamping: options.sendHighWaterMark))
        try set(ZMQ_RCVHWM, "ZMQ_RCVHWM", Int32(clamping: options.receiveHighWaterMark))
        if let interval = options.heartbeatInterval {
            try set(ZMQ_HEARTBEAT_IVL, "ZMQ_HEARTBEAT_IVL", milliseconds(interval))
            try set(ZMQ_HEARTBEAT_TIMEOUT, "ZMQ_HEARTBEAT_TIMEOUT", milliseconds(options.heartbeatTimeout))
        }
        try set(ZMQ_TCP_KEEPALIVE, "ZMQ_TCP_KEEPALIVE", Int32(1))
        try set(ZMQ_HANDSHAKE_IVL, "ZMQ_HANDSHAKE_IVL", milliseconds(options.handshakeLimit))
        switch kind {
        case .router:
            try set(ZMQ_ROUTER_MANDATORY, "ZMQ_ROUTER_MANDATORY", Int32(1))
        case .dealer:
            try set(ZMQ_IMMEDIATE, "ZMQ_IMMEDIATE", Int32(1))
            try set(ZMQ_RECONNECT_IVL, "ZMQ_RECONNECT_IVL", milliseconds(options.reconnectInterval))
            try set(ZMQ_RECONNECT_IVL_MAX, "ZMQ_RECONNECT_IVL_MAX", milliseconds(options.reconnectLimit))
        case .reply, .pair:
            break
        }
    }

    func set<Value: BitwiseCopyable>(_ option: Int32, _ name: String, _ value: Value) throws(ZeroMQError) {
        var value = value
        guard zmq_setsockopt(try open(), option, &value, MemoryLayout<Value>.size) == 0 else {
            throw ZeroMQError("zmq_setsockopt", on: name)
        }
    }
}

extension Socket {
    func set(_ option: Int32, _ name: String, text: String) throws(ZeroMQError) {
        guard zmq_setsockopt(try open(), option, text, text.utf8.count) == 0 else {
            throw ZeroMQError("zmq_setsockopt", on: name)
        }
    }
}

/// A message as it was received.
public struct Message: Hashable, Sendable {
    /// The parts; for a ROUTER the first one names the peer.
    public var parts: [[UInt8]]
    /// What the authenticator knows the sender by; nil unless the socket is a `SocketSecurity.server`.
    public var userID: String?
}

/// Whole milliseconds as the library counts them, at least 0.
func milliseconds(_ duration: Duration) -> Int32 {
    let parts = duration.components
    let (whole, overflow) = parts.seconds.multipliedReportingOverflow(by: 1000)
    guard !overflow else { return parts.seconds < 0 ? 0 : Int32.max }
    return Int32(clamping: max(0, whole + parts.attoseconds / 1_000_000_000_000_000))
}

/// Whether a TCP endpoint names a port that exists; the library takes 70000 and quietly makes another number of it.
private func hasPossiblePort(_ endpoint: String, orWildcard: Bool) -> Bool {
    guard endpoint.hasPrefix("tcp://") else { return true }
    guard let colon = endpoint.lastIndex(of: ":") else { return false }
    let port = endpoint[endpoint.index(after: colon)...]
    if orWildcard && port == "*" { return true }
    return Int(port).map { (1...65535).contains($0) } ?? false
}
