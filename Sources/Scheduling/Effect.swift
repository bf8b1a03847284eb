public import SweepGrid

extension Scheduler {
    /// What the scheduler asks for. Effects are ordered: a `.journal` precedes every `.send` that depends on it.
    public enum Effect: Hashable, Sendable {
        /// Make these facts durable, in this order, after all earlier ones.
        case journal([Fact])
        /// Tell a worker.
        case send(Order, to: WorkerID)
        /// Nothing to do: the event came too late or concerned nothing known. Not an error; counted for the operator.
        case drop(Drop)
        /// Delete the file of a checkpoint that no fact names any more, once the facts so far are durable.
        case deleteCheckpoint(Digest)
        /// Tell an operator what became of a request.
        case answer(ControlReply)
        /// Every task is committed, given up, cancelled or stopped; said once.
        case complete
    }

    /// What a worker is told by the scheduler.
    public enum Order: Hashable, Sendable {
        /// The leases under which a worker continues what it brought along when it registered.
        case adopt([Lease])
        /// Compute these tasks.
        case lease(Lease)
        /// Give back what has not been started of a lease; to be answered by `returned`, also when it is nothing.
        case retract(LeaseID)
        /// Stop computing these tasks; nothing is reported of them any more.
        case cancel([Range<Int>])
        /// Take no more work, deliver and leave.
        case drain
        /// Nothing is left to lease at present: close the open shard as soon as nothing is being computed.
        case flush
        /// The run is complete: leave.
        case finish
        /// The worker is not known (any more): register anew with everything that is held.
        case registerAgain
    }

    /// Why an event changed nothing.
    public enum Drop: Hashable, Sendable {
        /// The worker was never registered, or it is lost, or it left.
        case unknownWorker(WorkerID)
        /// The report concerns an attempt that is not current at this worker: its lease was lost, returned or replaced.
        case staleAttempt(WorkerID, task: Int)
        /// The lease is not one of this worker's.
        case staleLease(WorkerID, LeaseID)
        /// All results of the shard were committed before, with the same values.
        case duplicateShard(Digest)
        /// The event makes no sense (a task number outside the run, a registration under a used number).
        case malformed(WorkerID)
    }
}
