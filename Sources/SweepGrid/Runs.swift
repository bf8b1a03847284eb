/// Ascending integers coded as runs `[first, count]`: how the points kept by a filter are written.
struct IntegerRuns: Codable {
    let integers: [Int]

    init(_ integers: [Int]) { self.integers = integers }

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        var integers: [Int] = []
        for run in try container.decode([[Int]].self) {
            guard run.count == 2, run[0] > (integers.last ?? -1), run[1] > 0, run[1] <= Design.largestPointCount,
                integers.count + run[1] <= Design.largestPointCount, run[0] <= Int.max - run[1]
            else {
                throw DecodingError.dataCorruptedError(
                    in: container, debugDescription: "the kept positions are not ascending runs [first, count]")
            }
            integers.append(contentsOf: run[0]..<run[0] + run[1])
        }
        self.integers = integers
    }

    func encode(to encoder: any Encoder) throws {
        var runs: [[Int]] = []
        for integer in integers {
            if let last = runs.last, last[0] + last[1] == integer {
                runs[runs.count - 1][1] += 1
            } else {
                runs.append([integer, 1])
            }
        }
        var container = encoder.singleValueContainer()
        try container.encode(runs)
    }
}

/// The expected cost of every point, coded as runs of equal cost.
public struct PointWork: Hashable, Sendable {
    /// Consecutive points of equal cost.
    public struct Run: Codable, Hashable, Sendable {
        /// The number of points.
        public var count: Int
        /// Their cost in about microseconds a task.
        public var work: Double
    }

    /// The runs in point order.
    public private(set) var runs: [Run] = []

    /// Creates an empty list.
    public init() {}

    /// Adds the cost of the next point; a cost that is not a positive number counts as the smallest.
    public mutating func append(_ work: Double) {
        let work = work.isFinite && work > 0 ? work : 1e-3
        if let last = runs.last, last.work == work {
            runs[runs.count - 1].count += 1
        } else {
            runs.append(Run(count: 1, work: work))
        }
    }

    /// The cost of every point in order.
    public var expanded: [Double] { runs.flatMap { Array(repeating: $0.work, count: $0.count) } }

    /// The number of points.
    public var count: Int { runs.reduce(0) { $0 + $1.count } }
}

extension PointWork: Codable {
    /// Reads the runs.
    ///
    /// - Throws: `DecodingError` when a run has no points, too many, or a cost that is no positive number.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        runs = try container.decode([Run].self)
        var total = 0
        for run in runs {
            guard run.count > 0, run.count <= Design.largestPointCount - total, run.work.isFinite, run.work > 0 else {
                throw DecodingError.dataCorruptedError(in: container, debugDescription: "a run of work is out of range")
            }
            total += run.count
        }
    }

    /// Writes the runs as an array.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(runs)
    }
}
