/// The keys of a directory as they were last read, read again when the directory changes.
struct KeyWatch: Sendable {
    /// How often the directory is looked at: the longest time that a revoked key goes on counting.
    ///
    /// Halved: twice the system calls of an idle coordinator (5 a second now). Doubled: revoking takes longer.
    static let interval: Duration = .milliseconds(200)

    /// How long the keys that were read last go on counting while the directory cannot be read.
    ///
    /// Halved: a shorter hiccup of a network file system cuts off all workers. Doubled: removing or opening the whole
    /// directory, which is not the way to revoke, takes longer to act.
    static let grace: Duration = .seconds(10)

    /// The keys that count.
    private(set) var ring: KeyRing
    /// What is wrong with the directory or its files.
    private(set) var problems: [String]

    private let keys: KeyDirectory
    private var stamp: PrivateFile.Stamp?
    private var failingSince: UInt64?

    /// Reads the directory.
    ///
    /// - Throws: `ClusterError` when it is missing or open to others.
    init(_ keys: KeyDirectory) throws(ClusterError) {
        self.keys = keys
        stamp = KeyWatch.settled(try PrivateFile.checkDirectory(keys.path))
        let contents = try keys.contents()
        ring = KeyRing(contents.principals)
        problems = contents.problems
    }

    /// Reads the directory again if it changed since the last time.
    ///
    /// A directory that cannot be trusted or read for longer than `grace` admits nobody until it can be.
    ///
    /// - Parameter now: nanoseconds of a clock that never runs backwards.
    /// - Returns: whether the keys or the problems are others now.
    mutating func refresh(at now: UInt64) -> Bool {
        let old = (ring, problems)
        do throws(ClusterError) {
            // Before the contents: a change between the two is seen the next time.
            let seen = try PrivateFile.checkDirectory(keys.path)
            if stamp == seen { return false }
            let contents = try keys.contents()
            stamp = KeyWatch.settled(seen)
            failingSince = nil
            ring = KeyRing(contents.principals)
            problems = contents.problems
        } catch {
            stamp = nil
            let since = failingSince ?? now
            failingSince = since
            let isOver = Duration.nanoseconds(Int64(clamping: now - since)) >= Self.grace
            if isOver { ring = KeyRing() }
            problems = ["\(error); until then \(isOver ? "nobody is admitted" : "the keys read before count")"]
        }
        return old != (ring, problems)
    }

    /// A stamp that a later change is sure to alter; nil while the clock of the file system may not have moved on.
    private static func settled(_ stamp: PrivateFile.Stamp) -> PrivateFile.Stamp? {
        abs(Clock.wallSeconds() - Double(stamp.seconds)) > 2 ? stamp : nil
    }
}
