public import Scheduling

/// How a worker works.
public struct AgentOptions: Sendable {
    /// Where the coordinator listens, such as `tcp://node1:7101`.
    public var endpoint: String
    /// How many tasks are computed at a time: one child process each.
    public var slots: Int
    /// The directory in which the private directory of shards is made; a disk of this host.
    public var temporaryDirectory: String
    /// The key that the worker connects with; nil for an unencrypted connection.
    package var key: ClientKey?
    /// What a slot process is.
    public var program: SlotProgram
    /// Whether the worker ends with the process that started it, as the workers of `phasemap run` do.
    public var endsWithParent = false
    /// Whether the process is there for the worker alone, as that of `phasemap worker` is.
    ///
    /// Then it becomes the parent of what tasks leave behind when their slots die, and ends every child that it did not have
    /// before. A program that runs a worker among other things keeps its children, and adopts nobody's.
    public var ownsProcess = false
    /// How long the worker looks for a coordinator that does not answer, with results in its hands or without.
    ///
    /// Doubled: a worker that nobody needs stays twice as long. Halved: a coordinator has half the time to be restarted
    /// before results are lost.
    public var patience: Duration = .seconds(3600)
    /// How long a worker that was told to stop waits for a coordinator that does not answer, before it leaves its results in
    /// a directory beside its private one and ends.
    ///
    /// Doubled: a coordinator has twice the time to come back. Halved: batch systems that kill after a grace find fewer
    /// workers that still wait.
    public var drainLimit: Duration = .seconds(600)
    /// How long the worker stays, and how long its tasks have when it goes.
    public var terms = WorkerTerms()
    /// The directory for what slots print; nil for the private directory, which goes with the worker.
    public var logDirectory: String?
    /// The name of the host, for people and to tell hosts apart on which tasks fail.
    public var host = hostName()
    /// The constants of scheduling.
    public var policy = Policy()
    /// Takes what the operator may want to read, a line each.
    public var log: @Sendable (String) -> Void = { _ in }

    /// A worker for the coordinator at `endpoint`; the private directory stands in TMPDIR or /tmp.
    public init(endpoint: String, slots: Int = 1, temporaryDirectory: String? = nil, program: SlotProgram? = nil) {
        self.endpoint = endpoint
        self.slots = slots
        self.temporaryDirectory = temporaryDirectory ?? defaultTemporaryDirectory()
        self.program = program ?? .current
    }
}

/// How a worker ended.
public enum AgentOutcome: Hashable, Sendable {
    /// The run is complete.
    case finished
    /// The worker was asked to stop and delivered everything before.
    case drained
    /// The coordinator did not admit the worker, and why.
    case refused(String)
    /// This host cannot compute the run, and why.
    case failed(String)
}
