package import ZeroMQ

/// Knows why a client's connection does not come about, from what its socket reports.
package struct ConnectionDiagnosis: Hashable, Sendable {
    /// Where the client connects to.
    package let endpoint: String
    /// The name of its key; nil when it has none.
    package let key: String?
    private var failure: HandshakeFailure?
    /// How often in a row the coordinator closed the connection during the handshake.
    private var closures = 0
    private var isConnected = false
    private var isAdmitted = false

    /// The diagnosis of a connection of which nothing is known yet.
    package init(endpoint: String, key: String?) {
        self.endpoint = endpoint
        self.key = key
    }

    /// Takes in what happened.
    package mutating func note(_ event: SocketEvent.Kind) {
        switch event {
        case .connected, .accepted: isConnected = true
        case .handshakeSucceeded: (isAdmitted, failure, closures) = (true, nil, 0)
        case .handshakeFailed(.closed(isSilence: false)): closures += 1
        case .handshakeFailed(.closed(isSilence: true)): closures = 0
        case .handshakeFailed(let reason): failure = reason
        case .disconnected: (isConnected, isAdmitted) = (false, false)
        }
    }

    /// Why the coordinator turned this client away, known as soon as the handshake failed; nil when it did not.
    ///
    /// After most of these the library gives the connection up: only a new socket tries again.
    package var refusal: String? {
        let own = key.map { "the key '\($0)'" } ?? "a client without a key"
        switch failure {
        case .refused:
            return
                "the coordinator at \(endpoint) refused \(own): it is not in its key directory or was revoked; on the coordinator's host 'phasemap keys list' shows which keys count"
        case .mechanismMismatch where key == nil:
            return
                "the coordinator at \(endpoint) wants a key; name one with --key NAME, made on its host by 'phasemap keys add'"
        case .mechanismMismatch:
            return
                "the coordinator at \(endpoint) runs without keys, and this client will not talk to it in the clear; start the coordinator with --keys, or connect without --key on the same host"
        case .malformed:
            return "what listens at \(endpoint) is no coordinator of this protocol; check the port"
        case .undecryptable, .closed, nil:
            // A coordinator that cannot read the client's first word says nothing and closes. One that is just ending does so
            // too, but not again and again.
            guard failure == .undecryptable || closures >= Self.closureLimit else { return nil }
            return key == nil
                ? "the coordinator at \(endpoint) ends every handshake: most likely it wants a key; name one with --key NAME, made on its host by 'phasemap keys add'"
                : "the coordinator at \(endpoint) ends every handshake with \(own): most likely it has another key than this file says (was it replaced?), or runs without keys; copy the key file from its key directory again"
        }
    }

    /// Whether the coordinator itself said no; a connection that is only closed may be that of a proxy without a coordinator.
    package var isCertain: Bool {
        switch failure {
        case .refused, .mechanismMismatch: true
        default: false
        }
    }

    /// So many connections in a row that were closed during the handshake are no chance.
    ///
    /// Halved: a coordinator that is just ending is mistaken for one with another key. Doubled: the user waits longer,
    /// about as many times `SocketOptions.reconnectInterval`.
    private static let closureLimit = 3

    /// How far the connection is, as a clause; nil when it does not even come about.
    package var state: String? {
        if let refusal { return refusal }
        if isAdmitted { return "it let this client in and does not answer; is it stopped or overloaded?" }
        return isConnected ? "somebody listens there and does not shake hands; is it a coordinator?" : nil
    }

    /// What to tell after the coordinator has not answered for a while.
    package func sentence(afterSilence silence: Duration) -> String {
        let seconds = silence.components.seconds
        if let refusal { return refusal }
        if isAdmitted {
            return
                "the coordinator at \(endpoint) let this client in and has not answered for \(seconds) s; is it stopped or overloaded?"
        }
        if isConnected {
            return
                "somebody listens at \(endpoint) and has not shaken hands for \(seconds) s; check the port, and that it is a coordinator"
        }
        return
            "nobody has answered at \(endpoint) for \(seconds) s; check the host, the port and the firewall, and that the coordinator runs"
    }
}

/// Watches the connection of a client's socket; owned by the socket's thread.
package final class ConnectionWatch {
    /// What is known so far.
    package private(set) var diagnosis: ConnectionDiagnosis
    private let monitor: SocketMonitor

    /// Begins to watch a socket; before it connects.
    ///
    /// - Throws: `ZeroMQError` when the socket is closed or no more files may be opened.
    package init(_ socket: Socket, endpoint: String, key: ClientKey?) throws(ZeroMQError) {
        diagnosis = ConnectionDiagnosis(endpoint: endpoint, key: key?.name)
        monitor = try socket.beginMonitoring()
    }

    /// The socket for a poller, readable when something has happened.
    package var socket: Socket { monitor.socket }

    /// Takes in what has happened; call it in every turn of the loop.
    ///
    /// - Returns: the refusal, when there is one.
    package func read() throws(ZeroMQError) -> String? {
        while let event = try monitor.next() { diagnosis.note(event.kind) }
        return diagnosis.refusal
    }
}
