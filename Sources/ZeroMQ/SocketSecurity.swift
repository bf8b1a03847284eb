internal import CZeroMQ

/// How the connections of a socket are encrypted and authenticated.
public enum SocketSecurity: Hashable, Sendable {
    /// Not at all: anybody who reaches the endpoint may talk to it, and anybody on the way may read.
    case none
    /// As the side that binds: proves that it holds the secret key, and asks the `Authenticator` about each client.
    ///
    /// While the context has no authenticator the library lets every key in; their messages then have no
    /// `Message.userID`. So take no message without one.
    case server(CurveSecretKey)
    /// As the side that connects: proves that it holds its secret key, and talks to the holder of `server` alone.
    case client(CurveKeyPair, server: CurvePublicKey)
}

extension Socket {
    /// Sets the options of CURVE, which count for binds and connects after it.
    func secure(_ security: SocketSecurity) throws(ZeroMQError) {
        switch security {
        case .none:
            return
        case .server(let secretKey):
            try set(ZMQ_CURVE_SERVER, "ZMQ_CURVE_SERVER", Int32(1))
            try set(ZMQ_CURVE_SECRETKEY, "ZMQ_CURVE_SECRETKEY", text: secretKey.text)
            try set(ZMQ_ZAP_DOMAIN, "ZMQ_ZAP_DOMAIN", text: "phasemap")
        case .client(let pair, let server):
            try set(ZMQ_CURVE_SERVERKEY, "ZMQ_CURVE_SERVERKEY", text: server.text)
            try set(ZMQ_CURVE_PUBLICKEY, "ZMQ_CURVE_PUBLICKEY", text: pair.publicKey.text)
            try set(ZMQ_CURVE_SECRETKEY, "ZMQ_CURVE_SECRETKEY", text: pair.secretKey.text)
        }
    }
}
