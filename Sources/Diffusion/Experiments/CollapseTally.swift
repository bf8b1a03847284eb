/// What the batches of collapsing trajectories add up to; the whole state of a task between two batches.
struct CollapseTally: Equatable {
    /// The step at which each backward trajectory was last nearest to another point than its end; one more than the steps there
    /// are if it was so at none.
    var changes: [Int] = []
    /// The first step at which each noisy copy was nearest to another point than its own; one more than there are if at none.
    var losses: [Int] = []
    /// How many clones ended on the point of their trajectory, by recorded time.
    var agreements: [Int]
    /// Sums of the squared weights of noisy copies, by recorded time.
    var participation: [Double]
    /// Entropies along backward trajectories, by step.
    var entropy: [Double]

    init(schedule: CollapseSchedule) {
        agreements = Array(repeating: 0, count: schedule.recorded.count)
        participation = Array(repeating: 0, count: schedule.recorded.count)
        entropy = Array(repeating: 0, count: schedule.steps + 1)
    }

    /// The trajectories done.
    var count: Int { changes.count }

    // MARK: Checkpoint

    private static var layout: UInt64 { 0x636f_6c6c_6170_0001 }

    var bytes: [UInt8] {
        TaskState.bytes(
            layout: Self.layout,
            [UInt64(count)] + (changes + losses + agreements).map { UInt64($0) }
                + (participation + entropy).map(\.bitPattern))
    }

    /// The state an earlier attempt left; nil for bytes of anything else.
    init?(_ bytes: [UInt8], schedule: CollapseSchedule, of total: Int) {
        guard let words = TaskState.words(of: bytes, layout: Self.layout), let done = words.first,
            done <= UInt64(total), Int(done) % CollapseBatch.width == 0 || Int(done) == total
        else { return nil }
        self.init(schedule: schedule)
        let (count, recorded) = (Int(done), schedule.recorded.count)
        guard words.count == 1 + 2 * count + 2 * recorded + entropy.count,
            words[1...(2 * count + recorded)].allSatisfy({ $0 <= UInt64(max(total, schedule.steps + 1)) })
        else { return nil }
        var rest = words.dropFirst()
        func next(_ count: Int) -> [UInt64] {
            defer { rest = rest.dropFirst(count) }
            return Array(rest.prefix(count))
        }
        changes = next(count).map { Int($0) }
        losses = next(count).map { Int($0) }
        agreements = next(recorded).map { Int($0) }
        participation = next(recorded).map { Double(bitPattern: $0) }
        entropy = next(entropy.count).map { Double(bitPattern: $0) }
    }

    // MARK: Result

    func measurements(schedule: CollapseSchedule, largestEntropy: Double) -> CollapseDynamics.Measurements {
        let total = Double(count)
        let recorded = schedule.recorded
        // Half a step before: the change lies between two steps.
        let times = changes.map { (Double($0) - 0.5) * schedule.timeStep }
        let mean = times.reduce(0, +) / total
        let entropies = entropy.map { $0 / (total * largestEntropy) }
        let place = min(max(mean / schedule.timeStep, 0), Double(schedule.steps - 1))
        let (below, share) = (Int(place), place - place.rounded(.down))
        return CollapseDynamics.Measurements(
            excessEntropy: recorded.map { entropies[$0] }, sameEnd: agreements.map { Double($0) / total },
            participation: participation.map { $0 / total },
            settled: recorded.map { step in Double(changes.count { $0 > step }) / total },
            kept: recorded.map { step in Double(losses.count { $0 > step }) / total }, collapseTimes: times,
            collapseTime: mean, entropyAtCollapse: (1 - share) * entropies[below] + share * entropies[below + 1])
    }
}
