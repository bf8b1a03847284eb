public import SweepGrid

extension AgentSession {
    /// What the agent's shell reports.
    public enum Event: Hashable, Sendable {
        /// The agent begins; said once.
        case begin
        /// A decoded message came from the coordinator.
        case received(CoordinatorEnvelope)
        /// The environment of the run is ready and the probe task was computed; its tasks have these limits.
        case prepared(probe: Digest?, limits: TaskLimits = TaskLimits())
        /// The host cannot compute this run, and why.
        case cannotPrepare(reason: String)
        /// A slot process said something; reports come in the order in which the slot wrote them.
        case slot(Int, [SlotReport])
        /// A slot process ended; `status` says how ("signal SIGKILL", "exit code 3"). All its reports came before.
        case slotExited(Int, status: String, evidence: SlotEvidence = SlotEvidence())
        /// A slot process was seen with so many bytes of memory of its own.
        case slotMemory(Int, bytes: Int)
        /// The shard with this number is closed, synchronised and named by its digest.
        case shardClosed(Int, Digest, byteCount: Int)
        /// The shard with this number could not be closed; its results are still there, to be tried again.
        case shardFailed(Int, reason: String)
        /// The bytes of a closed shard cannot be read any more.
        case shardUnreadable(Digest, reason: String)
        /// The bytes of a checkpoint that a slot left cannot be read any more.
        case checkpointUnreadable(Digest, reason: String)
        /// A fetched checkpoint is complete, sound and of its task: slots can go on from it.
        case checkpointReady(Digest)
        /// A fetched checkpoint is damaged, or this host cannot keep it.
        case checkpointUnusable(Digest, isDamaged: Bool, reason: String)
        /// The operator wants the worker to stop: running tasks end, then it delivers and leaves. With a grace the host is
        /// about to go: tasks that run when half of it is over are given back.
        case drain(reason: String, within: Duration? = nil)
        /// Nothing but the time.
        case tick
    }

    /// What the agent's shell must do, in this order.
    public enum Effect: Hashable, Sendable {
        /// Send now, without blocking; a message that cannot be sent is dropped, the link sends it again.
        case send(WorkerEnvelope)
        /// Close the socket and open a new one: the old connection is believed dead.
        case reconnect
        /// Get ready for a run (numerics, probe task, slots' environment); report `.prepared` or `.cannotPrepare`.
        case prepare(RunDescription)
        /// Start the process of a slot.
        case startSlot(Int)
        /// Tell a slot.
        case command(Int, SlotCommand)
        /// Kill a slot process that did not stop.
        case killSlot(Int)
        /// Put the result that the slot's report brought into the open shard with this number.
        case keepResult(task: Int, slot: Int, shard: Int)
        /// Close a shard and synchronise it; report `.shardClosed` or `.shardFailed`.
        case closeShard(Int)
        /// Read a piece of a closed shard and send it as `.chunk` in this envelope's place; or report
        /// `.shardUnreadable`.
        case sendChunk(WorkerID, Digest, offset: Int, count: Int, acknowledged: UInt64)
        /// Delete the file of a settled shard.
        case deleteShard(Digest)
        /// Read a piece of a checkpoint that a slot left and send it like a piece of a shard; or report
        /// `.checkpointUnreadable`.
        case sendCheckpointChunk(WorkerID, Digest, offset: Int, count: Int, acknowledged: UInt64)
        /// Delete the file of a checkpoint that a slot left.
        case deleteCheckpoint(Digest)
        /// Write a piece of a fetched checkpoint at its place in a file for slots.
        case writeCheckpoint(ShardChunk)
        /// Verify a fetched checkpoint of which all pieces are written; report `.checkpointReady` or `.checkpointUnusable`.
        case verifyCheckpoint(Checkpoint)
        /// Delete the file of a fetched checkpoint.
        case deleteFetchedCheckpoint(Digest)
        /// Tell the operator.
        case note(String)
        /// Stop all slots, clean up and exit.
        case exit(Exit)
    }

    /// Why an agent ends.
    public enum Exit: Hashable, Sendable {
        /// The run is complete.
        case finished
        /// The agent was drained and everything is delivered.
        case drained
        /// The coordinator does not want this worker.
        case refused(Refusal)
        /// The host cannot compute this run, or the slots do not start.
        case failed(reason: String)
    }
}
