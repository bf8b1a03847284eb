internal import CKernels

/// The softmax over a set of points that a noisy position may have come from, left in place of the points' scores.
public struct PointWeights: Hashable, Sendable {
    /// The entropy of the weights in nats, in 0...ln n.
    public var entropy: Double
    /// The sum of the squared weights, in 1/n...1.
    public var participation: Double
    /// What the weights in place add up to: they are relative to the largest one, which is 1.
    public var partition: Double
    /// The point of the largest weight, the first of equal ones: the one nearest to the position.
    public var nearest: Int

    /// Replaces scores, the products of the points with a position, by `exp(scale score - norms halfNorm - largest)`.
    ///
    /// Both arrays have one length >= 1. Two passes over the points; weights of any size neither overflow nor vanish together,
    /// and the bits are the same on every processor.
    public init(
        replacing scores: UnsafeMutableBufferPointer<Float>, halfNorms: UnsafeBufferPointer<Float>, scale: Float,
        norms: Float
    ) {
        precondition(scores.count == halfNorms.count && !scores.isEmpty, "arrays of different lengths, or empty ones")
        // Both are not empty, so they have an address.
        self.init(kernels_weigh(scores.baseAddress, halfNorms.baseAddress, scale, norms, scores.count))
    }

    init(_ weights: kernels_weights) {
        entropy = weights.entropy
        participation = weights.participation
        partition = weights.partition
        nearest = Int(weights.nearest)
    }
}
