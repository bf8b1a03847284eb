internal import FoundationEssentials
public import Scheduling
import SweepGrid
internal import SwiftProtobuf

/// What a coordinator may receive.
public enum WorkerFrame: Hashable, Sendable {
    /// A message of a worker.
    case session(WorkerEnvelope)
    /// Somebody asks how far the run is.
    case status
    /// An operator wants something of the run.
    case control(ControlRequest)

    /// The parts of the message: version frame and body.
    public var parts: [[UInt8]] {
        var wire = WireFromWorker()
        switch self {
        case .status: wire.status = WireEmpty()
        case .control(let request): wire.control = WireControl(request)
        case .session(let envelope):
            wire.worker = envelope.worker?.number ?? 0
            wire.sequence = envelope.sequence
            wire.acknowledged = envelope.acknowledged
            wire.message = WorkerFrame.encode(envelope.message)
        }
        return WireFormat.parts(wire)
    }

    /// Reads the parts of a message, without the routing part.
    ///
    /// - Throws: `WireError`, whatever the bytes are.
    public init(parts: ArraySlice<[UInt8]>) throws(WireError) {
        let body = try WireFormat.body(of: parts, limit: WireFormat.workerMessageLimit)
        let wire = try WireFormat.parse(body, as: WireFromWorker.self)
        guard let message = wire.message else { throw .unknownMessage }
        switch message {
        case .status: self = .status
        case .control(let control): self = .control(try control.request())
        default:
            self = .session(
                WorkerEnvelope(
                    worker: wire.worker == 0 ? nil : WorkerID(wire.worker), sequence: wire.sequence,
                    acknowledged: wire.acknowledged, try WorkerFrame.decode(message)))
        }
    }
}

extension WorkerFrame {
    private static func encode(_ message: WorkerMessage) -> WireFromWorker.OneOf_Message {
        switch message {
        case .hello(let hello):
            return .hello(
                .with {
                    $0.protocolVersion = UInt32(clamping: hello.protocolVersion)
                    $0.host = WireFormat.cut(hello.host)
                    $0.build = Data(hello.build.bytes)
                })
        case .register(let registration): return .register(WireRegistration(registration))
        case .heartbeat(let running, let progress):
            return .heartbeat(
                .with {
                    $0.tasks = running.map { UInt64($0) }
                    $0.reporting = progress.map { UInt64($0.task) }
                    $0.fraction = progress.map(\.fraction)
                })
        case .request(let leases): return .requestLeases(UInt32(clamping: leases))
        case .finished(let runs): return .finished(WireTaskRuns(finished: runs))
        case .failed(let failure):
            return .failed(
                .with {
                    $0.task = UInt64(failure.task)
                    $0.attempt = UInt64(failure.attempt)
                    $0.kind = UInt32(failure.failureClass.rawValue)
                    $0.message = WireFormat.cut(failure.message, to: AttemptFailure.messageLimit)
                })
        case .returned(let lease, let tasks):
            return .returned(
                .with {
                    $0.lease = lease.number
                    $0.tasks = WireTaskRanges(tasks)
                })
        case .announce(let shard):
            return .announce(
                .with {
                    $0.digest = Data(shard.digest.bytes)
                    $0.byteCount = UInt64(shard.byteCount)
                    $0.tasks = WireTaskRanges(shard.tasks)
                })
        case .chunk(let chunk): return .chunk(WireChunk(chunk))
        case .resultsLost(let tasks, let reason):
            return .resultsLost(
                .with {
                    $0.tasks = WireTaskRanges(tasks)
                    $0.reason = WireFormat.cut(reason)
                })
        case .draining(let reason): return .draining(WireFormat.cut(reason))
        case .goodbye: return .goodbye(WireEmpty())
        case .announceCheckpoint(let checkpoint): return .announceCheckpoint(WireCheckpoint(checkpoint))
        case .withdrawCheckpoint(let digest, let task, let isDamaged):
            return .withdrawCheckpoint(
                .with {
                    $0.digest = Data(digest.bytes)
                    $0.task = UInt64(task)
                    $0.damaged = isDamaged
                })
        case .fetchCheckpoint(let digest, let task, let offset, let count):
            return .fetchCheckpoint(
                .with {
                    $0.digest = Data(digest.bytes)
                    $0.task = UInt64(task)
                    $0.offset = UInt64(offset)
                    $0.count = UInt64(count)
                })
        }
    }

    private static func decode(_ message: WireFromWorker.OneOf_Message) throws(WireError) -> WorkerMessage {
        switch message {
        case .hello(let hello):
            return .hello(
                Hello(
                    protocolVersion: Int(hello.protocolVersion), host: WireFormat.cut(hello.host),
                    build: try digest(hello.build, "hello.build")))
        case .register(let registration): return .register(try registration.registration())
        case .heartbeat(let running):
            var tasks: [Int] = []
            for task in running.tasks { tasks.append(try number(task, in: 0...WireFormat.taskLimit, "heartbeat")) }
            return .heartbeat(
                running: tasks, progress: try taskProgress(running.reporting, running.fraction, "heartbeat.fraction"))
        case .requestLeases(let leases): return .request(leases: Int(leases))
        case .finished(let runs): return .finished(try runs.finished("finished"))
        case .failed(let failure):
            guard let kind = UInt8(exactly: failure.kind).flatMap(FailureClass.init(rawValue:)) else {
                throw .value(field: "failed.kind")
            }
            return .failed(
                AttemptFailure(
                    task: try number(failure.task, in: 0...WireFormat.taskLimit, "failed.task"),
                    attempt: try number(failure.attempt, in: 1...UInt64(UInt32.max), "failed.attempt"), kind,
                    message: WireFormat.cut(failure.message, to: AttemptFailure.messageLimit)))
        case .returned(let returned):
            return .returned(LeaseID(returned.lease), tasks: try returned.tasks.ranges("returned.tasks"))
        case .announce(let shard):
            return .announce(
                ShardAnnouncement(
                    digest: try digest(shard.digest, "announce.digest"),
                    byteCount: try number(shard.byteCount, in: 1...UInt64(Int64.max), "announce.byte_count"),
                    tasks: try shard.tasks.ranges("announce.tasks")))
        case .chunk(let chunk):
            return .chunk(try chunk.chunk("chunk"))
        case .resultsLost(let lost):
            return .resultsLost(tasks: try lost.tasks.ranges("results_lost.tasks"), reason: WireFormat.cut(lost.reason))
        case .draining(let reason): return .draining(reason: WireFormat.cut(reason))
        case .goodbye: return .goodbye
        case .announceCheckpoint(let checkpoint):
            return .announceCheckpoint(try checkpoint.checkpoint("announce_checkpoint"))
        case .withdrawCheckpoint(let withdrawal):
            return .withdrawCheckpoint(
                try digest(withdrawal.digest, "withdraw_checkpoint.digest"),
                task: try number(withdrawal.task, in: 0...WireFormat.taskLimit, "withdraw_checkpoint.task"),
                isDamaged: withdrawal.damaged)
        case .fetchCheckpoint(let request):
            return .fetchCheckpoint(
                try digest(request.digest, "fetch_checkpoint.digest"),
                task: try number(request.task, in: 0...WireFormat.taskLimit, "fetch_checkpoint.task"),
                offset: try number(request.offset, in: 0...UInt64(Int64.max), "fetch_checkpoint.offset"),
                count: try number(
                    request.count, in: 1...UInt64(WireFormat.workerMessageLimit / 2), "fetch_checkpoint.count"))
        case .status, .control: throw .unknownMessage
        }
    }
}

extension WireRegistration {
    init(_ registration: Registration) {
        protocolVersion = UInt32(clamping: registration.protocolVersion)
        experiment = WireFormat.cut(registration.experiment)
        version = UInt64(clamping: registration.version)
        run = Data(registration.run.bytes)
        probe = Data(registration.probe?.bytes ?? [])
        slots = UInt32(clamping: registration.slots)
        host = WireFormat.cut(registration.host)
        build = Data(registration.build.bytes)
        replacing = registration.replacing?.number ?? 0
        unfinished = WireTaskRuns(registration.unfinished)
        held = WireTaskRuns(registration.held)
    }

    func registration() throws(WireError) -> Registration {
        Registration(
            protocolVersion: Int(protocolVersion), experiment: WireFormat.cut(experiment),
            version: try number(version, in: 0...UInt64(Int32.max), "register.version"),
            run: try digest(run, "register.run"), probe: try optionalDigest(probe, "register.probe"),
            slots: Int(slots), host: WireFormat.cut(host), build: try digest(build, "register.build"),
            replacing: replacing == 0 ? nil : WorkerID(replacing),
            unfinished: try unfinished.runs("register.unfinished"), held: try held.runs("register.held"))
    }
}
