/// From where an endpoint can be reached, which decides whether it needs keys.
package enum EndpointReach: Hashable, Sendable {
    /// From this host alone: `ipc://`, `inproc://`, and `tcp://` on a loopback address.
    case thisHost
    /// From other hosts too, as far as the text can tell.
    case network

    /// Decides by the text of an endpoint; what it does not know for sure counts as `network`.
    package init(of endpoint: String) {
        self = EndpointReach.isLoopback(endpoint) ? .thisHost : .network
    }

    /// Refuses what is no endpoint at all, before keys are asked for.
    ///
    /// - Throws: `ClusterError` when the text names neither TCP nor a socket of this host.
    static func check(_ endpoint: String) throws(ClusterError) {
        let text = endpoint.lowercased()
        let isSocket = ["ipc://", "inproc://"].contains { text.hasPrefix($0) && text != $0 }
        guard isSocket || text.hasPrefix("tcp://") && hasPort(text.dropFirst(6)) else {
            throw ClusterError(
                "'\(printable(endpoint))' is no endpoint; write tcp://HOST:PORT or ipc://PATH", isUsage: true)
        }
    }

    /// Whether the text is of the form HOST:PORT; the port `*` is one that the system chooses.
    private static func hasPort(_ text: Substring) -> Bool {
        guard let colon = text.lastIndex(of: ":"), colon > text.startIndex else { return false }
        let port = text[text.index(after: colon)...]
        return port == "*" || UInt16(port) != nil
    }

    private static func isLoopback(_ endpoint: String) -> Bool {
        let text = endpoint.lowercased()
        if text.hasPrefix("ipc://") || text.hasPrefix("inproc://") { return true }
        let scheme = "tcp://"
        // A `;` names the address to come from before the one to go to; that is for routers, never for loopback.
        guard text.hasPrefix(scheme), !text.contains(";"), let colon = text.lastIndex(of: ":") else { return false }
        let start = text.index(text.startIndex, offsetBy: scheme.count)
        guard colon > start else { return false }
        let host = text[start..<colon]
        return host == "localhost" || host == "[::1]" || host == "::1" || isLoopbackAddress(host)
    }

    /// Whether the text is an IPv4 address of 127.0.0.0/8, in four decimal numbers without leading zeros.
    private static func isLoopbackAddress(_ host: Substring) -> Bool {
        let numbers = host.split(separator: ".", omittingEmptySubsequences: false)
        guard numbers.count == 4, numbers[0] == "127" else { return false }
        return numbers.allSatisfy { number in UInt8(number).map { String($0) == number } ?? false }
    }
}
