internal import Dispatch
internal import Glibc
internal import Synchronization

/// Calls back when the operator or the batch system wants this process to stop (SIGTERM, SIGINT), or warns that it soon will
/// (SIGUSR1, SIGUSR2, SIGXCPU).
///
/// The signals keep their usual meaning again once this object is gone.
final class StopSignals {
    /// A second signal this soon is the same wish: tools that signal a process and then its group send two.
    private static let echo: UInt64 = 1_000_000_000

    private static let stops: [(number: Int32, name: String)] = [(SIGTERM, "SIGTERM"), (SIGINT, "SIGINT")]
    private static let preemptions: [(number: Int32, name: String)] = [
        (SIGUSR1, "SIGUSR1"), (SIGUSR2, "SIGUSR2"), (SIGXCPU, "SIGXCPU"),
    ]

    private let sources: [any DispatchSourceSignal]
    private let numbers: [Int32]

    /// Whether a signal only warns of the end.
    static func isPreemption(_ name: String) -> Bool { preemptions.contains { $0.name == name } }

    /// Listens from now on; to the warnings too where the process can use them.
    init(withPreemption: Bool = false, _ handler: @escaping @Sendable (String) -> Void) {
        let signals = Self.stops + (withPreemption ? Self.preemptions : [])
        numbers = signals.map(\.number)
        let last = Mutex<UInt64?>(nil)
        let queue = DispatchQueue(label: "signals")
        sources = signals.map { number, name in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler { @Sendable in
                let now = Clock.nanoseconds()
                // A warning and the end are two wishes, however close.
                if Self.isPreemption(name) { return handler(name) }
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
        for number in numbers { signal(number, SIG_DFL) }
    }
}
