internal import Results
import Scheduling
public import SweepGrid
internal import ZeroMQ

/// Hands the tasks of a run to workers and commits their results.
///
/// Its one loop thread owns the socket and the session and never touches a disk; one storage thread owns the shards.
/// Nothing that comes from the network ends it.
public final class Coordinator {
    enum Event: Sendable {
        case session(CoordinatorSession.Event)
        case stop
    }

    /// Stops a coordinator from any thread.
    public struct StopButton: Sendable {
        let events: EventQueue<Event>

        /// Lets workers deliver what they hold and then ends the run; pressed again, ends it at once.
        public func press() { events.post(.stop) }
    }

    /// The run as it stands in the directory, with its arithmetic and probe.
    public let run: FrozenRun
    /// Where workers reach this coordinator.
    public let endpoint: String

    let options: CoordinatorOptions
    let claimed: ClaimedDirectory
    let storage: CoordinatorStorage
    let context: ZeroMQ.Context
    let socket: Socket
    /// What an `ipc://` endpoint leaves in the file system.
    let socketFile: SocketFile?
    /// Who may come in; nil where anybody may who reaches the endpoint.
    let gate: Gatekeeper?
    let events: EventQueue<Event>
    let start = Clock.nanoseconds()
    /// The run time at which this coordinator began.
    let origin: Instant
    var session: CoordinatorSession
    /// The tasks that were committed before this coordinator began.
    let adoptedCount: Int
    var unreachable: [Route] = []
    var refusedMessages = 0
    var keyNotes = RepeatedNotes()
    var stopCount = 0
    var isFinished = false
    var workers: [WorkerRecord] = []
    /// Why a shard could not be stored, until one was.
    var storageTrouble: String?

    /// Claims the run's directory, adopts the results in it, and listens.
    ///
    /// A second run into the same directory computes only what is missing.
    ///
    /// - Throws: `ClusterError` when the endpoint needs keys and there are none or it cannot be bound, the directory holds
    ///   something else, is in use or cannot be written, or the probe task cannot be computed.
    public init(_ run: FrozenRun, into directory: String, _ options: CoordinatorOptions) throws(ClusterError) {
        self.options = options
        raiseFileLimit()
        Allocator.returnFreedMemory()
        do throws(ZeroMQError) { context = try ZeroMQ.Context() } catch {
            throw ClusterError("the coordinator cannot listen: \(error)")
        }
        // Before anything is made: a run that cannot be served leaves nothing behind.
        gate = try Security.server(for: options.endpoint, keys: options.keys, in: context, log: options.log)
        try SocketFile.refuseTaken(options.endpoint)
        do throws(ZeroMQError) {
            events = try EventQueue()
            var socketOptions = SocketOptions()
            socketOptions.maximumMessageSize = WireFormat.workerMessageLimit
            socketOptions.linger = .seconds(3)
            socketOptions.sendHighWaterMark = 10_000
            socketOptions.receiveHighWaterMark = 10_000
            socketOptions.security = gate?.security ?? .none
            socket = try Socket(.router, in: context, options: socketOptions)
            try gate?.watch(socket)
            try socket.bind(options.endpoint)
        } catch {
            throw ClusterError("the coordinator cannot listen: \(error)")
        }
        let socketFile = SocketFile(boundAt: options.endpoint)
        self.socketFile = socketFile
        do throws(ClusterError) {
            (claimed, self.run) = try ClaimedDirectory.claim(directory, for: run) { () throws(ClusterError) in
                try ProbeRun.fix(run, program: options.program, isPortable: options.isPortable)
            }
        } catch {
            socketFile?.remove()
            throw error
        }
        endpoint = socket.lastEndpoint ?? options.endpoint
        claimed.announce(endpoint)
        let events = events
        let design = self.run.design
        storage = CoordinatorStorage(
            claimed.directory, design: design, checkedBy: options.checker, log: options.log
        ) {
            events.post(.session($0))
        }

        let work = self.run.work.expanded
        var scheduler = Scheduler(
            taskCount: design.taskCount, tasksPerPoint: design.replicates, policy: options.policy
        ) { $0 < work.count ? work[$0] : 1 }
        origin = try storage.restore(&scheduler, design.digest)
        adoptedCount = scheduler.progress.committed
        session = CoordinatorSession(
            run: try Coordinator.describe(self.run, claimed.directory), scheduler: scheduler, at: origin)
    }

    deinit {
        socket.close()
        socketFile?.remove()
        gate?.close()
    }

    /// What stops this coordinator from another thread.
    public var stopButton: StopButton { StopButton(events: events) }

    /// Serves until every task is committed or given up, or the run is stopped. Blocks the calling thread.
    ///
    /// - Parameters:
    ///   - launcher: workers on this host to keep alive.
    ///   - progress: called about twice a second, and at the end.
    /// - Throws: `ClusterError` when the workers of the launcher do not start.
    public func run(
        launching launcher: LocalLauncher? = nil, progress: (RunStatus) -> Void = { _ in }
    ) throws(ClusterError) -> CoordinatorOutcome {
        var launcher = launcher
        if session.scheduler.isComplete, session.scheduler.progress.workers == 0 {
            storage.finish()
            return outcome(progress)
        }
        let button = stopButton
        let signals = StopSignals { _ in button.press() }
        defer {
            withExtendedLifetime(signals) {}
            storage.finish()
            socket.close()
            socketFile?.remove()
            gate?.close()
            launcher?.end(within: .seconds(5))
        }
        var nextProgress = Instant.zero
        // A run that is complete already ends here, and the workers that it had are told so.
        tell(.tick)
        while !isFinished {
            try turn()
            if stopCount == 0 { try launcher?.attend(isServed: session.scheduler.hasOtherHost(than: hostName())) }
            if now >= nextProgress {
                progress(status)
                nextProgress = now + .milliseconds(500)
            }
        }
        try seeOff(&launcher)
        return outcome(progress)
    }

    /// Answers until every worker has left, so that none goes on looking for a coordinator that is no longer there.
    private func seeOff(_ launcher: inout LocalLauncher?) throws(ClusterError) {
        let deadline = now + options.policy.silenceLimit
        while stopCount < 2, now < deadline {
            launcher?.reap()
            let isAnyoneLeft = launcher.map { !$0.processes.isEmpty } ?? (session.scheduler.progress.workers > 0)
            guard isAnyoneLeft else { return }
            try turn()
        }
    }

    /// How far the run is.
    public var status: RunStatus {
        let progress = session.scheduler.progress
        let seconds = Double(Clock.nanoseconds() - start) * 1e-9
        let computed = progress.committed + progress.held - adoptedCount
        return RunStatus(
            sweep: run.sweep, run: session.run.run, tasks: progress.tasks, committed: progress.committed,
            computed: progress.held, leased: progress.leased, waiting: progress.open,
            failed: progress.failed + progress.stopped,
            cancelled: progress.cancelled, retrying: progress.retrying, workers: progress.workers,
            slots: progress.slots,
            seconds: seconds, tasksPerSecond: seconds > 0 ? Double(computed) / seconds : 0,
            secondsLeft: secondsLeft(progress, computed: computed, seconds: seconds),
            running: session.progress(atMost: RunStatus.runningLimit),
            trouble: storage.facts.trouble ?? storageTrouble)
    }

    private func secondsLeft(_ progress: Scheduler.Progress, computed: Int, seconds: Double) -> Double? {
        guard computed > 0, progress.slots > 0 else { return nil }
        return progress.remainingSeconds / Double(progress.slots)
    }

    private func outcome(_ progress: (RunStatus) -> Void) -> CoordinatorOutcome {
        let status = status
        progress(status)
        return CoordinatorOutcome(
            isComplete: session.scheduler.isComplete, stopReason: session.stopReason, status: status,
            failures: session.scheduler.givenUp,
            conflicts: session.scheduler.stoppedPoints, workers: workers)
    }

    private static func describe(_ run: FrozenRun, _ directory: RunDirectory) throws(ClusterError) -> RunDescription {
        let document: [UInt8]
        do throws(StorageError) {
            document = try run.json()
        } catch {
            throw ClusterError("\(error)")
        }
        guard document.count <= WireFormat.coordinatorMessageLimit - 4096 else {
            throw ClusterError(
                "'\(directory.runFile)' has \(document.count) bytes, more than the 64 MiB that workers accept; split the sweep"
            )
        }
        return RunDescription(
            experiment: run.design.experiment, version: run.design.version, run: run.design.digest, document: document,
            probe: run.probe?.digest)
    }
}
