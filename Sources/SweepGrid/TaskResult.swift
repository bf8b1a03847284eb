/// What became of a task.
public enum TaskStatus: UInt8, Codable, Hashable, Sendable, CaseIterable {
    /// Not computed yet.
    case missing = 0
    /// Computed; every scalar measurement is finite.
    case ok = 1
    /// The training diverged: a trial without success.
    case diverged = 2
    /// Every attempt failed; it counts in no rate.
    case failed = 3
    /// Given up by the user.
    case cancelled = 4
    /// A cell of the enclosing box that no point of the grid occupies.
    case notInGrid = 5

    /// The name in files and tables.
    public var name: String { self == .notInGrid ? "not_in_grid" : "\(self)" }
}

/// What one task measured, as a row of the run's schema.
public struct TaskResult: Hashable, Sendable {
    /// `ok` or `diverged`; other states have no result.
    public var status: TaskStatus
    /// The measurements in declared order: a scalar takes one column, an array its dimension's whole length, NaN-padded.
    public var values: [Double]
    /// The used length of each array measurement in declared order.
    public var lengths: [Int]

    /// Creates a result row.
    public init(status: TaskStatus, values: [Double], lengths: [Int]) {
        self.status = status
        self.values = values
        self.lengths = lengths
    }

    /// The SHA-256 of the result: equal digests mean equal bits (every NaN counts as the same).
    public func digest() -> Digest {
        var canonical = CanonicalBytes()
        canonical.append([status.rawValue])
        for length in lengths { canonical.append(length) }
        for value in values { canonical.append(value.isNaN ? 0x7ff8_0000_0000_0000 : value.bitPattern) }
        return SHA256.hash(canonical.bytes)
    }
}
