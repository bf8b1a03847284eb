internal import Results
import Scheduling
internal import SweepGrid

/// The computing thread of a slot: reads the run once, then computes what comes.
struct SlotLoop {
    let catalog: ExperimentCatalog
    let inbox: SlotInbox
    let outbox: SlotOutbox
    let announcement: Announcement

    /// What the tasks of a slot share.
    struct Surroundings: Sendable {
        let inbox: SlotInbox
        let outbox: SlotOutbox
        let design: Design
        let spool: CheckpointSpool
        /// Nanoseconds between two checkpoints of a task.
        let checkpointInterval: UInt64
    }

    /// Runs until the agent says stop.
    func run() {
        guard case .open(let path, let checkpointInterval) = inbox.next() else { return }
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
        let surroundings = Surroundings(
            inbox: inbox, outbox: outbox, design: run.design,
            spool: CheckpointSpool(directory: Disk.directory(of: path)),
            checkpointInterval: UInt64(max(0, checkpointInterval.wireNanoseconds)))
        compute(experiment, surroundings)
    }

    /// What tasks have left behind is ended between two tasks, at most this often.
    ///
    /// Halved: the list of children is read twice as often. Doubled: what was left behind computes beside others for longer.
    private static let sweepInterval: UInt64 = 1_000_000_000

    private func compute(_ experiment: AnyExperiment, _ surroundings: Surroundings) {
        let design = surroundings.design
        let keys = StreamKeys(design)
        let taskCount = design.taskCount
        let clockOffset = Clock.wallSeconds() - Double(Clock.nanoseconds()) * 1e-9
        var point = -1
        var values: [Value] = []
        var restorable: [Int: Digest] = [:]
        var lastSweep: UInt64 = 0
        while true {
            // Nothing is left to do, so nobody is kept waiting for what has been done.
            if !inbox.hasOrders { outbox.flush() }
            let order = inbox.next()
            if case .restore(let task, let digest) = order {
                restorable[task] = digest
                continue
            }
            guard case .compute(let runs) = order else { return }
            for run in runs {
                for task in run.tasks {
                    if inbox.isEnding || task >= taskCount { return }
                    let (taskPoint, replicate) = task.quotientAndRemainder(dividingBy: design.replicates)
                    if taskPoint != point {
                        point = taskPoint
                        values = design.values(ofPoint: point)
                    }
                    let start = Clock.nanoseconds()
                    let restored = restorable.isEmpty ? nil : restorable.removeValue(forKey: task)
                    guard inbox.start(task, attempt: run.attempt, at: start) else {
                        outbox.append(.skipped(task: task))
                        continue
                    }
                    let host = SlotTaskHost(task, in: surroundings, restorable: restored, at: start)
                    let context = Context(streams: keys.streams(point: point, replicate: replicate), host: host)
                    announcement.current = (task, run.attempt)
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
                    announcement.current = nil
                    let now = Clock.nanoseconds()
                    if now &- lastSweep >= Self.sweepInterval {
                        lastSweep = now
                        Orphans.sweepAll()
                    }
                }
            }
        }
    }
}
