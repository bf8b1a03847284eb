/// One registration of a worker; the coordinator mints a new one whenever a worker registers, also the same worker
/// again.
public struct WorkerID: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The number, counted from 1 over the whole life of a run.
    public let number: UInt32

    /// The worker with a number.
    public init(_ number: UInt32) { self.number = number }

    /// Whether a worker was registered before another.
    public static func < (left: WorkerID, right: WorkerID) -> Bool { left.number < right.number }

    /// The worker as people call it: "worker 3".
    public var description: String { "worker \(number)" }
}

/// One lease, numbered by the coordinator from 1 over the whole life of a run.
public struct LeaseID: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The number.
    public let number: UInt32

    /// The lease with a number.
    public init(_ number: UInt32) { self.number = number }

    /// Whether a lease was granted before another.
    public static func < (left: LeaseID, right: LeaseID) -> Bool { left.number < right.number }

    /// The lease as people call it: "lease 17".
    public var description: String { "lease \(number)" }
}

/// The address under which the transport reaches a peer: the routing frame of a ROUTER socket.
public struct Route: Hashable, Comparable, Sendable {
    /// The bytes of the frame.
    public let bytes: [UInt8]

    /// The peer behind a routing frame.
    public init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The order of the bytes; it means nothing, but is always the same.
    public static func < (left: Route, right: Route) -> Bool { left.bytes.lexicographicallyPrecedes(right.bytes) }
}
