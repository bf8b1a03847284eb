import Scheduling
internal import SweepGrid
internal import ZeroMQ

/// A worker: one process per host that talks to the coordinator and lets its slots compute.
///
/// Its one loop thread owns the socket, the session and the slots; disks are left to a storage thread. It never computes, so
/// it always answers.
public final class Agent {
    enum Event: Sendable {
        case storage(AgentStorage.Event)
        case stop(String)
        /// What a plain connection to the coordinator came to.
        case looked(String)
    }

    let options: AgentOptions
    let context: ZeroMQ.Context
    let events: EventQueue<Event>
    let directory: PrivateDirectory
    let storage: AgentStorage
    let start = Clock.nanoseconds()
    var session: AgentSession
    var socket: Socket?
    /// Sees why the connection does not come about.
    var watch: ConnectionWatch?
    var slots: AgentSlots
    /// The run that the coordinator described, once it was read.
    var frozen: FrozenRun?
    /// The digest of the probe task that the coordinator expects.
    var expectedProbe: Digest?
    var isProbing = false
    /// How much memory the slots use.
    var memory = MemoryWatch()
    var nextSample = Instant.zero
    /// The results of shards that are not closed yet, by the number of the shard.
    var openShards: [Int: [TaskRow]] = [:]
    /// Results that came with the reports which the session is being told.
    var arrived: [TaskRow] = []
    /// The process that the worker ends with.
    var parent: Int32?
    var isStopping = false
    /// Since when a signal makes the worker drain.
    var drainingSince: Instant?
    /// When a turn of the loop last ended.
    private var lastTurn = Instant.zero
    /// When the coordinator was last heard.
    var lastHeard = Instant.zero
    var waitingNotes = WaitingNotes()
    /// Messages that wait for the connection or for room in its queue.
    var unsent: [WorkerEnvelope] = []
    var outcome: AgentOutcome?

    /// A worker that does nothing yet.
    ///
    /// - Throws: `ClusterError` when its private directory cannot be made or the system refuses files.
    public init(_ options: AgentOptions) throws(ClusterError) {
        self.options = options
        raiseFileLimit()
        let host = options.host
        do throws(ZeroMQError) {
            context = try ZeroMQ.Context()
            events = try EventQueue()
        } catch {
            throw ClusterError("the worker cannot start: \(error)")
        }
        directory = try PrivateDirectory(in: options.temporaryDirectory)
        let events = events
        storage = AgentStorage(directory: directory.path, host: host) { events.post(.storage($0)) }
        session = AgentSession(
            host: host, build: buildDigest(), slots: options.slots, seed: UInt64.random(in: 0...UInt64.max),
            policy: options.policy, terms: options.terms)
        // As many as the session takes.
        slots = AgentSlots(
            program: options.program, count: max(1, min(options.slots, options.policy.slotLimit)),
            logName: "\(options.logDirectory ?? directory.path)/\(host)-\(processNumber())")
    }

    /// The environment variable that names the process with which a worker ends.
    static let parentVariable = "PHASEMAP_PARENT"

    /// Works until the run is complete, the worker is drained, or it is of no use. Blocks the calling thread.
    ///
    /// SIGTERM and SIGINT drain it: running tasks end, results are delivered; a second signal ends it at once.
    ///
    /// - Throws: `ClusterError` when the endpoint is none.
    public func run() throws(ClusterError) -> AgentOutcome {
        // As the parent itself says: it may have ended before this process could ask.
        parent =
            options.endsWithParent
            ? SlotEnvironment.inherited()[Self.parentVariable].flatMap { Int32($0) } ?? parentProcess() : nil
        if let parent, !endWithParent(signal: terminationSignal, parent: parent) {
            return .failed("its parent is gone")
        }
        let events = events
        let signals = StopSignals(withPreemption: true) { events.post(.stop($0)) }
        if options.ownsProcess {
            adoptOrphans()
            // Whoever started this process by exec may have left it children of its own, such as a tunnel.
            slots.strangers = Set(Orphans.children())
        }
        defer { withExtendedLifetime(signals) {} }
        try connect()
        tell(.begin)
        while outcome == nil {
            try turn()
            // With its parent the coordinator is gone, so there is nobody to deliver to. The signal that tells so comes
            // while the parent's last threads still exist, so the question is asked again and again.
            if let parent, parentProcess() != parent { end(.failed("the process that started it is gone")) }
        }
        slots.stopAll()
        sendUnsent()
        storage.finish()
        socket?.close()
        leaveDirectory()
        return outcome ?? .finished
    }

    /// One turn of the loop: waits, then takes in what came.
    private func turn() throws(ClusterError) {
        var poller = Poller()
        let wakeUp = poller.add(fileDescriptor: events.fileDescriptor)
        if let socket { poller.add(socket, hasUnsent: !unsent.isEmpty) }
        if let watch { poller.add(watch.socket) }
        slots.watch(&poller)
        do throws(ZeroMQError) {
            try poller.wait(upTo: timeout())
            sendUnsent()
            try receive()
            if let refusal = try watch?.read() { consider(refusal) }
        } catch {
            throw ClusterError("the worker's loop failed: \(error)")
        }
        if poller.isReadable(wakeUp) { for event in events.take() { handle(event) } }
        for happening in slots.happenings(poller) { handle(happening) }
        for slot in 0..<slots.count where !isProbing {
            if let task = slots.newTask(of: slot) { tell(.slot(slot, [.started(task: task)])) }
        }
        slots.sweepOrphans()
        sampleMemory()
        if let deadline = session.nextDeadline, deadline <= now { tell(.tick) }
        noteWaiting()
        let pause = now - lastTurn
        lastTurn = now
        // A worker that stood still could not hear anybody meanwhile; one that was never heard stays so.
        if pause > Self.longestTurn {
            if lastHeard > .zero { lastHeard = min(now, lastHeard + pause) }
            drainingSince = drainingSince.map { min(now, $0 + pause) }
        }
        endUselessDrain()
        if now - lastHeard > options.patience {
            let diagnosis = watch?.diagnosis ?? ConnectionDiagnosis(endpoint: options.endpoint, key: options.key?.name)
            end(.failed(diagnosis.sentence(afterSilence: options.patience)))
        }
    }

    /// A turn that takes longer means that the process stood still; turns are a tenth of a second apart.
    private static let longestTurn: Duration = .seconds(5)

    /// How long a worker that was admitted once goes on when it is refused.
    ///
    /// Halved: a key directory that cannot be read for a while costs the workers sooner. Doubled: a worker whose key was
    /// revoked while it was away computes longer for nothing.
    private static let refusalPatience: Duration = .seconds(60)

    /// Ends a worker whose key the coordinator does not take; one that was admitted before waits first.
    private func consider(_ refusal: String) {
        guard lastHeard == .zero || watch?.diagnosis.isCertain == true && now - lastHeard > Self.refusalPatience else {
            return
        }
        end(.refused(refusal))
    }

    var now: Instant { Instant(nanoseconds: Int64(Clock.nanoseconds() - start)) }

    /// Slots are looked at often enough to know in time what they compute.
    private func timeout() -> Duration {
        let longest = Duration.milliseconds(100)
        guard let deadline = session.nextDeadline else { return longest }
        return max(.zero, min(longest, deadline - now))
    }

    /// Reads messages in a bounded batch, so that slots are not forgotten.
    private func receive() throws(ZeroMQError) {
        for _ in 0..<1000 {
            guard outcome == nil, let parts = try socket?.receive() else { return }
            do throws(WireError) {
                guard case .session(let envelope) = try CoordinatorFrame(parts: parts[...]) else { continue }
                lastHeard = now
                // A revoked key counts for nothing, in the middle of a run too; the session takes refusals at its door only.
                if case .refuse(let refusal) = envelope.message, refusal.reason == .key {
                    return end(.refused(refusal.message))
                }
                if case .describe(let description) = envelope.message { expectedProbe = description.probe }
                tell(.received(envelope))
            } catch .version(let theirs) {
                end(.refused("\(options.endpoint): \(WireError.version(theirs))"))
            } catch {
                options.log("dropped a message: \(error)")
            }
        }
    }

    /// Tells the session, and does what it asks for.
    func tell(_ event: AgentSession.Event) {
        for effect in session.handle(event, at: now) { perform(effect) }
    }

    func end(_ outcome: AgentOutcome) {
        if self.outcome == nil { self.outcome = outcome }
    }

    /// Opens the connection, closing the one before.
    func connect() throws(ClusterError) {
        socket?.close()
        watch = nil
        unsent.removeAll()
        var options = SocketOptions()
        options.maximumMessageSize = WireFormat.coordinatorMessageLimit
        options.security = self.options.key?.security ?? .none
        do throws(ZeroMQError) {
            let socket = try Socket(.dealer, in: context, options: options)
            watch = try ConnectionWatch(socket, endpoint: self.options.endpoint, key: self.options.key)
            try socket.connect(self.options.endpoint)
            self.socket = socket
        } catch {
            throw ClusterError("the worker cannot connect: \(error)")
        }
    }
}
