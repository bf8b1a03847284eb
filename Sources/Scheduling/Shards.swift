internal import OrderedCollections
internal import SweepGrid

/// The results that an agent holds: one open shard, shards being closed, and closed ones until they are settled.
struct Shards: Sendable {
    /// The tasks of one shard.
    struct Contents: Hashable, Sendable {
        var runs: [TaskRun] = []
        var tasks: [Range<Int>] = []
    }

    /// A closed shard.
    struct Closed: Hashable, Sendable {
        let announcement: ShardAnnouncement
        let runs: [TaskRun]
        var isAnnounced = false
    }

    private let policy: Policy
    /// By how much shards are larger and older than usual when they are closed.
    var factor = 1
    /// The number of the open shard.
    private(set) var openNumber = 1
    private var openTasks = TaskSet()
    private var openRuns: [TaskRun] = []
    private var openBytes = 0
    private var openSince: Instant?
    private var closing: OrderedDictionary<Int, Contents> = [:]
    /// The shards being closed that the disk did not take, and when that is tried again.
    private(set) var unwritten: OrderedSet<Int> = []
    private(set) var writeAgainAt: Instant?
    private var closed: OrderedDictionary<Digest, Closed> = [:]
    /// Held tasks that were leased to the agent once more, under their later attempt numbers.
    private var renumbered: [TaskRun] = []
    /// All tasks whose results are held.
    private(set) var heldTasks = TaskSet()
    /// When unsettled shards are announced again.
    private(set) var announceAt: Instant?

    init(policy: Policy) { self.policy = policy }

    /// Whether nothing is held.
    var isEmpty: Bool { heldTasks.isEmpty && closing.isEmpty && closed.isEmpty }

    /// Everything that is held, with attempt numbers.
    var held: [TaskRun] {
        closed.values.flatMap(\.runs) + closing.values.flatMap(\.runs) + openRuns + renumbered
    }

    /// Puts a result into the open shard; false when a result of the task is held already.
    mutating func keep(_ run: TaskRun, _ byteCount: Int, at now: Instant) -> Bool {
        guard heldTasks.insert(run.tasks) > 0 else { return false }
        openTasks.insert(run.tasks)
        openBytes += max(0, min(byteCount, policy.shardBytes))
        openSince = openSince ?? now
        if let last = openRuns.last, last.attempt == run.attempt, last.tasks.upperBound == run.tasks.lowerBound {
            openRuns[openRuns.count - 1] = TaskRun(
                last.tasks.lowerBound..<run.tasks.upperBound, attempt: run.attempt)
        } else {
            openRuns.append(run)
        }
        return true
    }

    /// Notes a later attempt number of held tasks.
    mutating func renumber(_ run: TaskRun) { renumbered.append(run) }

    /// Whether the disk takes nothing; results wait in memory.
    var isStuck: Bool { !unwritten.isEmpty }

    /// When the open shard is old enough to be closed; nil while there is none, or the disk takes nothing.
    var closeAt: Instant? { isStuck ? nil : openSince.map { $0 + policy.shardDuration * factor } }

    /// Whether the open shard should be closed now; `isIdle` says that nothing more will come for a while.
    func shouldClose(at now: Instant, isIdle: Bool) -> Bool {
        guard let closeAt else { return false }
        return isIdle || closeAt <= now || openBytes >= min(policy.shardBytes * factor, policy.shardByteLimit)
            || openTasks.count >= min(policy.shardTasks * factor, policy.shardTaskLimit)
    }

    /// Begins to close the open shard; returns its number. Later results go into another one.
    mutating func close() -> Int {
        closing[openNumber] = Contents(runs: openRuns, tasks: openTasks.ranges)
        openTasks = TaskSet()
        openRuns = []
        openBytes = 0
        openSince = nil
        openNumber += 1
        return openNumber - 1
    }

    /// A shard is closed and has its digest; to be announced.
    mutating func closed(_ number: Int, _ digest: Digest, _ byteCount: Int) {
        guard let contents = closing.removeValue(forKey: number) else { return }
        unwritten.remove(number)
        if unwritten.isEmpty { writeAgainAt = nil }
        let announcement = ShardAnnouncement(digest: digest, byteCount: byteCount, tasks: contents.tasks)
        closed[digest] = Closed(announcement: announcement, runs: contents.runs)
    }

    /// The disk did not take a shard: it is tried again after a while. False when there is no such shard.
    mutating func wait(for number: Int, until moment: Instant) -> Bool {
        guard closing[number] != nil else { return false }
        unwritten.append(number)
        writeAgainAt = moment
        return true
    }

    /// The shards that are to be written again now.
    mutating func toWriteAgain(at now: Instant) -> [Int] {
        guard let moment = writeAgainAt, moment <= now else { return [] }
        writeAgainAt = nil
        return Array(unwritten)
    }

    /// Whether a shard is closed and not settled.
    func isClosed(_ digest: Digest) -> Bool { closed[digest] != nil }

    /// Announces all unsettled shards again: the coordinator may have forgotten them.
    mutating func announceAgain() {
        for digest in closed.keys { closed[digest]?.isAnnounced = false }
    }

    /// The shards to announce now.
    mutating func toAnnounce(at now: Instant) -> [ShardAnnouncement] {
        if let moment = announceAt, moment <= now { announceAgain() }
        let new = closed.values.filter { !$0.isAnnounced }.map(\.announcement)
        for announcement in new { closed[announcement.digest]?.isAnnounced = true }
        if !new.isEmpty { announceAt = now + policy.announceInterval }
        if closed.isEmpty { announceAt = nil }
        return new
    }

    /// Forgets a settled or unreadable shard; returns its tasks.
    mutating func remove(_ digest: Digest) -> [Range<Int>]? {
        guard let shard = closed.removeValue(forKey: digest) else { return nil }
        forget(shard.announcement.tasks)
        return shard.announcement.tasks
    }

    /// Forgets the shards that the disk did not take; returns their tasks.
    mutating func removeUnwritten() -> [Range<Int>] {
        let tasks = unwritten.flatMap { closing.removeValue(forKey: $0)?.tasks ?? [] }
        unwritten = []
        writeAgainAt = nil
        forget(tasks)
        return tasks
    }

    private mutating func forget(_ tasks: [Range<Int>]) {
        for range in tasks { heldTasks.remove(range) }
        let held = heldTasks
        renumbered.removeAll { held.intersection($0.tasks).isEmpty }
    }
}
