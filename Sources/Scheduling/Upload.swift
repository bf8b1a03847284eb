internal import SweepGrid

/// A shard or a checkpoint on its way from a worker: fetched chunk by chunk, then committed or stored.
struct Upload: Sendable {
    /// What is fetched.
    enum Content: Hashable, Sendable {
        case shard(ShardAnnouncement)
        case checkpoint(Checkpoint)
    }

    /// Where a chunk is.
    enum Chunk: Hashable, Sendable { case missing, requested(until: Instant), received, written }

    let content: Content
    /// Who sends it, or was the last to announce it.
    var worker: WorkerID
    let chunkSize: Int
    /// The size of the file.
    let byteCount: Int
    private(set) var chunks: [Chunk]
    /// Set when all chunks of a shard are written.
    var commit: CommitSequence?
    /// When fetching goes on after the disk failed.
    var pausedUntil: Instant?
    /// Bytes that were asked for and are not written.
    private(set) var pendingBytes = 0
    /// How often in a row chunks were overdue.
    private(set) var overdueRounds = 0
    private var missing: Int
    private var unwritten: Int

    init(_ content: Content, from worker: WorkerID, chunkSize: Int) {
        self.content = content
        self.worker = worker
        self.chunkSize = chunkSize
        byteCount =
            switch content {
            case .shard(let announcement): announcement.byteCount
            case .checkpoint(let checkpoint): checkpoint.byteCount
            }
        let count = (byteCount + chunkSize - 1) / chunkSize
        chunks = Array(repeating: .missing, count: count)
        missing = count
        unwritten = count
    }

    /// The bytes of a chunk: all have `chunkSize` but the last.
    func size(_ chunk: Int) -> Int { min(chunkSize, byteCount - chunk * chunkSize) }

    /// The number of the chunk that begins at `offset`.
    func chunk(at offset: Int) -> Int? {
        offset >= 0 && offset % chunkSize == 0 && offset / chunkSize < chunks.count ? offset / chunkSize : nil
    }

    /// The announced shard; nil for a checkpoint.
    var shard: ShardAnnouncement? { if case .shard(let announcement) = content { announcement } else { nil } }

    /// The announced checkpoint; nil for a shard.
    var checkpoint: Checkpoint? { if case .checkpoint(let checkpoint) = content { checkpoint } else { nil } }

    /// Whether all chunks are written.
    var isComplete: Bool { unwritten == 0 }

    /// The next chunk to ask for.
    func nextMissing() -> Int? { missing == 0 ? nil : chunks.firstIndex(of: .missing) }

    mutating func set(_ chunk: Int, _ state: Chunk) {
        if chunks[chunk] == .missing { missing -= 1 }
        if state == .missing { missing += 1 }
        if state == .written { unwritten -= 1 }
        if isPending(chunks[chunk]) { pendingBytes -= size(chunk) }
        if isPending(state) { pendingBytes += size(chunk) }
        if state == .received { overdueRounds = 0 }
        chunks[chunk] = state
    }

    private func isPending(_ state: Chunk) -> Bool {
        switch state {
        case .missing, .written: false
        case .requested, .received: true
        }
    }

    /// Notes that chunks are overdue; returns how often in a row they were.
    mutating func countOverdue() -> Int {
        overdueRounds += 1
        return overdueRounds
    }

    /// Forgets what was asked for until a moment: its worker does not send.
    mutating func pause(until moment: Instant) {
        pausedUntil = moment
        overdueRounds = 0
        for chunk in chunks.indices { if case .requested = chunks[chunk] { set(chunk, .missing) } }
    }

    /// Asks anew for all chunks that were under way to the disk when it failed; returns their bytes.
    mutating func retry(at moment: Instant) -> Int {
        pausedUntil = moment
        var bytes = 0
        for chunk in chunks.indices where chunks[chunk] == .received {
            set(chunk, .missing)
            bytes += size(chunk)
        }
        return bytes
    }

    /// The chunks whose answers are overdue.
    func overdue(at now: Instant) -> [Int] {
        chunks.indices.filter { if case .requested(let end) = chunks[$0] { end <= now } else { false } }
    }

    /// When something is to be done although nothing happened.
    var nextDeadline: Instant? {
        if isComplete { return commit?.nextDeadline }
        let ends = chunks.lazy.compactMap { if case .requested(let end) = $0 { end } else { nil } }
        return pausedUntil ?? ends.min()
    }
}
