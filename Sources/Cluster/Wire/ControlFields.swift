import Scheduling
import SweepGrid

// Requests of operators and what became of them, as they travel.

extension WireControl {
    init(_ request: ControlRequest) {
        client = request.origin.request.client
        number = request.origin.request.number
        who = WireFormat.cut(request.origin.who)
        reason = WireFormat.cut(request.origin.reason)
        switch request.order {
        case .cancel(let ranges):
            order = 1
            tasks = WireTaskRanges(ranges)
        case .retry(let ranges):
            order = 2
            tasks = WireTaskRanges(ranges)
        case .drain(let worker):
            order = 3
            self.worker = worker.number
        }
    }

    func request() throws(WireError) -> ControlRequest {
        let origin = ControlOrigin(
            RequestID(client: client, number: number), who: WireFormat.cut(who), reason: WireFormat.cut(reason))
        switch order {
        case 1: return ControlRequest(.cancel(try tasks.ranges("control.tasks")), origin)
        case 2: return ControlRequest(.retry(try tasks.ranges("control.tasks")), origin)
        case 3: return ControlRequest(.drain(WorkerID(worker)), origin)
        default: throw .value(field: "control.order")
        }
    }
}

extension WireControlReply {
    init(_ reply: ControlReply) {
        client = reply.request.client
        number = reply.request.number
        switch reply.outcome {
        case .done(let changed):
            outcome = 1
            self.changed = UInt64(changed)
        case .refused(let reason):
            outcome = 2
            self.reason = WireFormat.cut(reason)
        case .ending: outcome = 3
        }
    }

    func reply() throws(WireError) -> ControlReply {
        let request = RequestID(client: client, number: self.number)
        switch outcome {
        case 1:
            let changed = try Cluster.number(self.changed, in: 0...WireFormat.taskLimit, "control.changed")
            return ControlReply(request, .done(changed: changed))
        case 2: return ControlReply(request, .refused(reason: WireFormat.cut(reason)))
        case 3: return ControlReply(request, .ending)
        default: throw .value(field: "control.outcome")
        }
    }
}
