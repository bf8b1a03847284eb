internal import FoundationEssentials
public import Scheduling
import SweepGrid
internal import SwiftProtobuf

/// What a worker, or somebody who asked for the status, may receive.
public enum CoordinatorFrame: Hashable, Sendable {
    /// A message to a worker.
    case session(CoordinatorEnvelope)
    /// How far the run is.
    case status(RunStatus)
    /// What became of an operator's request.
    case control(ControlReply)

    /// The parts of the message: version frame and body.
    public var parts: [[UInt8]] {
        var wire = WireFromCoordinator()
        switch self {
        case .status(let status): wire.status = WireStatus(status)
        case .control(let reply): wire.control = WireControlReply(reply)
        case .session(let envelope):
            wire.worker = envelope.worker?.number ?? 0
            wire.sequence = envelope.sequence
            wire.acknowledged = envelope.acknowledged
            wire.message = CoordinatorFrame.encode(envelope.message)
        }
        return WireFormat.parts(wire)
    }

    /// Reads the parts of a message.
    ///
    /// - Throws: `WireError`, whatever the bytes are.
    public init(parts: ArraySlice<[UInt8]>) throws(WireError) {
        let body = try WireFormat.body(of: parts, limit: WireFormat.coordinatorMessageLimit)
        let wire = try WireFormat.parse(body, as: WireFromCoordinator.self)
        guard let message = wire.message else { throw .unknownMessage }
        switch message {
        case .status(let status): self = .status(try status.status())
        case .control(let reply): self = .control(try reply.reply())
        default:
            self = .session(
                CoordinatorEnvelope(
                    worker: wire.worker == 0 ? nil : WorkerID(wire.worker), sequence: wire.sequence,
                    acknowledged: wire.acknowledged, try CoordinatorFrame.decode(message)))
        }
    }
}

extension CoordinatorFrame {
    private static func encode(_ message: CoordinatorMessage) -> WireFromCoordinator.OneOf_Message {
        switch message {
        case .describe(let run):
            return .describe(
                .with {
                    $0.experiment = WireFormat.cut(run.experiment)
                    $0.version = UInt64(clamping: run.version)
                    $0.run = Data(run.run.bytes)
                    $0.document = Data(run.document)
                    $0.probe = Data(run.probe?.bytes ?? [])
                })
        case .refuse(let refusal):
            return .refuse(
                .with {
                    $0.reason = UInt32(refusal.reason.rawValue)
                    $0.message = WireFormat.cut(refusal.message)
                })
        case .welcome(let welcome):
            return .welcome(
                .with {
                    $0.heartbeatNanoseconds = UInt64(clamping: welcome.heartbeatInterval.wireNanoseconds)
                    $0.liveness = UInt32(clamping: welcome.liveness)
                    $0.adopted = welcome.adopted.map { WireLease($0) }
                })
        case .heartbeat: return .heartbeat(WireEmpty())
        case .registerAgain: return .registerAgain(WireEmpty())
        case .lease(let lease): return .lease(WireLease(lease))
        case .retract(let lease): return .retract(lease.number)
        case .sendChunk(let shard, let offset, let count):
            return .sendChunk(
                .with {
                    $0.digest = Data(shard.bytes)
                    $0.offset = UInt64(offset)
                    $0.count = UInt64(count)
                })
        case .settled(let shard, let outcome):
            return .settled(
                .with {
                    $0.digest = Data(shard.bytes)
                    switch outcome {
                    case .committed: $0.outcome = 1
                    case .superseded: $0.outcome = 2
                    case .refused(let reason):
                        $0.outcome = 3
                        $0.reason = WireFormat.cut(reason)
                    }
                })
        case .flush: return .flush(WireEmpty())
        case .drain: return .drain(WireEmpty())
        case .finish: return .finish(WireEmpty())
        case .checkpointChunk(let chunk): return .checkpointChunk(WireChunk(chunk))
        case .checkpointGone(let checkpoint): return .checkpointGone(Data(checkpoint.bytes))
        case .cancel(let tasks): return .cancel(WireTaskRanges(tasks))
        case .shardTarget(let factor): return .shardTarget(UInt32(clamping: factor))
        }
    }

    private static func decode(_ message: WireFromCoordinator.OneOf_Message) throws(WireError) -> CoordinatorMessage {
        switch message {
        case .describe(let run):
            return .describe(
                RunDescription(
                    experiment: WireFormat.cut(run.experiment),
                    version: try number(run.version, in: 0...UInt64(Int32.max), "describe.version"),
                    run: try digest(run.run, "describe.run"), document: [UInt8](run.document),
                    probe: try optionalDigest(run.probe, "describe.probe")))
        case .refuse(let refusal):
            guard let reason = UInt8(exactly: refusal.reason).flatMap(Refusal.Reason.init(rawValue:)) else {
                throw .value(field: "refuse.reason")
            }
            return .refuse(Refusal(reason, WireFormat.cut(refusal.message)))
        case .welcome(let welcome):
            var adopted: [Lease] = []
            for lease in welcome.adopted { adopted.append(try lease.lease()) }
            return .welcome(
                Welcome(
                    heartbeatInterval: .nanoseconds(
                        Int64(
                            try number(
                                welcome.heartbeatNanoseconds, in: 1_000_000...3_600_000_000_000, "welcome.heartbeat"))),
                    liveness: try number(UInt64(welcome.liveness), in: 1...1000, "welcome.liveness"), adopted: adopted))
        case .heartbeat: return .heartbeat
        case .registerAgain: return .registerAgain
        case .lease(let lease): return .lease(try lease.lease())
        case .retract(let lease): return .retract(LeaseID(lease))
        case .sendChunk(let request):
            return .sendChunk(
                try digest(request.digest, "send_chunk.digest"),
                offset: try number(request.offset, in: 0...UInt64(Int64.max), "send_chunk.offset"),
                count: try number(request.count, in: 1...UInt64(WireFormat.workerMessageLimit / 2), "send_chunk.count"))
        case .settled(let settled):
            let outcome: ShardOutcome
            switch settled.outcome {
            case 1: outcome = .committed
            case 2: outcome = .superseded
            case 3: outcome = .refused(reason: WireFormat.cut(settled.reason))
            default: throw .value(field: "settled.outcome")
            }
            return .settled(try digest(settled.digest, "settled.digest"), outcome)
        case .shardTarget(let factor):
            return .shardTarget(factor: try number(UInt64(factor), in: 1...1 << 20, "shard_target"))
        case .flush: return .flush
        case .drain: return .drain
        case .finish: return .finish
        case .checkpointChunk(let chunk): return .checkpointChunk(try chunk.chunk("checkpoint_chunk"))
        case .checkpointGone(let bytes): return .checkpointGone(try digest(bytes, "checkpoint_gone"))
        case .cancel(let tasks): return .cancel(try tasks.ranges("cancel"))
        case .status, .control: throw .unknownMessage
        }
    }
}
