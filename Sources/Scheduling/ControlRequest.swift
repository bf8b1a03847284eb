/// Names one request of an operator, so that one that is repeated is answered again and not done twice.
public struct RequestID: Hashable, Sendable {
    /// Drawn at random by the client.
    public let client: UInt64
    /// Counted by the client from 1.
    public let number: UInt64

    /// The request `number` of a client.
    public init(client: UInt64, number: UInt64) {
        self.client = client
        self.number = number
    }
}

/// Who steered a run, and why, for those who read its history.
public struct ControlOrigin: Hashable, Sendable {
    /// The request.
    public var request: RequestID
    /// Who asked: a user and a host, or the name of a key.
    public var who: String
    /// Why; empty when nothing was said.
    public var reason: String

    /// The request of somebody for a reason.
    public init(_ request: RequestID, who: String, reason: String = "") {
        self.request = request
        self.who = who
        self.reason = reason
    }
}

/// What an operator wants of a run.
public struct ControlRequest: Hashable, Sendable {
    /// What is to be done.
    public enum Order: Hashable, Sendable {
        /// Give tasks up that wait or are being computed; others are left as they are.
        case cancel([Range<Int>])
        /// Try tasks again that were given up or cancelled, and forget the failures of those on their way.
        case retry([Range<Int>])
        /// Give a worker no more work: it finishes what it computes, delivers and leaves.
        case drain(WorkerID)
    }

    /// What is to be done.
    public var order: Order
    /// Who wants it.
    public var origin: ControlOrigin

    /// The order of an operator.
    public init(_ order: Order, _ origin: ControlOrigin) {
        self.order = order
        self.origin = origin
    }
}

/// What became of a request; said only when it is durable.
public struct ControlReply: Hashable, Sendable {
    /// How it ended.
    public enum Outcome: Hashable, Sendable {
        /// It is done, and concerned so many tasks or workers; 0 when there was nothing to do.
        case done(changed: Int)
        /// It cannot be done, and why.
        case refused(reason: String)
        /// The run is complete or its coordinator is ending: the journal takes the request as soon as it is free.
        case ending
    }

    /// The request.
    public var request: RequestID
    /// How it ended.
    public var outcome: Outcome

    /// The end of a request.
    public init(_ request: RequestID, _ outcome: Outcome) {
        self.request = request
        self.outcome = outcome
    }
}
