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

    /// The last lines, each after a line break: as many of the newest as fit into so many bytes.
    func lastWords(within limit: Int = AttemptFailure.logLimit) -> String {
        var room = limit
        let fitting = lastLines.reversed().prefix { line in
            room -= line.utf8.count + 1
            return room >= 0
        }
        return fitting.reversed().map { "\n" + $0 }.joined()
    }
}
