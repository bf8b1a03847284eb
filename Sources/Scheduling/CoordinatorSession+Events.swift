public import SweepGrid

extension CoordinatorSession {
    /// What the coordinator's shell reports.
    public enum Event: Hashable, Sendable {
        /// A decoded message came from a peer, on a connection made with a key; nil where connections need none.
        case received(WorkerEnvelope, from: Route, key: String? = nil)
        /// The transport cannot reach a peer (EHOSTUNREACH): its connection is gone.
        case unreachable(Route)
        /// The journal holds the first `count` facts handed out since this session began.
        case journaled(count: Int)
        /// A piece of a shard is in its temporary file.
        case chunkWritten(Digest, offset: Int)
        /// A step of a commit succeeded or failed.
        case commit(Digest, CommitSequence.Event)
        /// A fetched checkpoint is verified and stored for good under its final name.
        case checkpointStored(Digest)
        /// A fetched checkpoint is damaged, not of its task, or the disk does not take it.
        case checkpointNotStored(Digest, reason: String)
        /// A piece of a stored checkpoint that a worker asked for.
        case checkpointRead(ShardChunk, for: WorkerID)
        /// A stored checkpoint of a task cannot be read; a piece of `count` bytes was asked for.
        case checkpointUnreadable(Digest, task: Int, count: Int, for: WorkerID, reason: String)
        /// An operator wants something of the run.
        case controlled(ControlRequest, from: Route)
        /// A compaction ended.
        case compacted(Compaction)
        /// The operator wants all workers to stop after what they hold is delivered.
        case stop
        /// Nothing but the time.
        case tick
    }

    /// How a compaction ended.
    public enum Compaction: Hashable, Sendable {
        /// A shard is stored under its final name that holds the results of others.
        case stored(Digest, replacing: [Digest])
        /// These fit together with no others.
        case unfit([Digest])
        /// The disk failed; compaction may be tried again.
        case failed(reason: String)
    }

    /// What the coordinator's shell must do, in this order.
    public enum Effect: Hashable, Sendable {
        /// Send now, without blocking; a message that cannot be sent is dropped, the link sends it again.
        case send(CoordinatorEnvelope, to: Route)
        /// Append these facts to the journal; report `.journaled` with the running total when they are durable.
        case journal([Fact])
        /// Write bytes into the temporary file of a shard; report `.chunkWritten`, or `.commit(_, .failed)`.
        case write(ShardChunk)
        /// Do a step of a commit; report `.commit` with its outcome.
        case commit(ShardAnnouncement, CommitSequence.Step)
        /// Delete the temporary file of a shard or a checkpoint that is no longer wanted.
        case discard(Digest)
        /// Verify the temporary file of a checkpoint, synchronise it, and give it its final name; report
        /// `.checkpointStored` or `.checkpointNotStored`.
        case storeCheckpoint(Checkpoint)
        /// Read a piece of a stored checkpoint; report `.checkpointRead` or `.checkpointUnreadable`.
        case readCheckpoint(Checkpoint, offset: Int, count: Int, for: WorkerID)
        /// Delete a stored checkpoint.
        case deleteCheckpoint(Digest)
        /// Answer a request of an operator: all it did is durable.
        case reply(ControlReply, to: Route)
        /// Write the results of these stored shards, or of as many of them as fit, into one, and report `.compacted`.
        case compact([Digest])
        /// Delete stored shards: another one holds their results.
        case removeShards([Digest])
        /// Tell the operator.
        case note(Note)
        /// Every task is settled and every worker has been told; the loop may end once it has sent everything.
        case finished
    }

    /// What an operator may want to read.
    public enum Note: Hashable, Sendable {
        /// A worker was admitted.
        case admitted(WorkerID, host: String, build: Digest, slots: Int)
        /// A worker was refused.
        case refused(host: String, Refusal)
        /// A message under a worker's number came from another key than the one that the worker registered with.
        case foreignKey(WorkerID, key: String?)
        /// A worker is lost.
        case lost(WorkerID)
        /// A worker left.
        case left(WorkerID)
        /// An attempt failed.
        case attemptFailed(AttemptFailure, WorkerID, givenUp: Bool)
        /// A task under suspicion runs alone from now on.
        case isolated(task: Int, reason: String)
        /// A task was given up because it brought down slots or workers.
        case quarantined(explanation: String)
        /// A host is not used for a while.
        case hostDrained(reason: String)
        /// A drained host is used again before its time, because there is no other.
        case hostUsedAgain(host: String)
        /// The run stops by itself.
        case stopped(reason: String)
        /// Two results of one task differ.
        case conflict(task: Int, shard: Digest, WorkerID)
        /// A shard is durable.
        case committed(Digest, WorkerID, tasks: Int)
        /// A shard was refused.
        case shardRefused(Digest, WorkerID, reason: String)
        /// A worker lost the results of so many tasks; they are computed again.
        case resultsLost(WorkerID, tasks: Int, reason: String)
        /// A checkpoint of a task is durable.
        case checkpointStored(Checkpoint, WorkerID)
        /// A checkpoint of a task cannot be used, and why; the task goes on from an earlier one or begins anew.
        case checkpointRefused(task: Int, reason: String)
        /// The disk takes nothing more; commits wait.
        case storageFailing(reason: String)
        /// An operator cancelled tasks, or had them tried again.
        case steered(ControlOrigin, cancelled: Int, retried: Int)
        /// A worker takes no more work.
        case drained(WorkerID)
        /// An event was dropped.
        case dropped(Scheduler.Drop)
    }
}
