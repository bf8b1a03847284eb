internal import Foundation

/// What a plain connection to an endpoint comes to; the library itself says nothing while it tries again and again.
enum Reach {
    /// Tries once and says what happened, as a clause; nil when somebody accepts the connection.
    ///
    /// Blocks for a few seconds at most, and for as long as the system takes to resolve a name.
    static func obstacle(at endpoint: String) -> String? {
        let text = endpoint.lowercased()
        if text.hasPrefix("ipc://") {
            let path = String(endpoint.dropFirst(6))
            return access(path, F_OK) == 0 ? "nobody listens at that socket" : "there is no such socket"
        }
        guard text.hasPrefix("tcp://"), let colon = endpoint.lastIndex(of: ":") else { return nil }
        // A `;` names the address to come from before the one to go to.
        let place = endpoint[endpoint.index(endpoint.startIndex, offsetBy: 6)..<colon]
        let host = String(place[(place.lastIndex(of: ";").map { place.index(after: $0) } ?? place.startIndex)...])
            .trimmingCharacters(in: CharacterSet(charactersIn: "[]"))
        return obstacle(host: host, port: String(endpoint[endpoint.index(after: colon)...]))
    }

    private static func obstacle(host: String, port: String) -> String? {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, port, &hints, &list)
        guard code == 0, let first = list else {
            return "the name '\(host)' is not known: \(String(cString: gai_strerror(code)))"
        }
        defer { freeaddrinfo(list) }
        var obstacle: String?
        for address in sequence(first: first, next: { $0.pointee.ai_next }) {
            guard let reason = attempt(address.pointee, host) else { return nil }
            obstacle = obstacle ?? reason
        }
        return obstacle
    }

    /// One connection, closed at once; nil when it comes about.
    private static func attempt(_ address: addrinfo, _ host: String) -> String? {
        let flags = Int32(SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        let descriptor = socket(address.ai_family, address.ai_socktype | flags, 0)
        guard descriptor >= 0 else { return "this host refuses another connection: \(reason(errno))" }
        defer { close(descriptor) }
        var code: Int32 = 0
        if connect(descriptor, address.ai_addr, address.ai_addrlen) != 0 {
            code = errno
            if code == EINPROGRESS {
                var poller = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                guard poll(&poller, 1, 2_000) > 0 else {
                    return "the host does not answer: is it up, and does a firewall let the port through?"
                }
                var size = socklen_t(MemoryLayout<Int32>.size)
                getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &size)
            }
        }
        switch code {
        case 0: return nil
        case ECONNREFUSED: return "the connection is refused: nobody listens at that port"
        case EHOSTUNREACH, ENETUNREACH: return "there is no way to '\(host)': \(reason(code))"
        default: return "the connection fails: \(reason(code))"
        }
    }
}

/// When a worker that hears nothing says so: after 5 s, then after 30 s, 2 min, 10 min and every 10 min.
struct WaitingNotes {
    private var said = 0

    /// Whether a note is due after this silence; each is due once.
    mutating func isDue(after silence: Duration) -> Bool {
        let first: [Duration] = [.seconds(5), .seconds(30), .seconds(120)]
        let due = said < first.count ? first[said] : .seconds(600) * (said - first.count + 1)
        guard silence >= due else { return false }
        said += 1
        return true
    }

    /// Forgets the silence; returns whether a note about it was due.
    mutating func end() -> Bool {
        defer { said = 0 }
        return said > 0
    }
}
