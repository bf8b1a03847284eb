/// What a running task may ask of the process it runs in.
public protocol TaskHost: Sendable {
    /// Takes a fraction of the task that is done, in 0...1.
    func report(progress: Double)
    /// Whether a checkpoint would be taken now; asked before its bytes are made.
    var wantsCheckpoint: Bool { get }
    /// Takes the whole state of the task, to go on from after an interruption.
    func checkpoint(_ bytes: [UInt8])
    /// The state that an earlier attempt left, if any.
    var restored: [UInt8]? { get }
    /// Takes an artefact: `values` in row-major order of `shape`.
    func keep(_ name: String, _ values: [Double], shape: [Int])
    /// The time left until the task's limit; nil without one.
    var remainingTime: Duration? { get }
    /// Whether the task should end early, by throwing `Interrupted`.
    var isStopping: Bool { get }
}

extension TaskHost {
    /// Every checkpoint is wanted.
    public var wantsCheckpoint: Bool { true }
}

/// What an experiment is given besides its parameters: random streams and the ear of its host.
public struct Context: Sendable {
    private let streams: StreamSource
    private let host: (any TaskHost)?

    /// Creates the context of a task; without a host, reports and checkpoints go nowhere.
    public init(streams: StreamSource, host: (any TaskHost)? = nil) {
        self.streams = streams
        self.host = host
    }

    /// The random stream of that name: the same for the same task, whatever ran before it.
    public func stream(_ name: String) -> RandomStream { streams.stream(name) }

    /// Tells that a fraction in 0...1 of the task is done.
    public func report(progress: Double) { host?.report(progress: progress) }

    /// Offers the whole state of the task, stream positions included, to go on from after an interruption.
    ///
    /// Offer it as often as is convenient: the bytes are made only when a checkpoint is due, at most once a minute and once
    /// more when the task is asked to stop. Making them must not change the arithmetic. More than 64 MiB are not kept.
    public func checkpoint(_ bytes: @autoclosure () throws -> [UInt8]) rethrows {
        guard let host, host.wantsCheckpoint else { return }
        host.checkpoint(try bytes())
    }

    /// The checkpoint that an earlier attempt left, perhaps on another host; nil when the task starts afresh.
    ///
    /// It is one that this version of the experiment took of this very task. The result must be the same, bit for bit, as
    /// that of a task which was never interrupted.
    public var restored: [UInt8]? { host?.restored }

    /// Keeps an artefact (weights, samples): `values` in row-major order of `shape`.
    public func keep(_ name: String, _ values: [Double], shape: [Int]) { host?.keep(name, values, shape: shape) }

    /// The time left until the task's limit; nil without one.
    public var remainingTime: Duration? { host?.remainingTime }

    /// Whether the task should end early, because its worker stops: take a checkpoint and throw `Interrupted`.
    ///
    /// A task that does so is computed by another worker, from that checkpoint on, and counts as no failure. One that does
    /// not look is waited for as long as its worker can wait. Reading costs some nanoseconds.
    public var isStopping: Bool { host?.isStopping ?? false }
}

/// Where the random streams of one task come from.
public struct StreamSource: Sendable {
    private let make: @Sendable (String) -> RandomStream

    /// Creates a source from a function of the stream's name.
    public init(_ make: @escaping @Sendable (String) -> RandomStream) { self.make = make }

    /// The stream of that name.
    public func stream(_ name: String) -> RandomStream { make(name) }
}

/// Thrown by an experiment that ends early because `Context.isStopping` says so; the task goes to another worker.
///
/// It is no failure, however often it happens. Thrown without being asked, it is an error like any other.
public struct Interrupted: Error, CustomStringConvertible {
    /// What happened, in words.
    public var description: String { "the task was interrupted" }

    /// Creates the error.
    public init() {}
}

/// Thrown by an experiment whose training diverged; the task's status becomes `diverged`, not `failed`.
public struct Diverged: Error, CustomStringConvertible {
    /// What diverged, in words.
    public let description: String

    /// Creates the error.
    public init(_ description: String) { self.description = description }
}
