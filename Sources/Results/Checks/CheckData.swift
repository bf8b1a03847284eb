internal import SweepGrid

/// The replicates of a run as rules read them: pooled over groups of points.
struct CheckData {
    let design: Design
    let statuses: [TaskStatus]
    /// By measurement, task-major.
    private let values: [String: [Double]]
    private let pointValues: [[Value]]

    /// - Parameters:
    ///   - measurements: those that are read.
    ///   - isShuffled: whether the results are dealt to the points at random, as a negative control.
    /// - Throws: `StorageError` when the file cannot be read.
    init(_ file: PhaseDiagramFile, measurements: Set<String>, isShuffled: Bool) throws(StorageError) {
        design = file.design
        var statuses = try file.statuses()
        var values: [String: [Double]] = [:]
        for name in measurements.sorted() where design.schema.columns(of: name) != nil {
            values[name] = try file.values(name)
        }
        if isShuffled {
            var resampling = Resampling(design: design.digest, purpose: "shuffled")
            var order = Array(0..<design.taskCount)
            // Fisher and Yates's shuffle.
            for last in order.indices.reversed() where last > 0 {
                order.swapAt(last, resampling.index(below: last + 1))
            }
            statuses = order.map { statuses[$0] }
            for (name, column) in values {
                let width = column.count / design.taskCount
                values[name] = order.flatMap { column[$0 * width..<($0 + 1) * width] }
            }
        }
        self.statuses = statuses
        self.values = values
        let design = design
        pointValues = (0..<design.pointCount).map { design.values(ofPoint: $0) }
    }

    func tasks(of points: [Int]) -> [Int] {
        points.flatMap { $0 * design.replicates..<($0 + 1) * design.replicates }
    }

    /// Whether each point shares its inputs with the one at its place in the reference: they differ in paired axes alone.
    func arePaired(_ points: [Int], _ reference: [Int]) -> Bool {
        let paired = Set(design.shared.filter { $0.reason == .paired }.map(\.name))
        return points.count == reference.count
            && zip(points, reference).allSatisfy { one, other in
                zip(design.parameters, zip(pointValues[one], pointValues[other])).allSatisfy { parameter, values in
                    values.0 == values.1 || paired.contains(parameter.name)
                }
            }
    }

    /// How many tasks of the points have diverged.
    func diverged(_ points: [Int]) -> Int { tasks(of: points).count { statuses[$0] == .diverged } }

    /// How many tasks of the points have no result.
    func missing(_ points: [Int]) -> Int { tasks(of: points).count { !statuses[$0].hasResult } }

    /// Values of a measurement over all replicates with a result, those of a point together; an array at one coordinate.
    func replicates(_ measurement: String, _ points: [Int], coordinate: Int?) -> [[Double]] {
        guard let values = values[measurement], let width = design.schema.columns(of: measurement)?.count else {
            return []
        }
        let column = coordinate ?? 0
        guard column < width else { return [] }
        return points.map { point in
            tasks(of: [point]).filter { statuses[$0].hasResult }.map { values[$0 * width + column] }
        }
    }

    /// Trials and successes; a diverged task is a trial without success.
    func counts(_ rule: SuccessRule, _ points: [Int]) -> Cell {
        var cell = Cell(x: .nan, trials: 0, successes: 0)
        guard let values = values[rule.measurement], design.schema.columns(of: rule.measurement)?.count == 1 else {
            return cell
        }
        for task in tasks(of: points) where statuses[task].hasResult {
            cell.trials += 1
            if statuses[task] == .ok && rule.holds(values[task]) { cell.successes += 1 }
        }
        return cell
    }

    /// The points of each value of a parameter, in ascending order of the values.
    func split(_ points: [Int], along name: String) -> [(x: Double, points: [Int])] {
        guard let index = design.parameters.firstIndex(where: { $0.name == name }) else { return [] }
        var members: [Double: [Int]] = [:]
        for point in points {
            if let x = pointValues[point][index].number { members[x, default: []].append(point) }
        }
        return members.keys.sorted().map { ($0, members[$0] ?? []) }
    }

    /// The cells of a rule along an axis.
    func cells(_ rule: SuccessRule, _ points: [Int], along name: String) -> [Cell] {
        split(points, along: name).map { x, points in
            var cell = counts(rule, points)
            cell.x = x
            return cell
        }
    }
}
