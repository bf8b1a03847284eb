import LinearAlgebra
import SweepGrid

/// Some backward trajectories that know a set of points, their clones, and as many noisy copies of points.
///
/// Trajectories are the columns of one matrix: a step of all takes a product with the points, for their weights, and with the
/// engine `score` another one, for the posterior means. Positions and weights are in single precision; rounding is far below
/// the noise of a step.
struct CollapseBatch {
    /// The trajectories of a full batch: with their clones, enough columns for products at full speed.
    static let width = 32

    let cloud: PointCloud
    let schedule: CollapseSchedule
    let engine: CollapseDynamics.Engine
    /// The number of the first trajectory of the batch in its task, which names the random streams.
    let first: Int
    /// The number of trajectories.
    let count: Int

    /// Adds what the batch shows to a tally, which stays as it is when the worker stops.
    func run(into tally: inout CollapseTally, in context: Context, progress: (Double) -> Void) throws(Interrupted) {
        var sums = tally
        // The copies cost about an eighth of all.
        try runForward(into: &sums, in: context) { progress($0 / 8) }
        try runBackward(into: &sums, in: context) { progress((1 + 7 * $0) / 8) }
        tally = sums
    }

    // MARK: Noisy copies

    /// Carries copies of random points forward, and notes when another point than their own is the nearest for the first time.
    private func runForward(
        into tally: inout CollapseTally, in context: Context, progress: (Double) -> Void
    ) throws(Interrupted) {
        let owners = owners(context.stream("owners/\(first)"))
        var noise = context.stream("forward/\(first)")
        var columns = CollapseColumns(positions: points(owners), of: cloud)
        let step = OrnsteinUhlenbeck.level(at: schedule.step)
        var losses = [Int?](repeating: nil, count: count)
        for index in 1...schedule.steps {
            columns.move(position: Float(step.signal), noise: Float(step.deviation), using: &noise)
            columns.weigh(against: cloud, at: schedule.level(index))
            for column in 0..<count where losses[column] == nil && columns.weights[column].nearest != owners[column] {
                losses[column] = index
            }
            if let place = schedule.recorded.firstIndex(of: index) {
                for column in 0..<count { tally.participation[place] += columns.weights[column].participation }
            }
            if context.isStopping { throw Interrupted() }
            if index % 8 == 0 { progress(Double(index) / Double(schedule.steps)) }
            // Nothing is asked of a copy that has lost its point and passed the last recorded time.
            if index >= schedule.recorded.last ?? 0, losses.allSatisfy({ $0 != nil }) { break }
        }
        tally.losses += losses.map { $0 ?? schedule.steps + 1 }
    }

    // MARK: Backward trajectories

    /// Carries trajectories from the marginal at the first time back to 0, and clones them at every recorded time.
    private func runBackward(
        into tally: inout CollapseTally, in context: Context, progress: (Double) -> Void
    ) throws(Interrupted) {
        var start = context.stream("start/\(first)")
        var (noise, choices) = (context.stream("backward/\(first)"), context.stream("choices/\(first)"))
        let level = schedule.level(schedule.steps)
        var columns = CollapseColumns(positions: points(owners(context.stream("origins/\(first)"))), of: cloud)
        columns.move(position: Float(level.signal), noise: Float(level.deviation), using: &start)
        // The nearest point of each trajectory at each step.
        var nearest = [[Int]](repeating: Array(repeating: 0, count: count), count: schedule.steps + 1)
        for index in stride(from: schedule.steps, to: 0, by: -1) {
            if schedule.recorded.contains(index) { columns.append(columns.positions.columns(0..<count)) }
            columns.weigh(against: cloud, at: schedule.assumedLevel(index))
            for column in 0..<count {
                nearest[index][column] = columns.weights[column].nearest
                tally.entropy[index] += columns.weights[column].entropy
            }
            let bridge = schedule.bridge(from: index)
            switch engine {
            case .exact: columns.setTargets(drawnFrom: cloud, using: &choices)
            case .score: columns.setTargets(meansOf: cloud)
            }
            columns.move(position: bridge.position, target: bridge.point, noise: bridge.noise, using: &noise)
            if context.isStopping { throw Interrupted() }
            if index % 8 == 0 { progress(1 - Double(index) / Double(schedule.steps)) }
        }
        columns.weigh(against: cloud, at: nil)
        let ends = columns.weights.map(\.nearest)
        nearest[0] = Array(ends[..<count])
        tally.changes += (0..<count).map { column in
            nearest.firstIndex { $0[column] != ends[column] } ?? schedule.steps + 1
        }
        // Clones were appended from the latest recorded time on.
        for (block, place) in schedule.recorded.indices.reversed().enumerated() {
            let clones = ends[((block + 1) * count)..<((block + 2) * count)]
            tally.agreements[place] += zip(clones, ends).count { $0 == $1 }
        }
    }

    private func owners(_ stream: RandomStream) -> [Int] {
        var stream = stream
        return (0..<count).map { _ in cloud.nextPoint(using: &stream) }
    }

    private func points(_ owners: [Int]) -> Matrix<Float> {
        Matrix(rows: cloud.points.rows, columns: count) { row, column in cloud.points[row, owners[column]] }
    }
}
