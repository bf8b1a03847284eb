internal import DequeModule

/// A set of task numbers as ascending runs that neither overlap nor touch.
///
/// The tasks of a run are few long runs nearly always, so the set is small and its operations cost O(log runs), plus
/// the moving of the shorter side of the deque when a run appears or vanishes in the middle.
package struct TaskSet: Equatable, Sendable {
    private var runs: Deque<Range<UInt32>> = []

    /// How many tasks are in the set.
    package private(set) var count = 0

    package init() {}

    package init(_ ranges: [Range<Int>]) {
        // In any other order than the ascending one every insertion may move half of the set.
        let isAscending = zip(ranges, ranges.dropFirst()).allSatisfy { $0.lowerBound <= $1.lowerBound }
        for range in isAscending ? ranges : ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) { insert(range) }
    }

    package var isEmpty: Bool { count == 0 }

    /// The runs, ascending.
    package var ranges: [Range<Int>] { runs.map { Int($0.lowerBound)..<Int($0.upperBound) } }

    /// The first run.
    package var first: Range<Int>? { runs.first.map { Int($0.lowerBound)..<Int($0.upperBound) } }

    /// Whether a task is in the set.
    package func contains(_ task: Int) -> Bool {
        let index = firstRun(endingAfter: task)
        return index < runs.count && Int(runs[index].lowerBound) <= task
    }

    /// Adds tasks; returns how many of them were new. Numbers that no task can have are passed over.
    @discardableResult
    package mutating func insert(_ range: Range<Int>) -> Int {
        let range = range.clamped(to: 0..<Int(UInt32.max))
        guard !range.isEmpty else { return 0 }
        var lower = range.lowerBound
        var upper = range.upperBound
        let start = firstRun(endingAfter: lower - 1)
        var end = start
        var absorbed = 0
        while end < runs.count, Int(runs[end].lowerBound) <= upper {
            lower = min(lower, Int(runs[end].lowerBound))
            upper = max(upper, Int(runs[end].upperBound))
            absorbed += runs[end].count
            end += 1
        }
        replace(start..<end, with: [UInt32(lower)..<UInt32(upper)])
        let added = upper - lower - absorbed
        count += added
        return added
    }

    /// Removes tasks; returns how many of them were in the set.
    @discardableResult
    package mutating func remove(_ range: Range<Int>) -> Int {
        guard !range.isEmpty, count > 0 else { return 0 }
        let start = firstRun(endingAfter: range.lowerBound)
        var end = start
        var removed = 0
        var rest: [Range<UInt32>] = []
        while end < runs.count, Int(runs[end].lowerBound) < range.upperBound {
            let run = Int(runs[end].lowerBound)..<Int(runs[end].upperBound)
            let common = run.clamped(to: range)
            removed += common.count
            if run.lowerBound < common.lowerBound {
                rest.append(UInt32(run.lowerBound)..<UInt32(common.lowerBound))
            }
            if common.upperBound < run.upperBound {
                rest.append(UInt32(common.upperBound)..<UInt32(run.upperBound))
            }
            end += 1
        }
        guard end > start else { return 0 }
        replace(start..<end, with: rest)
        count -= removed
        return removed
    }

    /// The first `limit` tasks.
    package func prefix(_ limit: Int) -> [Range<Int>] {
        var rest = limit
        var parts: [Range<Int>] = []
        for run in runs {
            guard rest > 0 else { break }
            let lower = Int(run.lowerBound)
            parts.append(lower..<min(Int(run.upperBound), lower + rest))
            rest -= run.count
        }
        return parts
    }

    /// The parts of `range` that are in the set, ascending.
    package func intersection(_ range: Range<Int>) -> [Range<Int>] {
        var index = firstRun(endingAfter: range.lowerBound)
        var parts: [Range<Int>] = []
        while index < runs.count, Int(runs[index].lowerBound) < range.upperBound {
            parts.append((Int(runs[index].lowerBound)..<Int(runs[index].upperBound)).clamped(to: range))
            index += 1
        }
        return parts
    }

    /// Replaces a stretch of runs in place where the counts agree, which is the common case.
    private mutating func replace(_ stretch: Range<Int>, with new: [Range<UInt32>]) {
        if stretch.count == new.count {
            for (offset, run) in new.enumerated() { runs[stretch.lowerBound + offset] = run }
        } else {
            runs.replaceSubrange(stretch, with: new)
        }
    }

    /// The index of the first run that ends after `task`.
    private func firstRun(endingAfter task: Int) -> Int {
        var low = 0
        var high = runs.count
        while low < high {
            let middle = (low + high) / 2
            if Int(runs[middle].upperBound) > task { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
