/// Why a coordinator, a worker or a slot cannot do its work: what happened, to what, why, and what to do next.
public struct ClusterError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The whole sentence.
    public let description: String

    /// An error that says `description`.
    public init(_ description: String) { self.description = description }
}
