/// How the last attempts on a host ended; what drains a host is learnt from these.
///
/// It is not durable: a restarted coordinator looks at hosts anew, while what was decided about them is a fact.
struct HostRecord: Sendable {
    enum Verdict: Hashable, Sendable {
        case succeeded
        /// Failed here, and nowhere else so far.
        case failed
        /// Failed here, and succeeded on another host.
        case refuted
        /// Failed on another host too: the task's fault.
        case excused
    }

    private var outcomes: [(task: Int, verdict: Verdict)] = []

    /// The attempts that are remembered.
    static let window = 32
    /// Fewer attempts tell nothing about a host.
    private static let least = 8

    mutating func add(_ task: Int, _ verdict: Verdict) {
        outcomes.append((task, verdict))
        if outcomes.count > Self.window { outcomes.removeFirst(outcomes.count - Self.window) }
    }

    /// What became elsewhere of a task that failed here.
    mutating func judge(_ task: Int, _ verdict: Verdict) {
        for index in outcomes.indices where outcomes[index].task == task && outcomes[index].verdict == .failed {
            outcomes[index].verdict = verdict
        }
    }

    /// The different tasks that failed here and succeeded elsewhere, when they make the host a broken one: at least
    /// `limit`, and at least half of the attempts failed that were not their tasks' fault.
    func brokenBy(_ limit: Int) -> [Int]? {
        let refuted = Set(outcomes.filter { $0.verdict == .refuted }.map(\.task))
        let counted = outcomes.count { $0.verdict != .excused }
        let bad = outcomes.count { $0.verdict == .refuted || $0.verdict == .failed }
        guard refuted.count >= max(1, limit), counted >= Self.least, bad * 2 >= counted else { return nil }
        return refuted.sorted()
    }
}
