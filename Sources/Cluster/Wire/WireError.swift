/// Why bytes from the network are no message of this protocol.
///
/// Whoever receives such bytes drops them, counts them, and goes on serving.
public enum WireError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The message does not have the two parts of a message: version frame and body.
    case parts(Int)
    /// The first part is not a version frame: the peer is another program.
    case notOurs
    /// The peer speaks another version of the protocol.
    case version(Int)
    /// The body is larger than any message may be.
    case size(Int, limit: Int)
    /// The body cannot be decoded; it is truncated or damaged.
    case damaged
    /// The body holds no message that this version knows.
    case unknownMessage
    /// A field has a value that it may not have.
    case value(field: String)

    /// The sentence that the operator reads.
    public var description: String {
        switch self {
        case .parts(let count): "a message has 2 parts, this one has \(count)"
        case .notOurs: "the peer does not speak the protocol of phasemap"
        case .version(let theirs):
            "the peer speaks version \(theirs) of the protocol, this program version \(WireFormat.version); use the same release of phasemap on all hosts"
        case .size(let count, let limit): "a message of \(count) bytes is above the limit of \(limit)"
        case .damaged: "the message is truncated or damaged"
        case .unknownMessage: "the message is of a kind that this version does not know"
        case .value(let field): "field '\(field)' of the message has an impossible value"
        }
    }
}
