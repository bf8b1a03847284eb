public import SweepGrid

/// The version of the protocol between worker and coordinator; both sides must agree.
public let protocolVersion = 1

/// What travels from an agent to the coordinator: one message with the bookkeeping of the link.
public struct WorkerEnvelope: Hashable, Sendable {
    /// The registration that the message belongs to; nil before the worker is admitted.
    public var worker: WorkerID?
    /// The number of the message on this link, from 1; 0 for messages that may be lost or doubled without harm.
    public var sequence: UInt64
    /// The number of the last message received in order from the coordinator.
    public var acknowledged: UInt64
    /// The message.
    public var message: WorkerMessage

    /// A message with the bookkeeping of its link.
    public init(worker: WorkerID?, sequence: UInt64, acknowledged: UInt64, _ message: WorkerMessage) {
        self.worker = worker
        self.sequence = sequence
        self.acknowledged = acknowledged
        self.message = message
    }
}

/// What an agent tells the coordinator.
public enum WorkerMessage: Hashable, Sendable {
    /// Asks for the description of the run. Unnumbered, without worker ID.
    case hello(Hello)
    /// Asks to be admitted. Unnumbered, without worker ID.
    case register(Registration)
    /// Lives, computes these tasks at the moment, and knows of some of them how far they are. Unnumbered.
    case heartbeat(running: [Int], progress: [TaskProgress] = [])
    /// Wants to have up to so many unfinished leases at a time, from now on until it says otherwise; none before it
    /// asks.
    case request(leases: Int)
    /// Computed these tasks and holds their results.
    case finished([FinishedRun])
    /// An attempt failed.
    case failed(AttemptFailure)
    /// Gives back tasks of a lease that were not started.
    case returned(LeaseID, tasks: [Range<Int>])
    /// Closed a shard and asks to have it fetched.
    case announce(ShardAnnouncement)
    /// A piece of a shard that was asked for. Unnumbered.
    case chunk(ShardChunk)
    /// Has a checkpoint of a task that it computes or failed to compute, and asks to have it fetched.
    case announceCheckpoint(Checkpoint)
    /// No longer has an announced checkpoint; or the one that it fetched from the coordinator is damaged.
    case withdrawCheckpoint(Digest, task: Int, isDamaged: Bool)
    /// Wants a piece of a checkpoint that came with a lease. Unnumbered, repeated while the piece does not come.
    case fetchCheckpoint(Digest, task: Int, offset: Int, count: Int)
    /// No longer has the results of tasks that it reported as finished (a disk failed, a file is damaged).
    case resultsLost(tasks: [Range<Int>], reason: String)
    /// Takes no more work, and why; delivers what it holds, then says goodbye.
    case draining(reason: String)
    /// Leaves, with everything delivered.
    case goodbye
}

/// The first words of an agent.
public struct Hello: Hashable, Sendable {
    /// The version of the protocol that the agent speaks.
    public var protocolVersion: Int
    /// The host's name, for people.
    public var host: String
    /// The SHA-256 of the agent's executable.
    public var build: Digest

    /// The greeting of an agent.
    public init(protocolVersion: Int, host: String, build: Digest) {
        self.protocolVersion = protocolVersion
        self.host = host
        self.build = build
    }
}

/// What an agent shows in order to be admitted.
public struct Registration: Hashable, Sendable {
    /// The version of the protocol that the agent speaks.
    public var protocolVersion: Int
    /// The name of the experiment that the agent computes.
    public var experiment: String
    /// The version of that experiment.
    public var version: Int
    /// The digest of the run that was described to the agent.
    public var run: Digest
    /// The digest of the result of the run's probe task, as computed by this worker; nil where the run has no probe.
    public var probe: Digest?
    /// How many slots the agent has.
    public var slots: Int
    /// The host's name, for people.
    public var host: String
    /// The SHA-256 of the agent's executable.
    public var build: Digest
    /// The number of the agent's earlier registration.
    public var replacing: WorkerID?
    /// Tasks leased earlier that the agent has not finished.
    public var unfinished: [TaskRun]
    /// Tasks whose results the agent holds, unacknowledged.
    public var held: [TaskRun]

    /// Whether the agent has results or running tasks that a run which stops still wants.
    var bringsWork: Bool { !held.isEmpty || !unfinished.isEmpty }

    /// Everything an agent shows in order to be admitted.
    public init(
        protocolVersion: Int, experiment: String, version: Int, run: Digest, probe: Digest?, slots: Int, host: String,
        build: Digest, replacing: WorkerID? = nil, unfinished: [TaskRun] = [], held: [TaskRun] = []
    ) {
        self.protocolVersion = protocolVersion
        self.experiment = experiment
        self.version = version
        self.run = run
        self.probe = probe
        self.slots = slots
        self.host = host
        self.build = build
        self.replacing = replacing
        self.unfinished = unfinished
        self.held = held
    }
}

/// A closed shard that waits to be fetched.
public struct ShardAnnouncement: Hashable, Sendable {
    /// The SHA-256 of the file.
    public var digest: Digest
    /// The size of the file in bytes.
    public var byteCount: Int
    /// The tasks with a result in it, ascending, without overlap.
    public var tasks: [Range<Int>]

    /// A file with the results of `tasks`.
    public init(digest: Digest, byteCount: Int, tasks: [Range<Int>]) {
        self.digest = digest
        self.byteCount = byteCount
        self.tasks = tasks
    }
}

/// A piece of a shard or of a checkpoint.
public struct ShardChunk: Hashable, Sendable {
    /// The SHA-256 of the whole file.
    public var digest: Digest
    /// The position of the first byte in the file.
    public var offset: Int
    /// The bytes.
    public var bytes: [UInt8]

    /// The bytes of a file from `offset` on.
    public init(digest: Digest, offset: Int, bytes: [UInt8]) {
        self.digest = digest
        self.offset = offset
        self.bytes = bytes
    }
}
