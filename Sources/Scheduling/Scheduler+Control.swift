internal import OrderedCollections

extension Scheduler {
    /// Does what an operator wants; a request that was done before is answered alike.
    mutating func control(_ request: ControlRequest) {
        let id = request.origin.request
        if let changed = ledger.answered[id] { return answer(ControlReply(id, .done(changed: changed))) }
        switch request.order {
        case .cancel(let ranges): cancel(ranges, request.origin)
        case .retry(let ranges): retry(ranges, request.origin)
        case .drain(let worker): dismiss(worker, id)
        }
    }

    /// Gives tasks up, and lets those be stopped that are being computed.
    ///
    /// Tasks whose results a worker holds already cost nothing more: the run goes on until these are delivered or lost.
    private mutating func cancel(_ ranges: [Range<Int>], _ origin: ControlOrigin) {
        let held = backlog.held
        let tasks = existing(ranges).flatMap { ledger.stretches(of: $0) { $0.canBeCancelled($1) } }
        var told: OrderedDictionary<WorkerID, TaskSet> = [:]
        var awaited: OrderedDictionary<WorkerID, TaskSet> = [:]
        for task in tasks.joined() where ledger.tasks.status[task] == .leased {
            guard let worker = ledger.holder(of: task) else { continue }
            if held.contains(task) {
                awaited[worker, default: TaskSet()].insert(task..<task + 1)
            } else {
                told[worker, default: TaskSet()].insert(task..<task + 1)
            }
        }
        if !tasks.isEmpty { record(.tasksCancelled(tasks: tasks, origin)) }
        for (worker, tasks) in told where isMember(worker) { send(.cancel(tasks.ranges), to: worker) }
        for (worker, tasks) in awaited where isMember(worker) {
            for range in tasks.ranges { backlog.wait(for: range, from: worker) }
        }
        answer(ControlReply(origin.request, .done(changed: tasks.reduce(0) { $0 + $1.count })))
    }

    /// Lets tasks be tried again as if they had never failed.
    private mutating func retry(_ ranges: [Range<Int>], _ origin: ControlOrigin) {
        guard !isComplete else { return answer(ControlReply(origin.request, .ending)) }
        let tasks = existing(ranges).flatMap { ledger.stretches(of: $0) { $0.canBeRetried($1) } }
        if !tasks.isEmpty { record(.tasksRetried(tasks: tasks, origin)) }
        answer(ControlReply(origin.request, .done(changed: tasks.reduce(0) { $0 + $1.count })))
    }

    /// Gives a worker no more work because an operator wants so.
    private mutating func dismiss(_ worker: WorkerID, _ request: RequestID) {
        guard let record = ledger.workers[worker], isMember(worker) else {
            return answer(ControlReply(request, .refused(reason: "there is no \(worker) any more")))
        }
        if !record.isDraining { self.record(.workerDrained(worker)) }
        members[worker]?.isDraining = true
        countSlots()
        // Also to one that drains already: it may not have heard of it.
        send(.drain, to: worker)
        answer(ControlReply(request, .done(changed: record.isDraining ? 0 : 1)))
    }

    /// The tasks that exist among those of a request, ascending, each once.
    private func existing(_ ranges: [Range<Int>]) -> [Range<Int>] { TaskSet(ranges.map { ledger.valid($0) }).ranges }

    /// The cancelled tasks among those that a worker still has.
    func cancelled(among runs: [TaskRun]) -> [Range<Int>] {
        guard ledger.tasks.count(.cancelled) > 0 else { return [] }
        return TaskSet(
            runs.flatMap { run in
                ledger.stretches(of: ledger.valid(run.tasks)) { $0.tasks.status[$1] == .cancelled }
            }
        ).ranges
    }
}

extension Scheduler {
    /// Applies an order to a run that nobody serves; returns the facts to journal, and what became of it.
    ///
    /// Unlike a scheduler that serves, this one reopens a complete run.
    package mutating func steer(_ request: ControlRequest) -> (facts: [Fact], reply: ControlReply) {
        let origin = request.origin
        if let changed = ledger.answered[origin.request] {
            return ([], ControlReply(origin.request, .done(changed: changed)))
        }
        let fact: Fact
        switch request.order {
        case .cancel(let ranges):
            fact = .tasksCancelled(
                tasks: existing(ranges).flatMap { ledger.stretches(of: $0) { $0.canBeCancelled($1) } }, origin)
        case .retry(let ranges):
            fact = .tasksRetried(
                tasks: existing(ranges).flatMap { ledger.stretches(of: $0) { $0.canBeRetried($1) } }, origin)
        case .drain(let worker):
            guard let record = ledger.workers[worker] else {
                return ([], ControlReply(origin.request, .refused(reason: "there is no \(worker) any more")))
            }
            guard !record.isDraining else { return ([], ControlReply(origin.request, .done(changed: 0))) }
            fact = .workerDrained(worker)
        }
        let changed: Int
        switch fact {
        case .tasksCancelled(let tasks, _), .tasksRetried(let tasks, _): changed = tasks.reduce(0) { $0 + $1.count }
        default: changed = 1
        }
        guard changed > 0 else { return ([], ControlReply(origin.request, .done(changed: 0))) }
        apply(fact)
        return ([fact], ControlReply(origin.request, .done(changed: changed)))
    }
}
