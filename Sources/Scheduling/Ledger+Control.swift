internal import OrderedCollections

extension Ledger {
    /// How many requests are remembered. A client waits for each answer, so a handful would do.
    private static let answerLimit = 256

    /// Remembers what a request did.
    mutating func answer(_ origin: ControlOrigin, _ ranges: [Range<Int>]) {
        answered[origin.request] = ranges.reduce(0) { $0 + $1.count }
        if answered.count > Self.answerLimit { answered.removeFirst() }
    }

    /// Takes tasks that wait or are leased out of the run.
    mutating func cancel(_ range: Range<Int>, _ backlog: inout Backlog) {
        for part in stretches(of: range, where: { $0.canBeCancelled($1) }) {
            detach(part, &backlog)
            backlog.queue.remove(part)
            forgetCheckpoints(of: part, &backlog)
            for task in part {
                retryAt[task] = nil
                tasks.set(task, .cancelled)
            }
        }
    }

    /// Forgets the failures of tasks, and puts those back into the queue that were given up, cancelled or paused.
    mutating func retry(_ range: Range<Int>, _ backlog: inout Backlog) {
        for part in stretches(of: range, where: { $0.canBeRetried($1) }) {
            for task in part {
                suspects[task] = nil
                tasks.forgetLosses(of: task)
                guard tasks.status[task] != .leased else { continue }
                reopen(task)
                retryAt[task] = nil
                let isStopped = stoppedPoints.contains(task / tasksPerPoint)
                tasks.set(task, isStopped ? .stopped : .open)
                backlog.stopWaiting(for: task..<task + 1)
                backlog.queue.remove(task..<task + 1)
                if !isStopped { backlog.queue.insert(task..<task + 1) }
            }
        }
    }

    /// Whether a task waits or is being computed.
    func canBeCancelled(_ task: Int) -> Bool { tasks.status[task] == .open || tasks.status[task] == .leased }

    /// Whether a task was given up or cancelled, or is on its way after attempts that came to nothing.
    func canBeRetried(_ task: Int) -> Bool {
        switch tasks.status[task] {
        case .failed, .cancelled: true
        case .open, .leased: suspects[task] != nil
        case .committed, .stopped: false
        }
    }

    /// The longest stretches of tasks in `range` that have a property.
    func stretches(of range: Range<Int>, where hasProperty: (Ledger, Int) -> Bool) -> [Range<Int>] {
        var found: [Range<Int>] = []
        var start: Int?
        for task in range {
            if hasProperty(self, task) {
                start = start ?? task
            } else if let first = start {
                found.append(first..<task)
                start = nil
            }
        }
        if let first = start { found.append(first..<range.upperBound) }
        return found
    }
}
