/// The constants of scheduling. Each says what becomes of a run when it is doubled or halved.
public struct Policy: Hashable, Sendable {
    /// The computing time that one lease should take.
    ///
    /// Doubled: half the messages, but twice the work is repeated when a worker is lost. Halved: the reverse; below the
    /// time of a network round trip slots wait for leases.
    public var leaseDuration: Duration = .milliseconds(1_500)

    /// The most tasks in one lease.
    ///
    /// Doubled: larger messages (a run costs at most 24 bytes, so 4 096 runs fit in 96 KiB) and fewer of them for tasks
    /// under a millisecond. Halved: the coordinator spends more time on each tiny task.
    public var leaseTaskLimit = 4_096

    /// The most tasks in the first leases, before any task was measured.
    ///
    /// Doubled: a wrong guess of the cost keeps a slot busy for twice as long. Halved: one more round trip at the
    /// start.
    public var firstLeaseTaskLimit = 64

    /// The leases that a slot may have: one being computed and others that wait.
    ///
    /// Doubled: more work must be retracted at the end of a run. Halved: a slot is idle for a round trip after each
    /// lease.
    public var leasesPerSlot = 2

    /// The share of the remaining work that one lease may take is one part in `tailFactor` times the number of slots.
    ///
    /// Doubled: more and smaller leases at the end of a run. Halved: a slot may be idle for one lease at the end.
    public var tailFactor = 2.0

    /// The least time between two rounds of asking leases back for idle slots.
    ///
    /// Doubled: slots are idle a little longer at the end of a run. Halved: more time is spent looking at leases there.
    public var retractionInterval: Duration = .milliseconds(50)

    /// How often a worker must be heard.
    ///
    /// Doubled: losses are noticed later. Halved: more traffic, and false alarms on hosts that stall.
    public var heartbeatInterval: Duration = .seconds(2)

    /// The silent intervals after which a worker is lost.
    ///
    /// Doubled: the tasks of a lost worker are repeated later. Halved: a short stall repeats work.
    public var liveness = 4

    /// How often and after which pause a task is tried again, by the class of its failure.
    public var retries = Retries()

    /// The failed attempts of all classes together, lost workers apart, after which a task is given up.
    ///
    /// Doubled: a task that fails in ever other ways costs twice as much. Halved: it hides the limits of the classes.
    public var failureLimit = 6

    /// The slots and workers that a task may bring down before it runs alone.
    ///
    /// Doubled: a task that kills costs twice as many slots. Halved: every task that was there by chance runs alone.
    public var isolationLimit = 2

    /// The lost workers that had a task and did not say whether they computed it, after which it is suspected.
    ///
    /// Doubled: a task that kills workers at once takes twice as many along. Halved: more tasks of unstable hosts run alone.
    public var unexplainedLimit = 5

    /// The time for which a failed task waits for another host than those it failed on, while slots of these are idle.
    ///
    /// Doubled: the end of a run waits longer where the other hosts are busy. Halved: a fault of one host is met again
    /// by the retry.
    public var otherHostPatience: Duration = .seconds(60)

    /// The tasks that must fail on a host and then succeed on another one until the host is drained.
    ///
    /// Doubled: a broken host spoils twice as many attempts. Halved: a host is drained for two unlucky tasks.
    public var hostFailureLimit = 4

    /// The time for which a drained host is not admitted.
    ///
    /// Doubled: a repaired host comes back later. Halved: a broken one spoils attempts twice as often.
    public var hostDrainDuration: Duration = .seconds(3_600)

    /// The tasks that may be given up until the run stops; nil for any number.
    ///
    /// Doubled: a run that is wrong as a whole goes on for longer. Halved: a few bad points stop a good run.
    public var failedTaskLimit: Int?

    /// The time that a task has to end by itself after it was told to, before its slot is killed.
    ///
    /// Doubled: slots are blocked longer by tasks that do not listen. Halved: less time to write a last checkpoint.
    public var taskGrace: Duration = .seconds(10)

    /// The time after which a task that reports progress and makes none is hung, where the sweep does not say.
    ///
    /// Doubled: a hung slot is lost for twice as long. Halved: tasks with slow phases between their reports are killed.
    public var progressPatience: Duration = .seconds(1_800)

    /// The most slots that one worker may register.
    ///
    /// Doubled or halved: nothing changes for real hosts; it bounds what an absurd registration can ask for.
    public var slotLimit = 4_096

    /// The bytes of shards that may be asked for and not yet written, over all workers.
    ///
    /// Doubled: more memory at the coordinator. Halved: fast networks are not used fully.
    public var uploadWindow = 32 << 20

    /// The bytes of these that one worker may be asked for.
    ///
    /// Doubled: two workers that do not send hold up all others. Halved: a single fast worker is not used fully.
    public var workerUploadWindow = 8 << 20

    /// How often in a row a worker is asked for the same chunks before it is left alone until `announceInterval` is over.
    ///
    /// Doubled: a worker that does not send holds its part of the window for longer. Halved: a slow disk is asked too seldom.
    public var uploadPatience = 5

    /// The bytes of one chunk of a shard.
    ///
    /// Doubled: heartbeats wait longer behind a chunk. Halved: more messages.
    public var chunkSize = 256 << 10

    /// The largest shard that is accepted, in bytes; nothing larger is read.
    ///
    /// Doubled: one worker may fill more of the coordinator's disk. Halved: workers close shards that are refused.
    public var shardSizeLimit = 64 << 20

    /// The shards of one worker that may be under way; others it announces again later.
    ///
    /// Doubled: more memory at the coordinator. Halved: after an outage small shards are delivered more slowly.
    public var uploadLimit = 256

    /// The messages to one worker that may wait for its acknowledgement before its registration ends.
    ///
    /// Doubled: a worker that never acknowledges costs twice the memory. Halved: one with thousands of slots may be ended
    /// for a short silence.
    public var unacknowledgedLimit = 32_768

    /// The least time between two different registrations of one connection.
    ///
    /// Doubled: a worker that was forgotten at once waits longer. Halved: twice the facts from one that registers in a loop.
    public var registrationInterval: Duration = .seconds(1)

    /// The least time between two checkpoints of a task, and between its start and the first one.
    ///
    /// Doubled: an interrupted task repeats twice the work. Halved: twice the traffic, and slots write twice as much.
    public var checkpointInterval: Duration = .seconds(60)

    /// The largest file of a checkpoint that is accepted, in bytes: a state of 64 MiB and room around it.
    ///
    /// Doubled: more of the coordinator's disk. Halved: tasks with a larger state begin anew when they are interrupted.
    public var checkpointSizeLimit = (64 << 20) + 8_192

    /// The bytes of one checkpoint that may be asked for and not yet written, in either direction.
    ///
    /// Doubled: shards and heartbeats wait longer behind a checkpoint. Halved: fast networks are not used fully.
    public var checkpointWindow = 2 << 20

    /// The time that a leaving worker spends on the checkpoints of its interrupted tasks.
    ///
    /// Doubled: a batch system that allows less may end the worker first. Halved: large checkpoints are lost on slow
    /// networks.
    public var departureGrace: Duration = .seconds(20)

    /// The time after which an unanswered message or chunk is asked for again.
    ///
    /// Doubled: losses are repaired later. Halved: slow networks carry everything twice.
    public var resendDelay: Duration = .seconds(2)

    /// The time that an acknowledgement may wait for a message that carries it along.
    ///
    /// Doubled: both ends keep twice as many messages to repeat. Halved: twice as many messages that only acknowledge.
    public var acknowledgementDelay: Duration = .milliseconds(50)

    /// The pause before a failed disk is tried again.
    ///
    /// Doubled: a run goes on later after space was made. Halved: twice the error messages until then.
    public var storageRetryDelay: Duration = .seconds(5)

    /// The closed shards that a worker may find unreadable in a row before it leaves: its disk is broken.
    ///
    /// Doubled: a broken host computes twice as much for nothing. Halved: a few files that somebody deleted end a worker.
    public var unreadableShardLimit = 5

    /// The age at which a worker closes its open shard.
    ///
    /// Doubled: twice the work is repeated when a worker is lost. Halved: twice the shards.
    public var shardDuration: Duration = .seconds(60)

    /// The bytes at which a worker closes its open shard.
    ///
    /// Doubled: more memory at the worker and fewer shards. Halved: the reverse.
    public var shardBytes = 8 << 20

    /// The tasks at which a worker closes its open shard.
    ///
    /// Doubled: fewer shards of tiny tasks, and more of them are repeated when a worker is lost. Halved: the reverse.
    public var shardTasks = 65_536

    /// The bytes at which a worker closes its open shard, however many shards there are.
    ///
    /// Doubled: files come near the largest that is read. Halved: runs with large results have more shards.
    public var shardByteLimit = 32 << 20

    /// The tasks at which a worker closes its open shard, however many shards there are.
    ///
    /// Doubled or halved: the same as for `shardByteLimit`, for tiny tasks.
    public var shardTaskLimit = 1 << 19

    /// The shards after which the next ones become twice as large and as old, and again after as many more.
    ///
    /// Doubled: long runs have twice the shards. Halved: half the shards, and more work is repeated when a worker is lost
    /// late in a long run.
    public var shardsPerDoubling = 1_000

    /// The largest factor by which shards grow.
    ///
    /// Doubled: at most two hours of work are repeated when a worker is lost in the longest runs. Halved: half an hour, and
    /// runs of a thousand worker-hours have over 10 000 shards.
    public var shardFactorLimit = 64

    /// The loose shards beyond which they are compacted into larger ones.
    ///
    /// Doubled: more files lie in a directory and each merge opens more. Halved: results are copied more often.
    public var looseShardLimit = 1_000

    /// The longest time between the end of a task and its report to the coordinator, while its lease goes on.
    ///
    /// Doubled: progress is shown later. Halved: more messages for long leases.
    public var reportInterval: Duration = .milliseconds(500)

    /// The time after which a shard that is not settled is announced again.
    ///
    /// Doubled: a shard that the coordinator forgot is delivered later. Halved: more messages while the disk is slow.
    public var announceInterval: Duration = .seconds(30)

    /// The pause before a registration is repeated the first time; it doubles up to `registrationDelayLimit`.
    ///
    /// Doubled: a lost registration costs more time. Halved: a busy coordinator is asked again before it could answer.
    public var registrationDelay: Duration = .milliseconds(500)

    /// The longest pause between two attempts to register; each is stretched by up to as much again by chance.
    ///
    /// Doubled: workers come back later after a long outage. Halved: a thousand workers ask twice as often meanwhile.
    public var registrationDelayLimit: Duration = .seconds(10)

    /// The time that a batch of tasks should keep a slot busy; what is not in a batch can be retracted.
    ///
    /// Doubled: more work stays with a slow slot at the end of a run. Halved: more messages between agent and slot.
    public var batchDuration: Duration = .milliseconds(100)

    /// The most tasks in a batch.
    ///
    /// Doubled: longer messages to slots. Halved: slots with tasks of a microsecond wait for the agent more often.
    public var batchLimit = 1_024

    /// The time that a slot process may take to get ready.
    ///
    /// Doubled: a slot that hangs at its start is noticed later. Halved: slow file systems at the start of a large job
    /// end slots that were about to be ready.
    public var slotStartDuration: Duration = .seconds(120)

    /// The time that a cancelled task may take to end by itself before its slot is killed.
    ///
    /// Doubled: a task that does not look at `isStopping` keeps its slot for twice as long. Halved: tasks that tidy up
    /// are killed while they do.
    public var cancelGrace: Duration = .seconds(5)

    /// The times in a row that a slot may die before it begins a task until the agent gives up.
    ///
    /// Doubled: a broken installation is noticed later. Halved: two unlucky starts end a worker.
    public var slotStartLimit = 5

    /// The constants as they stand above.
    public init() {}

    /// By how much shards should be larger than at first when there are so many already.
    func shardFactor(afterShards count: Int) -> Int {
        let doublings = min(count / max(1, shardsPerDoubling), 30)
        return max(1, min(1 << doublings, shardFactorLimit))
    }

    /// The silence after which a peer is believed gone.
    public var silenceLimit: Duration { heartbeatInterval * max(1, liveness) }
}
