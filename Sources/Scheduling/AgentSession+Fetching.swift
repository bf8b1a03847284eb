internal import OrderedCollections
internal import SweepGrid

/// The checkpoint of an earlier attempt on its way to a slot.
struct CheckpointFetch: Sendable {
    enum State: Hashable, Sendable {
        /// Waits for another one to be fetched.
        case waiting
        /// So many bytes were asked for in order; those of the chunks under way are asked for again at a moment.
        case fetching(requested: Int, underWay: [Int: Instant])
        /// All bytes are in the file, which is being verified.
        case verifying
        /// The file is sound; the next slot that is given the task goes on from it.
        case ready
    }

    let checkpoint: Checkpoint
    let lease: LeaseID
    var state = State.waiting

    var isReady: Bool { state == .ready }

    /// When a chunk is asked for again.
    var nextDeadline: Instant? {
        if case .fetching(_, let underWay) = state { underWay.values.min() } else { nil }
    }
}

extension AgentSession {
    /// Begins to fetch the checkpoints of a lease; their tasks wait for them.
    mutating func fetch(_ checkpoints: [Checkpoint], for lease: LeaseID) {
        for checkpoint in checkpoints {
            let task = checkpoint.task
            guard (1...policy.checkpointSizeLimit).contains(checkpoint.byteCount) else { continue }
            guard let run = leases[lease]?.pending.remove(task) else { continue }
            forgetFetched(task)
            fetches[task] = CheckpointFetch(checkpoint: checkpoint, lease: lease)
            leases[lease]?.fetching[task] = run
        }
    }

    /// Asks for chunks of one checkpoint at a time, within its window, and again for those that are overdue.
    mutating func fetchCheckpoints() {
        guard case .member = phase, let (task, fetch) = fetches.first(where: { !$0.value.isReady }) else { return }
        var requested = 0
        var underWay: [Int: Instant] = [:]
        switch fetch.state {
        case .waiting: break
        case .fetching(let bytes, let chunks): (requested, underWay) = (bytes, chunks)
        case .verifying, .ready: return
        }
        for offset in underWay.keys.sorted() where underWay[offset].map({ $0 <= now }) == true {
            underWay[offset] = now + policy.resendDelay
            request(offset, of: fetch.checkpoint)
        }
        while requested < fetch.checkpoint.byteCount,
            underWay.count < max(1, policy.checkpointWindow / policy.chunkSize)
        {
            underWay[requested] = now + policy.resendDelay
            request(requested, of: fetch.checkpoint)
            requested += size(requested, of: fetch.checkpoint)
        }
        fetches[task]?.state = .fetching(requested: requested, underWay: underWay)
    }

    private func size(_ offset: Int, of checkpoint: Checkpoint) -> Int {
        min(policy.chunkSize, checkpoint.byteCount - offset)
    }

    private mutating func request(_ offset: Int, of checkpoint: Checkpoint) {
        let count = size(offset, of: checkpoint)
        send(.fetchCheckpoint(checkpoint.digest, task: checkpoint.task, offset: offset, count: count))
    }

    /// Takes a chunk that was asked for; anything else is ignored.
    mutating func received(_ chunk: ShardChunk) {
        guard let task = task(waitingFor: chunk.digest), let checkpoint = fetches[task]?.checkpoint,
            case .fetching(let requested, var underWay) = fetches[task]?.state,
            underWay.removeValue(forKey: chunk.offset) != nil
        else { return }
        guard chunk.bytes.count == size(chunk.offset, of: checkpoint) else { return }
        effects.append(.writeCheckpoint(chunk))
        if requested == checkpoint.byteCount, underWay.isEmpty {
            fetches[task]?.state = .verifying
            effects.append(.verifyCheckpoint(checkpoint))
        } else {
            fetches[task]?.state = .fetching(requested: requested, underWay: underWay)
        }
    }

    /// A checkpoint is here and sound: its task can be computed.
    mutating func fetched(_ digest: Digest) {
        guard let task = task(waitingFor: digest), fetches[task]?.state == .verifying else { return }
        fetches[task]?.state = .ready
        release(task)
    }

    /// The coordinator does not have a checkpoint any more: its task begins anew.
    mutating func checkpointGone(_ digest: Digest) {
        guard let task = task(waitingFor: digest) else { return }
        effects.append(.note("the checkpoint of task \(task) is gone; the task begins anew"))
        release(task)
        forgetFetched(task)
    }

    /// A checkpoint cannot be used: its task begins anew, and the coordinator is told if the bytes are to blame.
    mutating func unusable(_ digest: Digest, isDamaged: Bool, _ reason: String) {
        guard let task = task(waitingFor: digest) else { return }
        effects.append(.note("the checkpoint of task \(task) is not used, the task begins anew: \(reason)"))
        if isDamaged { sendNumbered(.withdrawCheckpoint(digest, task: task, isDamaged: true)) }
        release(task)
        forgetFetched(task)
    }

    private func task(waitingFor digest: Digest) -> Int? {
        fetches.first { $0.value.checkpoint.digest == digest && !$0.value.isReady }?.key
    }

    /// Lets a task that waited for its checkpoint be computed next.
    private mutating func release(_ task: Int) {
        guard let lease = fetches[task]?.lease, let run = leases[lease]?.fetching.removeValue(forKey: task) else {
            return
        }
        leases[lease]?.pending.putBack(run)
    }

    /// A task needs no fetched checkpoint any more.
    mutating func forgetFetched(_ task: Int) {
        guard let fetch = fetches.removeValue(forKey: task) else { return }
        if fetch.state != .waiting { effects.append(.deleteFetchedCheckpoint(fetch.checkpoint.digest)) }
    }
}
