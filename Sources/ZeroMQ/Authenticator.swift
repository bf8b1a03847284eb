internal import CZeroMQ

/// Who asks to be let in by a socket with `SocketSecurity.server`.
public struct AuthenticationRequest: Hashable, Sendable {
    /// The address that the client connects from, such as `10.0.0.7`.
    public let address: String
    /// The key whose secret half the client has proved to hold.
    public let key: CurvePublicKey
}

/// Answers the question of all servers of a context whether a client may come in (ZeroMQ RFC 27, ZAP).
///
/// Make it before the servers bind, and let one thread serve it for as long as they live: handshakes wait for it.
public final class Authenticator {
    /// The socket to watch for questions.
    public let socket: Socket

    /// Creates the one authenticator of a context.
    ///
    /// - Throws: `ZeroMQError`, also when the context has another.
    public init(in context: Context) throws(ZeroMQError) {
        var options = SocketOptions()
        options.linger = .zero
        socket = try Socket(.reply, in: context, options: options)
        try socket.bind("inproc://zeromq.zap.01")
    }

    /// Answers one question, if there is one.
    ///
    /// Messages of an admitted client carry its public key as `Message.userID`.
    ///
    /// - Parameter isAdmitted: decides; called at most once.
    /// - Returns: false when nobody asks at the moment.
    /// - Throws: `ZeroMQError` when the socket is closed.
    public func answer(_ isAdmitted: (AuthenticationRequest) -> Bool) throws(ZeroMQError) -> Bool {
        guard let parts = try socket.receive(limit: 7) else { return false }
        // version, request, domain, address, identity, mechanism, credentials
        guard parts.count == 7, parts[5] == Array("CURVE".utf8), let key = CurvePublicKey(bytes: parts[6]) else {
            try reply(to: parts, status: "400", "not a CURVE request", userID: "")
            return true
        }
        let address = String(validating: parts[3], as: UTF8.self) ?? "an unknown address"
        if isAdmitted(AuthenticationRequest(address: address, key: key)) {
            try reply(to: parts, status: "200", "OK", userID: key.text)
        } else {
            try reply(to: parts, status: "400", "the key is not admitted", userID: "")
        }
        return true
    }

    private func reply(to parts: [[UInt8]], status: String, _ text: String, userID: String) throws(ZeroMQError) {
        let request = parts.count > 1 ? parts[1] : []
        _ = try socket.send([Array("1.0".utf8), request, Array(status.utf8), Array(text.utf8), Array(userID.utf8), []])
    }
}
