/// How many of the workers that a coordinator started ended at once, in a row and over all of them.
struct ShortLives {
    /// A worker that ends sooner than this after its start counts as one that does not start, and so does one that says
    /// that it failed, however long it took about it: it tried several times before. In nanoseconds, as all times here.
    ///
    /// Doubled: a worker that is killed often is given up sooner. Halved: a worker that dies slowly is restarted for ever.
    private static let shortLife: UInt64 = 2_000_000_000
    /// A worker that ends later than this after its start did start, however it ended: it counts for none before it.
    ///
    /// Doubled or halved: nothing changes as long as it is longer than five attempts to start a slot.
    private static let longLife: UInt64 = 1_200_000_000_000
    /// After so many in a row nobody waits for one that lives.
    private static let limit = 5

    private(set) var count = 0
    /// Those since other workers last computed the run: while they do, it goes on without these.
    private var unservedCount = 0

    /// Whether none is to be started any more.
    var areTooMany: Bool { unservedCount >= Self.limit }

    /// Notes the end of a worker; returns how long to wait before the next start, nil when it did live.
    mutating func note(_ end: ProcessEnd, after life: UInt64, isServed: Bool) -> UInt64? {
        let hasFailed = if case .exit(let code) = end { code != 0 } else { false }
        guard hasFailed && life < Self.longLife || life < Self.shortLife else {
            self = ShortLives()
            return nil
        }
        count += 1
        unservedCount = isServed ? 0 : unservedCount + 1
        return 100_000_000 << UInt64(min(count, 5))
    }
}
