internal import CKernels

/// What the softmax over a set of points says: which of them a noisy point came from.
public struct PointPosterior: Hashable, Sendable {
    /// The entropy of the weights in nats, in 0...ln n.
    public var entropy: Double
    /// The weight of the point that was asked for, in 0...1.
    public var ownWeight: Double
    /// The sum of the squared weights, in 1/n...1.
    public var participation: Double

    /// The factors of the three parts of a logarithmic weight.
    public struct Scale: Hashable, Sendable {
        /// The factor of the products with the clean part of the query.
        public var clean: Float
        /// The factor of the products with its noise.
        public var noise: Float
        /// The factor of half the squared norms of the points; it counts negative.
        public var norms: Float

        /// Creates the factors.
        public init(clean: Float, noise: Float, norms: Float) {
            self.clean = clean
            self.noise = noise
            self.norms = norms
        }
    }

    /// The posterior with logarithmic weights `clean_i scale.clean + noise_i scale.noise - halfNorms_i scale.norms`.
    ///
    /// The largest weight is found first, so that weights of any size neither overflow nor vanish together. Two passes over
    /// the points; the bits are the same on every processor. All three arrays have one length >= 1, of which `own` is an index.
    public init(
        clean: UnsafeBufferPointer<Float>, noise: UnsafeBufferPointer<Float>, halfNorms: UnsafeBufferPointer<Float>,
        scale: Scale, own: Int
    ) {
        precondition(clean.count == noise.count && clean.count == halfNorms.count, "arrays of different lengths")
        precondition(clean.indices.contains(own), "point \(own) of \(clean.count)")
        var query = kernels_query(
            clean: clean.baseAddress, noise: noise.baseAddress, halfNorms: halfNorms.baseAddress)
        self.init(kernels_posterior_of(&query, scale.kernel, own, clean.count))
    }

    init(_ posterior: kernels_posterior) {
        entropy = posterior.entropy
        ownWeight = posterior.ownWeight
        participation = posterior.participation
    }
}

extension PointPosterior.Scale {
    var kernel: kernels_query_scale { kernels_query_scale(clean: clean, noise: noise, norms: norms) }
}
