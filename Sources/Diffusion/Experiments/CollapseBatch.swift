import LinearAlgebra
import SweepGrid

/// Some trajectories under the exact score of a set of points, their clones, and as many noisy copies of points.
///
/// Trajectories are the columns of one matrix: a step of all takes two products with the points, the scores and the posterior
/// means. Positions and weights are in single precision; rounding is far below the noise of a step.
struct CollapseBatch {
    /// The trajectories of a full batch: with their clones, enough columns for products at full speed.
    static let width = 32

    let cloud: PointCloud
    let schedule: CollapseSchedule
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
        var columns = Columns(positions: points(owners), of: cloud)
        let step = OrnsteinUhlenbeck.level(at: schedule.step)
        var losses = [Int?](repeating: nil, count: count)
        for index in 1...schedule.steps {
            columns.move(position: Float(step.signal), mean: nil, noise: Float(step.deviation), using: &noise)
            columns.weigh(against: cloud, at: schedule.level(index))
            for column in 0..<count where losses[column] == nil && columns.weights[column].nearest != owners[column] {
                losses[column] = index
            }
            if let place = schedule.recorded.firstIndex(of: index) {
                for column in 0..<count { tally.participation[place] += columns.weights[column].participation }
            }
            if index % 8 == 0 {
                if context.isStopping { throw Interrupted() }
                progress(Double(index) / Double(schedule.steps))
            }
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
        var noise = context.stream("backward/\(first)")
        let level = schedule.level(schedule.steps)
        var columns = Columns(positions: points(owners(context.stream("origins/\(first)"))), of: cloud)
        columns.move(position: Float(level.signal), mean: nil, noise: Float(level.deviation), using: &start)
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
            columns.setMeans(of: cloud)
            columns.move(position: bridge.position, mean: bridge.mean, noise: bridge.noise, using: &noise)
            if index % 8 == 0 {
                if context.isStopping { throw Interrupted() }
                progress(1 - Double(index) / Double(schedule.steps))
            }
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
        // The upper half of a product with a random word: uniform to one part in 2^32 / n.
        return (0..<count).map { _ in Int((UInt64(stream.nextWord()) * UInt64(cloud.points.columns)) >> 32) }
    }

    private func points(_ owners: [Int]) -> Matrix<Float> {
        Matrix(rows: cloud.points.rows, columns: count) { row, column in cloud.points[row, owners[column]] }
    }
}

/// Positions, one per column, with the weights of all points at each of them.
private struct Columns {
    private(set) var positions: Matrix<Float>
    private(set) var weights: [PointWeights] = []
    private var scores: Matrix<Float>
    private var means: Matrix<Float>
    private var noise: Matrix<Float>

    init(positions: Matrix<Float>, of cloud: PointCloud) {
        self.positions = positions
        scores = Matrix(rows: cloud.points.columns, columns: positions.columns)
        means = Matrix(rows: positions.rows, columns: positions.columns)
        noise = means
    }

    /// Adds positions at the end.
    mutating func append(_ others: Matrix<Float>) {
        positions = positions.appending(others)
        scores = Matrix(rows: scores.rows, columns: positions.columns)
        means = Matrix(rows: positions.rows, columns: positions.columns)
        noise = means
    }

    /// Sets the weights of all points at all positions; without a level only the nearest point has a meaning.
    mutating func weigh(against cloud: PointCloud, at level: NoiseLevel?) {
        scores.setProduct(cloud.points, positions, transposing: .first)
        let precision = level.map { $0.signal / ($0.deviation * $0.deviation) } ?? 1
        let (scale, norms) = (Float(precision), Float(precision * (level?.signal ?? 1)))
        let (rows, columns) = (scores.rows, scores.columns)
        weights.removeAll(keepingCapacity: true)
        scores.withUnsafeMutablePointer { scores in
            cloud.halfNorms.withUnsafeBufferPointer { halfNorms in
                for column in 0..<columns {
                    weights.append(
                        PointWeights(
                            replacing: UnsafeMutableBufferPointer(start: scores + column * rows, count: rows),
                            halfNorms: halfNorms, scale: scale, norms: norms))
                }
            }
        }
    }

    /// Sets the posterior means, not yet divided by the partition of the weights.
    mutating func setMeans(of cloud: PointCloud) { means.setProduct(cloud.points, scores) }

    /// Moves every position to `position x + mean m + noise z`.
    mutating func move(position: Float, mean: Float?, noise factor: Float, using stream: inout RandomStream) {
        let (rows, columns) = (positions.rows, positions.columns)
        noise.withUnsafeMutablePointer {
            Float.fillNormals(UnsafeMutableBufferPointer(start: $0, count: rows * columns), using: &stream)
        }
        positions.withUnsafeMutablePointer { positions in
            noise.withUnsafePointer { noise in
                guard let mean else {
                    for index in 0..<rows * columns {
                        positions[index] = position * positions[index] + factor * noise[index]
                    }
                    return
                }
                means.withUnsafePointer { means in
                    for column in 0..<columns {
                        let pull = mean / Float(weights[column].partition)
                        for index in column * rows..<(column + 1) * rows {
                            let moved = position * positions[index] + pull * means[index]
                            positions[index] = moved + factor * noise[index]
                        }
                    }
                }
            }
        }
    }
}
