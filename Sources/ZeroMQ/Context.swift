internal import CZeroMQ

/// The library's own threads and connections; it ends when the last socket made in it is closed.
///
/// May be shared by threads; the sockets may not.
public final class Context: @unchecked Sendable {
    // The library documents a context as thread-safe; this class never changes after `init`.
    let handle: UnsafeMutableRawPointer

    /// Creates a context with one input/output thread.
    ///
    /// - Throws: `ZeroMQError` when the process may not open more files.
    public init() throws(ZeroMQError) {
        guard let handle = zmq_ctx_new() else { throw ZeroMQError("zmq_ctx_new", on: "a new context") }
        self.handle = handle
    }

    deinit {
        // Every socket holds its context, so none is open here and the call waits for the lingering messages alone.
        while zmq_ctx_term(handle) != 0 && zmq_errno() == EINTR {}
    }

    /// How many sockets a context may have.
    public static var socketLimit: Int {
        guard let handle = zmq_ctx_new() else { return 0 }
        defer { zmq_ctx_term(handle) }
        return Int(zmq_ctx_get(handle, ZMQ_MAX_SOCKETS))
    }

    /// The version of the library, such as `4.3.4`.
    public static var libraryVersion: String {
        var major: Int32 = 0
        var minor: Int32 = 0
        var patch: Int32 = 0
        zmq_version(&major, &minor, &patch)
        return "\(major).\(minor).\(patch)"
    }
}
