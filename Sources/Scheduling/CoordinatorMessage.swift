public import SweepGrid

/// What travels from the coordinator to an agent: one message with the bookkeeping of the link.
public struct CoordinatorEnvelope: Hashable, Sendable {
    /// The registration that the message belongs to; nil for answers to `hello` and for refusals.
    public var worker: WorkerID?
    /// The number of the message on this link, from 1; 0 for messages that may be lost or doubled without harm.
    public var sequence: UInt64
    /// The number of the last message received in order from the agent.
    public var acknowledged: UInt64
    /// The message.
    public var message: CoordinatorMessage

    /// A message with the bookkeeping of its link.
    public init(worker: WorkerID?, sequence: UInt64, acknowledged: UInt64, _ message: CoordinatorMessage) {
        self.worker = worker
        self.sequence = sequence
        self.acknowledged = acknowledged
        self.message = message
    }
}

/// What the coordinator tells an agent.
public enum CoordinatorMessage: Hashable, Sendable {
    /// Answers `hello`. Unnumbered.
    case describe(RunDescription)
    /// Does not admit the agent. Unnumbered.
    case refuse(Refusal)
    /// Admits the agent under the worker ID of the envelope. Unnumbered, repeated when the registration is repeated.
    case welcome(Welcome)
    /// Answers a heartbeat. Unnumbered.
    case heartbeat
    /// Does not know this worker ID (any more). Unnumbered.
    case registerAgain
    /// Compute these tasks.
    case lease(Lease)
    /// Give back what has not been started of a lease.
    case retract(LeaseID)
    /// Send a piece of a shard or a checkpoint. Unnumbered, repeated while the piece does not come.
    case sendChunk(Digest, offset: Int, count: Int)
    /// A shard or a checkpoint is settled: the agent can delete its file.
    case settled(Digest, ShardOutcome)
    /// A piece of a checkpoint that was asked for. Unnumbered.
    case checkpointChunk(ShardChunk)
    /// A checkpoint that was asked for is not there (any more): the task starts afresh. Unnumbered.
    case checkpointGone(Digest)
    /// Nothing is left to lease: close the open shard as soon as nothing is being computed.
    case flush
    /// The operator wants this worker to drain.
    case drain
    /// The operator gave these tasks up: stop computing them; nothing is reported of them any more.
    case cancel([Range<Int>])
    /// The run is complete or was stopped: leave.
    case finish
    /// Close shards at so many times the usual size and age: the run has many already.
    case shardTarget(factor: Int)
}

/// What a run is, for an agent that has to prepare itself for it.
public struct RunDescription: Hashable, Sendable {
    /// The name of the experiment.
    public var experiment: String
    /// The version of the experiment.
    public var version: Int
    /// The digest that names the run (its design hash).
    public var run: Digest
    /// The contents of `run.json`.
    public var document: [UInt8]
    /// The expected digest of the probe task's result; nil where the run has no probe.
    public var probe: Digest?

    /// The run named by the digest `run`.
    public init(experiment: String, version: Int, run: Digest, document: [UInt8], probe: Digest?) {
        self.experiment = experiment
        self.version = version
        self.run = run
        self.document = document
        self.probe = probe
    }
}

/// Why an agent is not admitted.
public struct Refusal: Hashable, Sendable {
    /// The kind of refusal.
    public enum Reason: UInt8, Hashable, Sendable, CaseIterable {
        /// The protocol versions differ.
        case protocolVersion = 1
        /// The agent computes another experiment, or another version of it.
        case experiment = 2
        /// The agent was prepared for another run.
        case run = 3
        /// The worker's result of the probe task differs.
        case probe = 4
        /// The registration has no slot or more than `Policy.slotLimit`.
        case slots = 5
        /// The run is complete or was stopped.
        case finished = 6
        /// The key that the agent connected with may not do this.
        case key = 7
        /// Too many tasks failed on the worker's host that succeeded elsewhere.
        case host = 8
    }

    /// The kind of refusal.
    public var reason: Reason
    /// What differs, both sides named, and what to do.
    public var message: String

    /// A refusal for `reason`, explained in `message`.
    public init(_ reason: Reason, _ message: String) {
        self.reason = reason
        self.message = message
    }
}

/// What an admitted agent needs to know.
public struct Welcome: Hashable, Sendable {
    /// How often the agent must be heard.
    public var heartbeatInterval: Duration
    /// After so many silent intervals either side believes the other one gone.
    public var liveness: Int
    /// What the agent continues with; everything else that it had not finished was given to others.
    public var adopted: [Lease]

    /// The terms of a registration.
    public init(heartbeatInterval: Duration, liveness: Int, adopted: [Lease]) {
        self.heartbeatInterval = heartbeatInterval
        self.liveness = liveness
        self.adopted = adopted
    }
}

/// What became of a shard.
public enum ShardOutcome: Hashable, Sendable {
    /// Its results are durable.
    case committed
    /// All its results were durable before.
    case superseded
    /// It was refused; its tasks are computed again.
    case refused(reason: String)
}
