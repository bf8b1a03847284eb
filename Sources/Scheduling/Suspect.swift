/// A failed attempt as it counts against its task.
struct Setback: Hashable, Sendable {
    let failureClass: FailureClass
    let attempt: Int
    let worker: WorkerID
    /// Where it happened; empty when the worker did not say.
    let host: String
    /// Whether the task ran alone.
    let isolation: Isolation?
    /// The first line of the error, cut.
    let summary: String

    /// The setback in words, such as "attempt 2 on node1 (worker 3), crash: signal SIGSEGV".
    var sentence: String {
        let place = host.isEmpty ? "\(worker)" : "\(host) (\(worker))"
        return "attempt \(attempt) on \(place)\(isolation == nil ? "" : ", alone"), \(failureClass.name): \(summary)"
    }
}

/// What counts against a task that failed and is not committed.
struct Suspect: Equatable, Sendable {
    /// The failed attempts, oldest first.
    private(set) var setbacks: [Setback] = []
    /// How far the task is kept away from others when it runs again.
    var isolation: Isolation?

    /// No task is tried so often; a damaged journal shall not grow without end.
    private static let setbackLimit = 128

    mutating func add(_ setback: Setback) {
        if setbacks.count < Self.setbackLimit { setbacks.append(setback) }
    }

    /// Forgets that a worker was lost, which is there after all; whether that counted.
    ///
    /// A worker of its own is for tasks that bring down workers or exhaust memory: with none of that left it ends.
    mutating func acquit(ofLosing worker: WorkerID) -> Bool {
        let count = setbacks.count
        setbacks.removeAll { $0.failureClass == .workerLost && $0.worker == worker }
        guard setbacks.count < count else { return false }
        if takenDown == 0 {
            isolation = nil
        } else if self.count(.workerLost) == 0, self.count(.outOfMemory) == 0, isolation == .worker {
            isolation = .slot
        }
        return true
    }

    /// Forgets what happened on a host.
    mutating func pardon(_ host: String) { setbacks.removeAll { $0.host == host } }

    func count(_ failureClass: FailureClass) -> Int { setbacks.count { $0.failureClass == failureClass } }

    /// Failures of all classes but lost workers.
    var failureCount: Int { setbacks.count { $0.failureClass != .workerLost } }

    /// The slots and workers that the task brought down.
    var takenDown: Int { setbacks.count { $0.failureClass.takesDown } }

    /// Whether an attempt is over, as its worker said itself.
    func failed(at attempt: Int) -> Bool {
        setbacks.contains { $0.attempt == attempt && $0.failureClass != .workerLost }
    }

    func failed(on host: String) -> Bool { setbacks.contains { $0.host == host } }

    /// Whether the limits of a policy are reached.
    func isGivenUp(by policy: Policy) -> Bool {
        failureCount >= max(1, policy.failureLimit)
            || FailureClass.allCases.contains { count($0) >= max(1, policy.retries[$0].limit) }
    }

    /// How far the task must be kept away from others, by what it did.
    func deservedIsolation(by policy: Policy) -> Isolation? {
        if count(.outOfMemory) > 0 { return .worker }
        guard takenDown >= policy.isolationLimit else { return nil }
        return count(.workerLost) > 0 ? .worker : .slot
    }

    /// All it did and where, in one line.
    func explanation(of task: Int) -> String {
        let deeds = setbacks.filter(\.failureClass.takesDown)
        return "task \(task) brought down \(deeds.count) slot\(deeds.count == 1 ? "" : "s") or workers and is not run "
            + "again: " + deeds.map(\.sentence).joined(separator: "; ")
    }
}
