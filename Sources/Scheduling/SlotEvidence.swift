/// What is known of a slot process that ended, beside how.
public struct SlotEvidence: Hashable, Sendable {
    /// Why the process seems to have been killed because memory ran out; nil when it does not.
    public var outOfMemory: String?
    /// The last lines that the process printed, at most fifty.
    public var lastLines: [String]

    /// Evidence; by default none.
    public init(outOfMemory: String? = nil, lastLines: [String] = []) {
        self.outOfMemory = outOfMemory
        self.lastLines = lastLines
    }

    /// What a message has room for beside its first line.
    private static let wordLimit = 3_500

    /// The last lines, each after a line break: as many of the newest as fit into the message of a failure.
    var lastWords: String {
        var room = Self.wordLimit
        let fitting = lastLines.reversed().prefix { line in
            room -= line.utf8.count + 1
            return room >= 0
        }
        return fitting.reversed().map { "\n" + $0 }.joined()
    }
}
