/// How long a worker may stay, and how long its tasks have when it goes.
public struct WorkerTerms: Hashable, Sendable {
    /// The time after which the worker is gone, counted from its start; nil for none.
    ///
    /// It leaves `grace` before: for a host that a batch system takes back.
    public var timeLimit: Duration?

    /// The time without anything to compute after which the worker leaves; nil for none.
    public var idleTimeout: Duration?

    /// The time between the announcement of an end that does not wait (a signal, the time limit) and that end.
    ///
    /// Running tasks are told at once; what runs after half of it is given back and its slot killed, the other half is for
    /// delivering results. Doubled: more tasks end by themselves, and a batch system may kill the worker before it has
    /// delivered. Halved: the reverse.
    public var grace: Duration = .seconds(20)

    /// A worker that stays as long as it is needed.
    public init() {}
}
