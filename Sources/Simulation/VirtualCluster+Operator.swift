import Scheduling

/// The operator: sends requests until they are answered, and expects what is answered to be durable.
extension VirtualCluster {
    static let operatorRoute = Route([0xFF, 0xFF])

    /// Cancels some tasks; half of the faults want them again later.
    func cancel(_ fault: Fault) {
        let first = Int(fault.start.nanoseconds / 1_000) % scenario.taskCount
        let tasks = first..<min(scenario.taskCount, first + 1 + fault.agent * 4)
        let number = UInt64(fault.start.nanoseconds)
        cancellations[origin(number).request] = tasks
        ask(ControlRequest(.cancel([tasks]), origin(number)))
        guard fault.agent.isMultiple(of: 2) else { return }
        let retry = ControlRequest(.retry([tasks]), origin(number + 1))
        unanswered.insert(retry.origin.request)
        queue.insert(.order(retry), at: now + fault.duration)
    }

    /// Gives the worker of an agent no more work.
    func dismiss(_ agent: Int, _ fault: Fault) {
        guard case .member(let worker) = agents[agent].session?.phase else { return }
        strike(.dismissal)
        ask(ControlRequest(.drain(worker), origin(UInt64(fault.start.nanoseconds))))
    }

    private func origin(_ number: UInt64) -> ControlOrigin {
        ControlOrigin(RequestID(client: 1, number: number), who: "operator")
    }

    private func ask(_ request: ControlRequest) {
        unanswered.insert(request.origin.request)
        order(request)
    }

    /// Sends a request, and again while it is not answered.
    func order(_ request: ControlRequest) {
        guard unanswered.contains(request.origin.request) else { return }
        for delay in delays(\.requestedUntil, of: 0) { queue.insert(.request(request), at: now + delay) }
        queue.insert(.order(request), at: now + .seconds(1))
    }

    /// Takes an answer; what it says must be on the disk.
    func hear(_ reply: ControlReply) {
        // Half of the answers are lost: then the request comes again, perhaps to another coordinator.
        guard isOneOf(2), unanswered.remove(reply.request) != nil else { return }
        guard case .done(let changed) = reply.outcome, changed > 0 else { return }
        let facts = disk.journal.prefix(disk.syncedRowCount).map(\.fact)
        let isDurable = facts.contains { fact in
            switch fact {
            case .tasksCancelled(_, let origin), .tasksRetried(_, let origin): origin.request == reply.request
            case .workerDrained: true
            default: false
            }
        }
        if isDurable {
            if facts.contains(where: { if case .tasksCancelled = $0 { true } else { false } }) {
                strike(.cancellation)
            }
        } else {
            report.violations.append("request \(reply.request) is answered, but not durable")
        }
    }
}
