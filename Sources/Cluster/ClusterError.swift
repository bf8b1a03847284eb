/// Why a coordinator, a worker or a slot cannot do its work: what happened, to what, why, and what to do next.
public struct ClusterError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The whole sentence.
    public let description: String
    /// Whether the other side refused what was asked: a key, a version, the arithmetic.
    public let isRefusal: Bool
    /// Whether what was asked for cannot be understood: an endpoint or a name of the wrong form.
    public let isUsage: Bool

    /// An error that says `description`.
    public init(_ description: String, isRefusal: Bool = false, isUsage: Bool = false) {
        self.description = description
        self.isRefusal = isRefusal
        self.isUsage = isUsage
    }
}
