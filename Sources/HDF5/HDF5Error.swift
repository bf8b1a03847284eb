internal import CHDF5

/// An HDF5 call that failed: which call, on what, and the innermost reason HDF5 gives.
package struct HDF5Error: Error, Hashable, Sendable, CustomStringConvertible {
    /// The C function, in HDF5's spelling so that its manual stays searchable.
    package let call: String
    /// The file, dataset or attribute it was called on.
    package let subject: String
    package let reason: String

    package init(call: String, subject: String, reason: String) {
        self.call = call
        self.subject = subject
        self.reason = reason
    }

    package var description: String { "\(subject): \(reason) (\(call))" }
}

extension HDF5Error {
    /// The reason on this thread's error stack.
    static func last(_ call: String, _ subject: String) -> HDF5Error {
        let reason = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 1024) { buffer -> String in
            guard let base = buffer.baseAddress else { return "" }
            h5x_reason(base, buffer.count)
            return String(cString: base)
        }
        return HDF5Error(call: call, subject: subject, reason: reason.isEmpty ? "HDF5 gives no reason" : brief(reason))
    }
}

/// The operating system's message alone where HDF5 wraps it in times, addresses and sizes.
private func brief(_ reason: String) -> String {
    let mark = "error message = '"
    guard let start = reason.firstRange(of: mark)?.upperBound else { return reason }
    let message = reason[start...].prefix { $0 != "'" }
    return message.isEmpty ? reason : String(message)
}

/// Runs one HDF5 call with error printing off on this thread; a negative result becomes an error.
@discardableResult
func checked<Result: SignedInteger>(
    _ call: String, _ subject: @autoclosure () -> String, _ body: () -> Result
) throws(HDF5Error) -> Result {
    prepareThread()
    let result = body()
    guard result >= 0 else { throw .last(call, subject()) }
    return result
}

/// HDF5's own clean-up at exit crashes when a file could not be flushed, as on a full disk; it is of no other use here,
/// because every file is closed or thrown away by its owner.
private let leavesExitAlone: Void = { _ = H5dont_atexit() }()

/// Error printing is a setting of each thread, so every call switches it off first.
func prepareThread() {
    leavesExitAlone
    h5x_quiet()
}

/// An HDF5 identifier that this object owns and closes.
final class Handle {
    let id: hid_t
    private var isOpen = true
    private let close: (hid_t) -> herr_t

    /// Takes over an identifier that is already known to be good.
    init(
        _ call: String, _ subject: @autoclosure () -> String, closedBy close: @escaping (hid_t) -> herr_t,
        _ open: () -> hid_t
    )
        throws(HDF5Error)
    {
        id = try checked(call, subject(), open)
        self.close = close
    }

    /// Closes now and reports what `deinit` would swallow.
    func close(_ call: String, _ subject: @autoclosure () -> String) throws(HDF5Error) {
        isOpen = false
        try checked(call, subject()) { close(id) }
    }

    deinit {
        guard isOpen else { return }
        prepareThread()
        _ = close(id)
    }
}
