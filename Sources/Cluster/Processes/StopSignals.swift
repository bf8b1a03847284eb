internal import Dispatch
internal import Glibc
internal import Synchronization

/// Calls back when the operator or the batch system wants this process to stop (SIGTERM, SIGINT).
///
/// The signals keep their usual meaning again once this object is gone.
final class StopSignals {
    /// A second signal this soon is the same wish: tools that signal a process and then its group send two.
    private static let echo: UInt64 = 1_000_000_000

    private let sources: [any DispatchSourceSignal]

    init(_ handler: @escaping @Sendable (String) -> Void) {
        let last = Mutex<UInt64?>(nil)
        let queue = DispatchQueue(label: "signals")
        sources = [(SIGTERM, "SIGTERM"), (SIGINT, "SIGINT")].map { number, name in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler { @Sendable in
                let now = Clock.nanoseconds()
                let isEcho = last.withLock { last in
                    defer { last = last ?? now }
                    return last.map { now - $0 < Self.echo } ?? false
                }
                if !isEcho { handler(name) }
            }
            source.resume()
            return source
        }
    }

    deinit {
        for source in sources { source.cancel() }
        signal(SIGTERM, SIG_DFL)
        signal(SIGINT, SIG_DFL)
    }
}
