import Scheduling
internal import SwiftProtobuf

/// The constants of the wire: version frame and limits. docs/protocol.md lists them.
public enum WireFormat {
    /// The version of the protocol that this program speaks.
    public static var version: Int { protocolVersion }

    /// The most bytes of a message to a worker: the largest `run.json` (64 MiB) and room around it.
    public static let coordinatorMessageLimit = (64 << 20) + 4096

    /// The most bytes of a message from a worker: a chunk of a shard, or a registration with very many held tasks.
    public static let workerMessageLimit = 4 << 20

    /// The most bytes of a text (a host name, an error); what is longer is cut.
    public static let textLimit = 4096

    /// The task numbers that a run can have.
    static let taskLimit: UInt64 = 1 << 31

    private static let magic = Array("PHMP".utf8)

    /// The first part of every message: magic and version. Its layout is the same in every version for ever.
    static let versionFrame = magic + [UInt8(truncatingIfNeeded: version >> 8), UInt8(truncatingIfNeeded: version)]

    /// Checks the parts of a received message and gives its body.
    static func body(of parts: ArraySlice<[UInt8]>, limit: Int) throws(WireError) -> [UInt8] {
        guard let frame = parts.first, frame.count == 6, frame.starts(with: magic) else {
            if parts.count != 2 { throw .parts(parts.count) }
            throw .notOurs
        }
        let theirs = Int(frame[4]) << 8 | Int(frame[5])
        guard theirs == version else { throw .version(theirs) }
        guard parts.count == 2 else { throw .parts(parts.count) }
        let body = parts[parts.startIndex + 1]
        guard body.count <= limit else { throw .size(body.count, limit: limit) }
        return body
    }

    static func parse<M: SwiftProtobuf.Message>(_ body: [UInt8], as type: M.Type) throws(WireError) -> M {
        var options = BinaryDecodingOptions()
        options.messageDepthLimit = 8
        options.discardUnknownFields = true
        do {
            return try M(serializedBytes: body, options: options)
        } catch {
            throw .damaged
        }
    }

    static func parts(_ message: some SwiftProtobuf.Message) -> [[UInt8]] {
        // Serializing fails only for messages above 2 GiB, which the limits of every sender exclude; an empty body is
        // refused by the receiver as unknown.
        [versionFrame, (try? message.serializedBytes()) ?? []]
    }

    /// The text, cut to so many bytes.
    static func cut(_ text: String, to limit: Int = textLimit) -> String {
        guard text.utf8.count > limit else { return text }
        var end = text.utf8.index(text.startIndex, offsetBy: limit - 3)
        while end.samePosition(in: text.unicodeScalars) == nil { end = text.utf8.index(before: end) }
        return text[..<end] + "..."
    }
}
