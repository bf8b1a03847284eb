/// Keeps workers alive on the coordinator's own host: starts them, and replaces those that are lost.
public struct LocalLauncher {
    /// A worker that ends sooner than this after its start counts as one that does not start, and so does one that says
    /// that it failed, however long it took about it: it tried several times before.
    ///
    /// Doubled: a worker that is killed often is given up sooner. Halved: a worker that dies slowly is restarted for ever.
    private static let shortLife: UInt64 = 2_000_000_000
    /// A worker that ends later than this after its start did start, however it ended: it counts for none before it.
    ///
    /// Doubled or halved: nothing changes as long as it is longer than five attempts to start a slot.
    private static let longLife: UInt64 = 1_200_000_000_000
    /// After so many short lives in a row, over all workers, the launcher gives up.
    private static let shortLifeLimit = 5

    private struct Worker {
        let process: ChildProcess
        let start: UInt64
    }

    private let program: String
    private let arguments: [String]
    private var workers: [Worker?]
    private var shortLives = 0
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
                let hasFailed = if case .exit(let code) = end { code != 0 } else { false }
                let life = now - worker.start
                guard hasFailed && life < Self.longLife || life < Self.shortLife else {
                    shortLives = 0
                    continue
                }
                shortLives += 1
                retryAt = now + 100_000_000 << UInt64(min(shortLives, 5))
                guard isServed || shortLives < Self.shortLifeLimit else {
                    throw ClusterError(
                        "the workers end as soon as they are started, \(shortLives) times in a row, the last one by \(end); its own words stand above, or start one by hand: \(program) \(arguments.joined(separator: " "))"
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
