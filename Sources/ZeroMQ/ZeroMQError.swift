internal import CZeroMQ
internal import Glibc

/// A call of the ZeroMQ library that failed: which call, on what endpoint, why, and what to do next.
public struct ZeroMQError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The function as the library spells it, such as `zmq_bind`.
    public let call: String
    /// The endpoint or object it was called on.
    public let endpoint: String
    /// The error number, as `errno` would give it.
    public let code: Int32

    init(_ call: String, on endpoint: String, code: Int32 = zmq_errno()) {
        self.call = call
        self.endpoint = endpoint
        self.code = code
    }

    /// Whether the peer of a ROUTER is not connected (any more).
    public var isUnreachable: Bool { code == EHOSTUNREACH }

    /// Whether another program owns the address that was to be bound.
    public var isAddressInUse: Bool { code == EADDRINUSE }

    /// Why the call failed, and what to do next.
    public var reason: String {
        switch code {
        case EADDRINUSE:
            "another program listens there already; choose another port, or end that program"
        case EADDRNOTAVAIL:
            "this host has no such address or interface; bind tcp://127.0.0.1:PORT, tcp://*:PORT or an address of this host"
        case EACCES, EPERM:
            "permission denied; ports below 1024 need root, and an ipc path needs a writable directory"
        case EINVAL:
            "that is not an endpoint; write tcp://HOST:PORT, with PORT in 1...65535 (or * to let the system choose), or ipc://PATH"
        case EPROTONOSUPPORT:
            "that transport is not known; use tcp:// or ipc://"
        case ENODEV:
            "the interface does not exist on this host"
        case ENAMETOOLONG:
            "the path is too long for a socket; choose one below 107 characters"
        case ENOENT:
            "the directory of that path does not exist"
        case EHOSTUNREACH:
            "no such peer is connected"
        case EMFILE, ENFILE:
            "too many files are open; raise the limit (ulimit -n)"
        case ENOTSUP:
            "this build of libzmq has no CURVE; install one that has (Debian's libzmq3-dev does)"
        case ENOTSOCK:
            "the socket is closed"
        default:
            String(validatingCString: zmq_strerror(code)) ?? "error \(code)"
        }
    }

    /// The call, the endpoint, why it failed, and what to do next.
    public var description: String { "\(call) on \(endpoint): \(reason)" }
}
