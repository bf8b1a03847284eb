import LinearAlgebra
import SweepGrid

/// Positions, one per column, with the weights of all points at each of them, and what each is drawn to.
struct CollapseColumns {
    private(set) var positions: Matrix<Float>
    private(set) var weights: [PointWeights] = []
    private var scores: Matrix<Float>
    private var targets: Matrix<Float>
    /// What a target is to be multiplied by.
    private var scales: [Float]
    private var noise: Matrix<Float>

    init(positions: Matrix<Float>, of cloud: PointCloud) {
        self.positions = positions
        scores = Matrix(rows: cloud.points.columns, columns: positions.columns)
        targets = Matrix(rows: positions.rows, columns: positions.columns)
        scales = Array(repeating: 1, count: positions.columns)
        noise = targets
    }

    /// Adds positions at the end.
    mutating func append(_ others: Matrix<Float>) {
        positions = positions.appending(others)
        scores = Matrix(rows: scores.rows, columns: positions.columns)
        targets = Matrix(rows: positions.rows, columns: positions.columns)
        scales = Array(repeating: 1, count: positions.columns)
        noise = targets
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

    /// Draws every position to a point of its own, by the weights.
    mutating func setTargets(drawnFrom cloud: PointCloud, using choices: inout RandomStream) {
        let rows = positions.rows
        scores.withUnsafePointer { scores in
            targets.withUnsafeMutablePointer { targets in
                cloud.points.withUnsafePointer { points in
                    for (column, weight) in weights.enumerated() {
                        let point = Self.drawn(
                            by: UnsafeBufferPointer(
                                start: scores + column * cloud.points.columns, count: cloud.points.columns),
                            weight, at: choices.nextUniform())
                        (targets + column * rows).update(from: points + point * rows, count: rows)
                    }
                }
            }
        }
        for column in scales.indices { scales[column] = 1 }
    }

    /// The point at a place in 0..<1 of all weights laid end to end: the nearest first, as it is nearly always the one.
    private static func drawn(by weights: UnsafeBufferPointer<Float>, _ sums: PointWeights, at place: Double) -> Int {
        var rest = place * sums.partition - Double(weights[sums.nearest])
        guard rest >= 0 else { return sums.nearest }
        for (point, weight) in weights.enumerated() where point != sums.nearest {
            rest -= Double(weight)
            if rest < 0 { return point }
        }
        // The sum of the weights was rounded up.
        return sums.nearest
    }

    /// Draws every position to the posterior mean there.
    mutating func setTargets(meansOf cloud: PointCloud) {
        targets.setProduct(cloud.points, scores)
        for (column, weight) in weights.enumerated() { scales[column] = Float(1 / weight.partition) }
    }

    /// Moves every position to `position x + target a + noise z`.
    mutating func move(position: Float, target: Float = 0, noise factor: Float, using stream: inout RandomStream) {
        let (rows, columns) = (positions.rows, positions.columns)
        noise.withUnsafeMutablePointer {
            Float.fillNormals(UnsafeMutableBufferPointer(start: $0, count: rows * columns), using: &stream)
        }
        positions.withUnsafeMutablePointer { positions in
            noise.withUnsafePointer { noise in
                targets.withUnsafePointer { targets in
                    for column in 0..<columns {
                        let pull = target * scales[column]
                        for index in column * rows..<(column + 1) * rows {
                            let moved = position * positions[index] + pull * targets[index]
                            positions[index] = moved + factor * noise[index]
                        }
                    }
                }
            }
        }
    }
}
