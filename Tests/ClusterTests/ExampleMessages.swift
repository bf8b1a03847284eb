import Scheduling
import SweepGrid

@testable import Cluster

/// One message of every kind, named as in the golden of the frames.
enum ExampleMessages {
    static let digest = SHA256.hash(Array("phasemap".utf8))

    static let worker: [(String, WorkerFrame)] =
        [("status", .status)]
        + [
            ("hello", .hello(Hello(protocolVersion: 1, host: "node-7", build: digest))),
            (
                "register",
                .register(
                    Registration(
                        protocolVersion: 1, experiment: "noop", version: 3, run: digest, probe: nil, slots: 2,
                        host: "node-7", build: digest))
            ),
            (
                "register again",
                .register(
                    Registration(
                        protocolVersion: 1, experiment: "noop", version: 3, run: digest, probe: digest, slots: 2,
                        host: "node-7", build: digest, replacing: WorkerID(4),
                        unfinished: [TaskRun(10..<20, attempt: 2)],
                        held: [TaskRun(0..<10, attempt: 1), TaskRun(30..<31, attempt: 5)]))
            ),
            ("heartbeat", .heartbeat(running: [12, 400_000])),
            (
                "heartbeat with progress",
                .heartbeat(running: [12, 400_000], progress: [TaskProgress(task: 400_000, fraction: 0.25)])
            ),
            ("request", .request(leases: 4)),
            (
                "finished",
                .finished([
                    FinishedRun(TaskRun(0..<10, attempt: 1), duration: .microseconds(12)),
                    FinishedRun(TaskRun(30..<31, attempt: 5), duration: .seconds(90)),
                ])
            ),
            ("failed", .failed(AttemptFailure(task: 7, attempt: 2, .crash, message: "signal SIGSEGV"))),
            ("returned", .returned(LeaseID(9), tasks: [3..<5, 8..<9])),
            ("returned nothing", .returned(LeaseID(9), tasks: [])),
            ("announce", .announce(ShardAnnouncement(digest: digest, byteCount: 4096, tasks: [0..<10, 30..<31]))),
            ("chunk", .chunk(ShardChunk(digest: digest, offset: 262_144, bytes: [1, 2, 3]))),
            (
                "announce checkpoint",
                .announceCheckpoint(Checkpoint(task: 400_000, attempt: 2, digest: digest, byteCount: 70_000))
            ),
            ("withdraw checkpoint", .withdrawCheckpoint(digest, task: 400_000, isDamaged: false)),
            ("damaged checkpoint", .withdrawCheckpoint(digest, task: 0, isDamaged: true)),
            ("fetch checkpoint", .fetchCheckpoint(digest, task: 400_000, offset: 262_144, count: 262_144)),
            ("results lost", .resultsLost(tasks: [0..<10, 30..<31], reason: "disk failed")),
            ("draining", .draining(reason: "SIGTERM")),
            ("goodbye", .goodbye),
        ].map { (name: String, message: WorkerMessage) in
            (name, .session(WorkerEnvelope(worker: WorkerID(5), sequence: 300, acknowledged: 17, message)))
        }
        + [
            ("cancel", .control(ControlRequest(.cancel([0..<10, 30..<31]), origin))),
            ("retry", .control(ControlRequest(.retry([7..<8]), origin))),
            ("drain worker", .control(ControlRequest(.drain(WorkerID(4)), origin))),
        ]

    private static let origin = ControlOrigin(
        RequestID(client: 0x0123_4567_89ab_cdef, number: 3), who: "anna@node-1", reason: "too dear")

    static let coordinator: [(String, CoordinatorFrame)] =
        [
            (
                "status",
                .status(
                    RunStatus(
                        sweep: "noop", run: digest, tasks: 100, committed: 40, computed: 10, leased: 20, waiting: 29,
                        failed: 1, workers: 2, slots: 4, seconds: 12.5, tasksPerSecond: 3.2, secondsLeft: 18.75))
            ),
            (
                "status with progress",
                .status(
                    RunStatus(
                        sweep: "noop", run: digest, tasks: 100, committed: 40, computed: 10, leased: 20, waiting: 29,
                        failed: 1, workers: 2, slots: 4, seconds: 12.5, tasksPerSecond: 3.2, secondsLeft: nil,
                        running: [TaskProgress(task: 12, fraction: 1), TaskProgress(task: 400_000, fraction: 0)]))
            ),
        ]
        + [
            (
                "describe",
                .describe(
                    RunDescription(
                        experiment: "noop", version: 3, run: digest, document: Array("{}".utf8), probe: digest))
            ),
            ("refuse", .refuse(Refusal(.probe, "the probe differs"))),
            (
                "welcome",
                .welcome(
                    Welcome(
                        heartbeatInterval: .seconds(2), liveness: 4,
                        adopted: [Lease(LeaseID(3), to: WorkerID(5), runs: [TaskRun(10..<20, attempt: 2)])]))
            ),
            ("heartbeat", .heartbeat),
            ("register again", .registerAgain),
            (
                "lease",
                .lease(
                    Lease(
                        LeaseID(8), to: WorkerID(5),
                        runs: [TaskRun(100..<164, attempt: 1), TaskRun(7..<8, attempt: 3)]))
            ),
            (
                "lease with a checkpoint",
                .lease(
                    Lease(
                        LeaseID(8), to: WorkerID(5), runs: [TaskRun(100..<164, attempt: 2)],
                        checkpoints: [Checkpoint(task: 101, attempt: 1, digest: digest, byteCount: 70_000)]))
            ),
            ("checkpoint chunk", .checkpointChunk(ShardChunk(digest: digest, offset: 262_144, bytes: [1, 2, 3]))),
            ("checkpoint gone", .checkpointGone(digest)),
            ("retract", .retract(LeaseID(8))),
            ("send chunk", .sendChunk(digest, offset: 262_144, count: 262_144)),
            ("settled committed", .settled(digest, .committed)),
            ("settled superseded", .settled(digest, .superseded)),
            ("settled refused", .settled(digest, .refused(reason: "another design"))),
            ("flush", .flush),
            ("shard target", .shardTarget(factor: 4)),
            ("drain", .drain),
            ("finish", .finish),
            ("cancel", .cancel([0..<10, 30..<31])),
        ].map { (name: String, message: CoordinatorMessage) in
            (name, .session(CoordinatorEnvelope(worker: WorkerID(5), sequence: 300, acknowledged: 17, message)))
        }
        + [
            ("control done", .control(ControlReply(origin.request, .done(changed: 11)))),
            ("control refused", .control(ControlReply(origin.request, .refused(reason: "there is no worker 4")))),
            ("control ending", .control(ControlReply(origin.request, .ending))),
        ]
}
