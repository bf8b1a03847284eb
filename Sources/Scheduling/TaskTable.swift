/// What is durably known of each task: 16 bytes a task, one array for each property.
struct TaskTable: Equatable, Sendable {
    /// Where a task stands.
    enum Status: UInt8, Sendable {
        /// To be leased, now or after a pause.
        case open
        /// In the hands of a worker, computed or not.
        case leased
        /// Its result is durable.
        case committed
        /// Given up after too many failures.
        case failed
        /// No longer dispatched, because two results of its point differ.
        case stopped
        /// Given up by an operator.
        case cancelled
    }

    private(set) var status: [Status]
    /// The current attempt number, 0 before the first lease.
    var attempt: [UInt16]
    /// The lease that a leased task belongs to.
    var lease: [UInt32]
    /// The first 8 bytes of the digest of a committed result.
    var fingerprint: [UInt64]

    /// How often a worker was lost that had the task, up to 255.
    private(set) var losses: [UInt8]

    /// How many tasks are in each status.
    private(set) var counts: [Int]

    init(count: Int) {
        status = Array(repeating: .open, count: count)
        attempt = Array(repeating: 0, count: count)
        lease = Array(repeating: 0, count: count)
        fingerprint = Array(repeating: 0, count: count)
        losses = Array(repeating: 0, count: count)
        counts = [count] + Array(repeating: 0, count: Int(Status.cancelled.rawValue))
    }

    /// How many tasks are in a status.
    func count(_ status: Status) -> Int { counts[Int(status.rawValue)] }

    mutating func countLoss(of task: Int) { if losses[task] < .max { losses[task] += 1 } }

    mutating func forgetLosses(of task: Int) { losses[task] = 0 }

    mutating func set(_ task: Int, _ new: Status) {
        counts[Int(status[task].rawValue)] -= 1
        counts[Int(new.rawValue)] += 1
        status[task] = new
    }
}
