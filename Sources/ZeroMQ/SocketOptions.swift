/// How a socket behaves; set once, before it binds or connects.
public struct SocketOptions: Hashable, Sendable {
    /// How long a closed socket goes on sending what it had accepted.
    ///
    /// Doubled: a program whose peer is gone ends later. Zero: its last words may be lost.
    public var linger: Duration = .seconds(1)

    /// The largest message part that is received, in bytes; a peer that sends more is disconnected.
    public var maximumMessageSize = 1 << 20

    /// The messages that may wait for one peer before `send` says that it would block.
    public var sendHighWaterMark = 1_000

    /// The messages that may wait to be received from one peer before the transport stops reading from it.
    public var receiveHighWaterMark = 1_000

    /// How often an idle connection is probed; nil for never.
    public var heartbeatInterval: Duration? = .seconds(2)

    /// After so much silence a probed connection counts as broken.
    public var heartbeatTimeout: Duration = .seconds(10)

    /// The pause before a broken connection is made again; it doubles up to `reconnectLimit`.
    public var reconnectInterval: Duration = .milliseconds(100)

    /// The longest pause before a connection is tried again.
    public var reconnectLimit: Duration = .seconds(5)

    /// The longest time that a new connection may take to agree on how to talk; then it is closed.
    public var handshakeLimit: Duration = .seconds(10)

    /// How connections are encrypted and authenticated.
    public var security: SocketSecurity = .none

    /// The options as they stand above.
    public init() {}
}
