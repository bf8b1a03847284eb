internal import Results
import Scheduling
internal import SweepGrid

/// The computing thread of a slot: reads the run once, then computes what comes.
struct SlotLoop {
    let catalog: ExperimentCatalog
    let inbox: SlotInbox
    let outbox: SlotOutbox
    let announcement: Announcement

    /// Runs until the agent says stop.
    func run() {
        guard case .open(let path) = inbox.next() else { return }
        let run: FrozenRun
        let experiment: AnyExperiment
        do {
            run = try FrozenRun(json: try Disk.read(path, limit: WireFormat.coordinatorMessageLimit), name: path)
            experiment = try catalog.experiment(for: run.design)
        } catch {
            outbox.append(.unfit("\(error)"))
            return
        }
        outbox.append(.ready(catalog.numerics()))
        outbox.flush()
        inbox.limitTasks(to: run.limits.seconds)
        compute(run.design, experiment)
    }

    private func compute(_ design: Design, _ experiment: AnyExperiment) {
        let keys = StreamKeys(design)
        let taskCount = design.taskCount
        let clockOffset = Clock.wallSeconds() - Double(Clock.nanoseconds()) * 1e-9
        var point = -1
        var values: [Value] = []
        while true {
            // Nothing is left to do, so nobody is kept waiting for what has been done.
            if !inbox.hasOrders { outbox.flush() }
            guard case .compute(let runs) = inbox.next() else { return }
            for run in runs {
                for task in run.tasks {
                    if inbox.isEnding || task >= taskCount { return }
                    let (taskPoint, replicate) = task.quotientAndRemainder(dividingBy: design.replicates)
                    if taskPoint != point {
                        point = taskPoint
                        values = design.values(ofPoint: point)
                    }
                    let host = SlotTaskHost(inbox: inbox)
                    let context = Context(streams: keys.streams(point: point, replicate: replicate), host: host)
                    let start = Clock.nanoseconds()
                    guard inbox.start(task, attempt: run.attempt, at: start) else {
                        outbox.append(.skipped(task: task))
                        continue
                    }
                    announcement.task = task
                    let answer: SlotAnswer
                    do {
                        let result = try experiment.run(values, schema: design.schema, in: context)
                        let end = Clock.nanoseconds()
                        answer = .result(
                            TaskRow(
                                task: task, attempt: run.attempt, started: clockOffset + Double(start) * 1e-9,
                                nanoseconds: end - start, result: result))
                    } catch is Interrupted where inbox.isTaskStopping {
                        answer = .interrupted(task: task)
                    } catch {
                        answer = .failed(task: task, .error, "\(error)")
                    }
                    inbox.taskEnded()
                    outbox.append(answer)
                    announcement.task = nil
                }
            }
        }
    }
}

/// What a running task may ask of its slot.
private struct SlotTaskHost: TaskHost {
    let inbox: SlotInbox

    func report(progress: Double) { inbox.report(progress: progress) }
    // Checkpoints and artefacts have no reader yet; a task that uses them computes the same without.
    func checkpoint(_ bytes: [UInt8]) {}
    var restored: [UInt8]? { nil }
    func keep(_ name: String, _ values: [Double], shape: [Int]) {}
    var remainingTime: Duration? { inbox.remainingTime }
    var isStopping: Bool { inbox.isTaskStopping }
}
