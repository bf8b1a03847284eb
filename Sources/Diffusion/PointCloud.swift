import Foundation
public import LinearAlgebra
public import SweepGrid

/// The training points of a memorising diffusion, and what their noisy copies tell about where they came from.
///
/// A copy is `x = s a + gamma z` of a point `a`; the posterior over all points is the softmax of `-||x - s a_i||^2 / 2 gamma^2`.
/// With the products `a_i . a` and `a_i . z` that posterior is known at every noise level, so the levels share both products:
/// two matrix products serve any number of times.
public struct PointCloud: Sendable {
    /// The points, one per column.
    public let points: Matrix<Float>
    /// Half the squared norm of each point.
    let halfNorms: [Float]

    /// What the posteriors of many noisy copies say on average.
    public struct Means: Hashable, Sendable {
        /// The mean entropy of the posterior in nats.
        public var entropy = 0.0
        /// The mean weight of the point that the copy was made from.
        public var ownWeight = 0.0
        /// The mean sum of the squared weights.
        public var participation = 0.0
        /// The standard error of `ownWeight - participation`, whose expectation is 0 (Nishimori's identity).
        public var identityError = 0.0
    }

    /// Creates the cloud of at least one point.
    public init(points: Matrix<Float>) {
        precondition(points.columns >= 1 && points.rows >= 1, "a cloud of no points")
        self.points = points
        halfNorms = points.withUnsafePointer { base in
            (0..<points.columns).map { column in
                var sum = 0.0
                for row in column * points.rows..<(column + 1) * points.rows {
                    sum += Double(base[row]) * Double(base[row])
                }
                return Float(0.5 * sum)
            }
        }
    }

    /// A random point: the upper half of a product with a random word, uniform to one part in `2^32 / n`.
    func nextPoint(using stream: inout RandomStream) -> Int {
        Int((UInt64(stream.nextWord()) * UInt64(points.columns)) >> 32)
    }

    /// The entropy of equal weights, `ln n`.
    public var largestEntropy: Double { log(Double(points.columns)) }

    /// The mean posterior of `count` noisy copies of randomly chosen points at each level.
    ///
    /// The posteriors are those of the levels `assumed`; others than the true ones are a negative control.
    /// The same points and noise serve every level. Cost: about `4 n d` operations a copy, and `n` exponentials a copy and level.
    public func means(
        ofCopies count: Int, at levels: [NoiseLevel], assuming assumed: [NoiseLevel]? = nil,
        choosing choices: inout RandomStream,
        noise stream: inout RandomStream, progress: (Double) -> Void = { _ in }
    ) -> [Means] {
        // The scores of a block stay within some ten megabytes.
        let width = max(1, min(count, 256, (1 << 21) / points.columns))
        var sums = levels.map { _ in Sums() }
        var block = Block(cloud: self, width: width)
        for first in stride(from: 0, to: count, by: width) {
            let size = min(width, count - first)
            if size != block.width { block = Block(cloud: self, width: size) }
            block.draw(from: self, choosing: &choices, noise: &stream)
            for copy in 0..<size {
                for (index, level) in levels.enumerated() {
                    let assumed = assumed?[index] ?? level
                    sums[index].add(posterior(ofCopy: copy, in: block, at: level, assuming: assumed))
                }
            }
            progress(Double(first + size) / Double(count))
        }
        return sums.map { $0.means }
    }

    /// The posterior of one copy of a block.
    private func posterior(
        ofCopy copy: Int, in block: Block, at level: NoiseLevel, assuming assumed: NoiseLevel
    ) -> PointPosterior {
        // -||x - s a_i||^2 / 2 gamma^2 = (s a_i . x - s^2 ||a_i||^2 / 2) / gamma^2 + a part that all points share.
        let precision = assumed.signal / (assumed.deviation * assumed.deviation)
        let scale = PointPosterior.Scale(
            clean: Float(precision * level.signal), noise: Float(precision * level.deviation),
            norms: Float(precision * assumed.signal))
        let count = points.columns
        return block.cleanProducts.withUnsafePointer { clean in
            block.noiseProducts.withUnsafePointer { noise in
                halfNorms.withUnsafeBufferPointer { halfNorms in
                    PointPosterior(
                        clean: UnsafeBufferPointer(start: clean + copy * count, count: count),
                        noise: UnsafeBufferPointer(start: noise + copy * count, count: count),
                        halfNorms: halfNorms, scale: scale, own: block.chosen[copy])
                }
            }
        }
    }

    /// Chosen points and noise, one per column, with their products with every point.
    private struct Block {
        let width: Int
        var chosen: [Int]
        var clean: Matrix<Float>
        var noise: Matrix<Float>
        var cleanProducts: Matrix<Float>
        var noiseProducts: Matrix<Float>

        init(cloud: PointCloud, width: Int) {
            self.width = width
            chosen = Array(repeating: 0, count: width)
            clean = Matrix(rows: cloud.points.rows, columns: width)
            noise = clean
            cleanProducts = Matrix(rows: cloud.points.columns, columns: width)
            noiseProducts = cleanProducts
        }

        mutating func draw(
            from cloud: PointCloud, choosing choices: inout RandomStream, noise stream: inout RandomStream
        ) {
            let (rows, width) = (cloud.points.rows, width)
            for copy in 0..<width { chosen[copy] = cloud.nextPoint(using: &choices) }
            cloud.points.withUnsafePointer { points in
                clean.withUnsafeMutablePointer { clean in
                    for (copy, point) in chosen.enumerated() {
                        (clean + copy * rows).update(from: points + point * rows, count: rows)
                    }
                }
            }
            noise.withUnsafeMutablePointer {
                Float.fillNormals(UnsafeMutableBufferPointer(start: $0, count: rows * width), using: &stream)
            }
            cleanProducts.setProduct(cloud.points, clean, transposing: .first)
            noiseProducts.setProduct(cloud.points, noise, transposing: .first)
        }
    }

    /// Sums over copies at one level.
    private struct Sums {
        private var count = 0.0
        private var entropy = 0.0
        private var ownWeight = 0.0
        private var participation = 0.0
        private var squaredGap = 0.0

        mutating func add(_ posterior: PointPosterior) {
            count += 1
            entropy += posterior.entropy
            ownWeight += posterior.ownWeight
            participation += posterior.participation
            let gap = posterior.ownWeight - posterior.participation
            squaredGap += gap * gap
        }

        var means: Means {
            let gap = (ownWeight - participation) / count
            let variance = max(0, squaredGap / count - gap * gap)
            return Means(
                entropy: entropy / count, ownWeight: ownWeight / count, participation: participation / count,
                identityError: (variance / max(1, count - 1)).squareRoot())
        }
    }
}

extension GaussianPair {
    /// Draws clean samples in single precision, one per column; fewer samples are a beginning of more.
    ///
    /// The class of each comes from `classes`, its deviation from the class's mean from `stream`.
    public func samples(
        _ count: Int, classes: inout RandomStream, using stream: inout RandomStream
    ) -> Matrix<Float> {
        var samples = Matrix<Float>.normal(rows: dimension, columns: count, using: &stream)
        samples.withUnsafeMutablePointer { base in
            for column in 0..<count {
                let mean = Float(classes.nextWord() & 1 == 0 ? separation : -separation)
                for index in column * dimension..<(column + 1) * dimension {
                    base[index] = mean + Float(deviation) * base[index]
                }
            }
        }
        return samples
    }
}
