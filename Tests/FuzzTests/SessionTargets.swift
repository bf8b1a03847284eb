import Scheduling
import SweepGrid
import Testing

/// A coordinator's session that is told whatever decodes; replaced by a new one now and then.
struct SessionTarget {
    private var session = SessionTarget.fresh()
    private var count = 0
    private var journaled = 0
    private var now = Instant.zero
    private let route = Route([1])

    private static func fresh() -> CoordinatorSession {
        let digest = SHA256.hash(Array("phasemap".utf8))
        var policy = Policy()
        policy.shardSizeLimit = 1 << 20
        let scheduler = Scheduler(taskCount: 120, tasksPerPoint: 4, policy: policy) { Double($0 + 1) }
        let run = RunDescription(experiment: "noop", version: 3, run: digest, document: [], probe: digest)
        return CoordinatorSession(run: run, scheduler: scheduler, at: .zero)
    }

    mutating func take(_ envelope: WorkerEnvelope, _ random: inout RandomStream) {
        if count.isMultiple(of: 500) {
            session = Self.fresh()
            journaled = 0
            now = .zero
        }
        count += 1
        now = now + .milliseconds(Int.random(in: 0...300, using: &random))
        var envelope = envelope
        // Most messages shall speak for a worker that exists, and be the next of their link.
        if Bool.random(using: &random) { envelope.worker = session.scheduler.progress.workers > 0 ? lastWorker : nil }
        if Bool.random(using: &random) { envelope.sequence = 0 }
        tell(.received(envelope, from: route), &random)
        if Int.random(in: 0..<8, using: &random) == 0 { tell(.tick, &random) }
        let violations = session.scheduler.violations() + session.violations()
        if !violations.isEmpty { Issue.record("\(violations) after \(envelope)") }
    }

    private var lastWorker: WorkerID { WorkerID(max(1, session.scheduler.nextWorker.number) - 1) }

    private mutating func tell(_ event: CoordinatorSession.Event, _ random: inout RandomStream) {
        var events = [event]
        while !events.isEmpty {
            for effect in session.handle(events.removeFirst(), at: now) {
                switch effect {
                case .journal(let facts):
                    journaled += facts.count
                    events.append(.journaled(count: journaled))
                case .write(let chunk): events.append(.chunkWritten(chunk.digest, offset: chunk.offset))
                case .commit(let shard, .verify) where Bool.random(using: &random):
                    let count = shard.tasks.reduce(0) { $0 + $1.count }
                    let prints = (0..<count).map { _ in random.next() % 2 }
                    let contents = ShardContents(digest: shard.digest, tasks: shard.tasks, fingerprints: prints)
                    events.append(.commit(shard.digest, .verified(contents)))
                case .commit(let shard, .verify): events.append(.commit(shard.digest, .refused(reason: "damaged")))
                case .commit(let shard, .store): events.append(.commit(shard.digest, .stored))
                default: break
                }
            }
        }
    }
}

/// An agent's session that is told whatever decodes; replaced by a new one now and then.
struct AgentTarget {
    private var session = AgentTarget.fresh()
    private var count = 0
    private var now = Instant.zero
    private let digest = SHA256.hash(Array("phasemap".utf8))

    private static func fresh() -> AgentSession {
        AgentSession(host: "h", build: SHA256.hash([1]), slots: 2, seed: 3)
    }

    mutating func take(_ envelope: CoordinatorEnvelope, _ random: inout RandomStream) {
        if count.isMultiple(of: 500) {
            session = Self.fresh()
            now = .zero
            _ = session.handle(.begin, at: now)
            let run = RunDescription(experiment: "noop", version: 3, run: digest, document: [], probe: digest)
            tell(CoordinatorEnvelope(worker: nil, sequence: 0, acknowledged: 0, .describe(run)))
            _ = session.handle(.prepared(probe: digest), at: now)
            let welcome = Welcome(heartbeatInterval: .seconds(2), liveness: 4, adopted: [])
            tell(CoordinatorEnvelope(worker: WorkerID(5), sequence: 0, acknowledged: 0, .welcome(welcome)))
            for slot in 0..<2 { _ = session.handle(.slot(slot, [.ready]), at: now) }
        }
        count += 1
        now = now + .milliseconds(Int.random(in: 0...300, using: &random))
        var envelope = envelope
        if Bool.random(using: &random) { envelope.worker = WorkerID(5) }
        if Bool.random(using: &random) { envelope.sequence = 0 }
        tell(envelope)
        if Int.random(in: 0..<8, using: &random) == 0 { _ = session.handle(.tick, at: now) }
        let violations = session.violations()
        if !violations.isEmpty { Issue.record("\(violations) after \(envelope)") }
    }

    private mutating func tell(_ envelope: CoordinatorEnvelope) {
        for effect in session.handle(.received(envelope), at: now) {
            if case .closeShard(let number) = effect {
                _ = session.handle(.shardFailed(number, reason: "none"), at: now)
            }
        }
    }
}
