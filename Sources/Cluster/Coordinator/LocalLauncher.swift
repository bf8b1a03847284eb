/// Keeps workers alive on the coordinator's own host: starts them, and replaces those that are lost.
public struct LocalLauncher {
    private struct Worker {
        let process: ChildProcess
        let start: UInt64
    }

    private let program: String
    private let arguments: [String]
    private var workers: [Worker?]
    private var lives = ShortLives()
    private var retryAt: UInt64 = 0

    /// A launcher that starts nothing yet.
    ///
    /// - Parameters:
    ///   - count: how many workers run at a time.
    ///   - program: the path of the worker's executable; nil for the running one.
    ///   - arguments: what makes it a worker, endpoint included; it should end with its parent.
    public init(count: Int, program: String? = nil, arguments: [String]) {
        self.program = program ?? currentExecutable()
        self.arguments = arguments
        workers = Array(repeating: nil, count: max(1, count))
    }

    /// The process IDs of the workers that run.
    public var processes: [Int32] { workers.compactMap { $0?.process.id } }

    /// Starts what is missing; call it again and again, always from one long-lived thread.
    ///
    /// - Parameter isServed: whether other workers compute the run; then it goes on without those of this host.
    /// - Throws: `ClusterError` when workers end as soon as they are started.
    mutating func attend(isServed: Bool = false) throws(ClusterError) {
        let now = Clock.nanoseconds()
        for index in workers.indices {
            if let worker = workers[index], let end = worker.process.reap() {
                workers[index] = nil
                guard let pause = lives.note(end, after: now - worker.start, isServed: isServed) else { continue }
                retryAt = now + pause
                guard !lives.areTooMany else {
                    throw ClusterError(
                        "the workers end as soon as they are started, \(lives.count) times in a row, the last one by \(end); its own words stand above, or start one by hand: \(program) \(arguments.joined(separator: " "))"
                    )
                }
            }
            if workers[index] == nil, now >= retryAt {
                var environment = SlotEnvironment.inherited()
                environment[Agent.parentVariable] = String(processNumber())
                workers[index] = Worker(
                    process: try ChildProcess(program, arguments, environment: environment), start: now)
            }
        }
    }

    /// Notes which workers have ended, without starting others.
    mutating func reap() {
        for index in workers.indices where workers[index]?.process.reap() != nil { workers[index] = nil }
    }

    /// Waits for the workers to leave by themselves, and kills those that do not within `patience`.
    mutating func end(within patience: Duration) {
        let deadline = Clock.nanoseconds() + UInt64(max(0, patience.wireNanoseconds))
        while workers.contains(where: { $0 != nil }) {
            let isLate = Clock.nanoseconds() > deadline
            for index in workers.indices {
                guard let worker = workers[index] else { continue }
                if isLate { worker.process.kill(killSignal) }
                if worker.process.reap() != nil { workers[index] = nil }
            }
            pause(milliseconds: 5)
        }
    }
}
