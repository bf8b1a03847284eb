internal import Foundation
internal import Journal
internal import Results
internal import Scheduling
internal import SweepGrid

extension RunHistory {
    /// Whether a coordinator serves the run, and what it says.
    package enum Service: Hashable, Sendable {
        /// Nobody serves it.
        case none
        /// Somebody does, and did not answer.
        case silent
        /// Somebody does.
        case live(RunStatus)
    }

    /// The story of a task.
    package func story(of task: Int) throws(ClusterError) -> TaskStory {
        TaskStory(of: task, in: try records(of: task))
    }

    /// Tells what a task is, what happened to it, and what it waits for; lines for people.
    package func explanation(of task: Int, service: Service) throws(ClusterError) -> [String] {
        let story = try story(of: task)
        var identities = TaskIdentities(run.design)
        let record = record(of: task, id: identities[task])
        let (point, replicate) = task.quotientAndRemainder(dividingBy: run.design.replicates)
        let values = zip(run.design.parameters, run.design.values(ofPoint: point))
        var lines = [
            "task \(task), \(record.id)",
            "  \(run.design.experiment) version \(run.design.version), point \(point), replicate \(replicate)",
            "  " + values.map { "\($0.name)=\($1)" }.joined(separator: ", "),
        ]
        let attempts = story.attempts.map { ($0.begin.instant, describe($0)) }
        let events = story.events.map { ($0.moment.instant, ["\(at($0.moment)): \(describe($0.what))"]) }
        // Of the same moment, attempts come first: they are the longer stories. Sorting keeps the order otherwise.
        let happened = (attempts + events).enumerated().sorted { ($0.element.0, $0.offset) < ($1.element.0, $1.offset) }
        for (_, (_, told)) in happened { lines += told }
        return lines + conclusion(record, story, service)
    }

    private func at(_ moment: Moment) -> String {
        "\(TimeText.iso(Double(moment.wallTime) * 1e-3)) (run time \(TimeText.span((moment.instant - .zero).inSeconds)))"
    }

    private func name(_ worker: WorkerID) -> String {
        if worker.number == 0 { return "the coordinator, which found it in the directory" }
        return host(of: worker).map { "\(worker) on \($0)" } ?? "\(worker)"
    }

    private func describe(_ attempt: TaskStory.Attempt) -> [String] {
        var line =
            "\(at(attempt.begin)): attempt \(attempt.number) leased to \(name(attempt.worker)) in \(attempt.lease)"
        guard let end = attempt.end, let ended = attempt.ended else { return [line] }
        line += "; after \(TimeText.span((ended.instant - attempt.begin.instant).inSeconds)) "
        switch end {
        case .failed(let failureClass, let message, let retryAt):
            line += "it failed (\(failureClass.name))" + (retryAt == nil ? " and was given up" : "")
            return [line] + message.split(separator: "\n").map { "    \($0)" }
        case .returned: line += "it was given back unstarted or unfinished"
        case .workerLeft: line += "the worker left"
        case .workerLost: line += "the worker was lost"
        case .registeredAnew: line += "the worker registered anew"
        case .cancelled: line += "it was cancelled"
        case .committed: line += "its result was committed"
        }
        return [line]
    }

    private func describe(_ happening: TaskStory.Happening) -> String {
        switch happening {
        case .cancelled(let origin): "cancelled by \(origin.text)"
        case .retried(let origin): "to be tried again, by \(origin.text)"
        case .committed(let shard, let worker): "shard-\(shard).h5 with its result was committed, from \(name(worker))"
        case .checkpointed(let checkpoint, let worker):
            "a checkpoint of attempt \(checkpoint.attempt) was stored, \(checkpoint.byteCount) bytes from \(name(worker))"
        case .checkpointDropped(let digest):
            "checkpoint \(digest) cannot be used; the next attempt begins anew"
        case .isolated(.slot, let reason): "from now on it runs alone in its slot, because it is suspected: \(reason)"
        case .isolated(.worker, let reason):
            "from now on it runs alone on its worker, because it is suspected: \(reason)"
        case .quarantined(let explanation): "quarantined: \(explanation)"
        case .pardoned(let host, let reason): "its failures on \(host) are forgotten: \(reason)"
        case .conflictVoid: "no two results of a task of the same point differ any more"
        case .conflict(let task, let shard, let worker):
            "another result of task \(task) of the same point came from \(name(worker)) in shard-\(shard).h5"
        }
    }

    /// What the next attempt begins with.
    private func resumption(_ task: Int) -> [String] {
        guard let checkpoint = scheduler.checkpoint(of: task) else { return [] }
        return ["  the next attempt goes on from the checkpoint of attempt \(checkpoint.attempt)"]
    }

    /// What the task is now, why, and what can be done.
    private func conclusion(_ record: TaskRecord, _ story: TaskStory, _ service: Service) -> [String] {
        let directory = directory.path
        let served: String
        switch service {
        case .none: served = "nobody serves the run: 'phasemap resume \(directory)' goes on with it"
        case .silent: served = "the run's coordinator does not answer"
        case .live(let status) where status.workers == 0: served = "no worker is connected to the coordinator"
        case .live(let status):
            served =
                "the \(status.slots) slots of \(status.workers) workers compute others first, "
                + "\(status.leased) tasks; \(status.waiting) wait"
        }
        switch record.state {
        case .waiting: return ["waiting: \(served)"] + resumption(record.task)
        case .retrying: return ["retrying: it may be leased again at \(record.retryAt ?? "a later time"); \(served)"]
        case .leased:
            let worker = WorkerID(UInt32(record.worker ?? 0))
            if case .live(let status) = service {
                if let progress = status.running.first(where: { $0.task == record.task }) {
                    return ["leased to \(name(worker)), which computes it: \(Int(progress.fraction * 100)) % done"]
                }
                return ["leased to \(name(worker)): it waits there, is computed, or is not delivered yet"]
            }
            return ["leased to \(name(worker)) when the journal ended; \(served)"] + resumption(record.task)
        case .ok, .diverged:
            let computed = "computed on \(record.host ?? "?") from \(record.started ?? "?")"
            return [
                "\(record.state.rawValue): \(computed) in \(TimeText.span(record.seconds ?? 0))",
                "  its result stands in \(record.shard ?? "?")",
            ]
        case .damaged:
            return ["damaged: the shard with its result is missing or damaged; the next 'phasemap resume' computes it"]
        case .quarantined:
            return [
                "quarantined: it brought down slots or workers, which are named above, and the others go on without it; "
                    + "'phasemap retry \(directory) \(record.task)' lets it run again"
            ]
        case .failed:
            return [
                "failed (\(record.failure ?? "?")): given up after \(record.attempts) attempts; "
                    + "'phasemap retry \(directory) \(record.task)' lets it run again"
            ]
        case .cancelled:
            return ["cancelled; 'phasemap retry \(directory) \(record.task)' lets it run again"]
        case .stopped:
            return [
                "stopped: two results of a task of its point differ and neither was chosen; "
                    + "'phasemap verify \(directory)' shows both: move the wrong shard to 'quarantine', then resume"
            ]
        }
    }
}

extension ControlOrigin {
    /// Who, and why.
    var text: String { reason.isEmpty ? who : "\(who): \(reason)" }
}
