import Foundation
import Journal
import Scheduling
import SweepGrid

/// A directory of its own for one test, removed with the value.
final class TemporaryDirectory {
    let path: String

    init(in parent: String = NSTemporaryDirectory()) throws {
        path = parent + "/journal-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    /// A directory in memory where there is one, for thousands of files that no test expects to survive anything.
    static func inMemory() throws -> TemporaryDirectory {
        let isThere = FileManager.default.isWritableFile(atPath: "/dev/shm")
        return try TemporaryDirectory(in: isThere ? "/dev/shm" : NSTemporaryDirectory())
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    var journal: String { path + "/journal.sqlite" }

    func bytes(_ ending: String = "") -> [UInt8] {
        FileManager.default.contents(atPath: journal + ending).map { [UInt8]($0) } ?? []
    }

    /// Puts a file in place of the journal and removes all that belonged to the former one.
    func replace(_ bytes: [UInt8], log: [UInt8]? = nil) throws {
        for ending in ["-shm", "-wal"] { try? FileManager.default.removeItem(atPath: journal + ending) }
        try Data(bytes).write(to: URL(fileURLWithPath: journal))
        if let log { try Data(log).write(to: URL(fileURLWithPath: journal + "-wal")) }
    }
}

let design = SHA256.hash(Array("a design".utf8))

/// A time for people that does not change.
let noon: @Sendable () -> Int = { 1_700_000_000_000 }

/// One fact of each kind, and more of those with variants.
let everyFact: [Fact] = [
    .workerRegistered(WorkerID(1), slots: 2, replacing: nil),
    .workerRegistered(WorkerID(2), slots: 64, replacing: WorkerID(1)),
    .workerRegistered(WorkerID(.max), slots: 0, replacing: WorkerID(0)),
    .leaseGranted(
        Lease(
            LeaseID(1), to: WorkerID(2),
            runs: [TaskRun(700..<703, attempt: 1), TaskRun(5..<6, attempt: 300), TaskRun(6..<6, attempt: 0)])),
    .leaseGranted(Lease(LeaseID(.max), to: WorkerID(1), runs: [])),
    .leaseReturned(LeaseID(1), tasks: [701..<703, 5..<6]),
    .attemptFailed(
        AttemptFailure(task: 700, attempt: 1, .error, message: "step 3: λ became NaN\nafter 0.1 s"),
        worker: WorkerID(2), retryAt: Instant(nanoseconds: 1_500_000_000)),
    .attemptFailed(AttemptFailure(task: 9, attempt: 2, .workerLost, message: ""), worker: WorkerID(1), retryAt: .never),
    .workerDrained(WorkerID(2)),
    .workerLeft(WorkerID(2)),
    .workerLost(WorkerID(1)),
    .shardCommitted(
        ShardContents(
            digest: SHA256.hash([1]), tasks: [0..<2, 7..<8], fingerprints: [.max, 0, 0x0123_4567_89ab_cdef]),
        worker: WorkerID(2)),
    .shardCommitted(ShardContents(digest: SHA256.hash([2]), tasks: [], fingerprints: []), worker: WorkerID(0)),
    .resultConflict(task: 7, committed: 1, other: .max, shard: SHA256.hash([3]), worker: WorkerID(2)),
]

/// The facts that operators bring about; releases before them do not know these.
let controlFacts: [Fact] = [
    .tasksCancelled(
        tasks: [0..<4, 700..<701],
        ControlOrigin(RequestID(client: .max, number: 3), who: "anna@node-1", reason: "zu teuer: λ")),
    .tasksCancelled(tasks: [], ControlOrigin(RequestID(client: 0, number: 0), who: "")),
    .tasksRetried(
        tasks: [2..<3, 700..<701], ControlOrigin(RequestID(client: 1 << 40, number: 300), who: "key me")),
]

/// The facts about the files of results; releases before them do not know these.
let storageFacts: [Fact] = [
    .shardsCompacted(into: SHA256.hash([9]), replacing: [SHA256.hash([1]), SHA256.hash([2])]),
    .shardsCompacted(into: SHA256.hash([8]), replacing: []),
]

/// The facts about conflicts that ended.
let conflictFacts: [Fact] = [
    .resultConflict(task: 7, committed: 1, other: 2, shard: SHA256.hash([3]), worker: WorkerID(0)),
    .conflictsVoid(tasks: [7..<8, 300..<302]),
    .conflictsVoid(tasks: []),
]

/// The facts about tasks and hosts under suspicion.
let failureFacts: [Fact] = [
    .taskIsolated(task: 300, .worker, reason: "it kills"),
    .taskQuarantined(task: 300, explanation: "it killed"),
    .hostDrained(host: "a", until: Instant(nanoseconds: 5), reason: "b", pardoned: [2..<4]),
    .workerNamed(WorkerID(3), host: "node1"),
    .taskIsolated(task: 0, .slot, reason: ""),
    .hostDrained(host: "", until: .never, reason: "", pardoned: []),
    .attemptFailed(
        AttemptFailure(task: 1, attempt: 2, .outOfMemory, message: "used 3 GiB"), worker: WorkerID(3),
        retryAt: Instant(nanoseconds: 7)),
    .attemptFailed(
        AttemptFailure(task: 1, attempt: 3, .hung, message: "a\nb"), worker: WorkerID(3), retryAt: .never),
]

/// The facts with which a scheduler answers to a small run with failures, a lost worker and commits; 100 tasks, 10 a point.
func smallRun() -> (facts: [Fact], scheduler: Scheduler) {
    var scheduler = newScheduler()
    var facts: [Fact] = []
    func tell(_ event: Scheduler.Event, seconds: Int64) {
        for case .journal(let new) in scheduler.handle(event, at: Instant(nanoseconds: seconds * 1_000_000_000)) {
            facts += new
        }
    }
    for number in 1...2 {
        tell(.registered(WorkerID(UInt32(number)), .init(slots: 1)), seconds: 1)
        tell(.requested(WorkerID(UInt32(number)), leases: 2), seconds: 1)
    }
    for case .leaseGranted(let lease) in facts where lease.worker == WorkerID(1) {
        guard let run = lease.runs.first else { continue }
        let task = run.tasks.lowerBound
        tell(
            .failed(WorkerID(1), AttemptFailure(task: task, attempt: run.attempt, .crash, message: "signal 11")),
            seconds: 2)
        if run.tasks.count > 1 {
            tell(.stored(shard(of: task + 1..<run.tasks.upperBound), from: WorkerID(1)), seconds: 3)
        }
    }
    tell(.running(WorkerID(2), tasks: []), seconds: 3)
    tell(.drained(WorkerID(1)), seconds: 4)
    tell(.left(WorkerID(1)), seconds: 5)
    // Second by second: a coordinator that did not run meanwhile would lose nobody.
    for second in Int64(6)...500 { tell(.tick, seconds: second) }
    return (facts, scheduler)
}

func newScheduler(taskCount: Int = 100) -> Scheduler {
    Scheduler(taskCount: taskCount, tasksPerPoint: 10) { _ in 1 }
}

/// A shard with results of these tasks; their fingerprints tell the tasks apart.
func shard(of tasks: Range<Int>, variant: UInt64 = 0) -> ShardContents {
    ShardContents(
        digest: SHA256.hash(Array("\(tasks) \(variant)".utf8)), tasks: [tasks],
        fingerprints: tasks.map { UInt64($0) &* 0x9e37_79b9_7f4a_7c15 &+ variant })
}

/// All rows of a sound journal.
func rows(of path: String, design: Digest = design) throws -> [JournalRecord] {
    var rows: [JournalRecord] = []
    try JournalReader(path, design: design).read { rows.append($0) }
    return rows
}

/// Makes a closed journal with these facts, one transaction for each, a second apart.
func makeJournal(_ facts: [Fact], at path: String) throws {
    try Journal.create(at: path, design: design)
    let journal = try Journal(opening: path, design: design, clock: noon) { _ in }
    for (index, fact) in facts.enumerated() {
        try journal.append([fact], at: Instant(nanoseconds: Int64(index) * 1_000_000_000))
    }
    try journal.close()
}
