internal import CKernels

extension InstructionSet {
    func advance(_ positions: [Float], noise: [Float], by step: TiltedStep) -> [Float] {
        var positions = positions
        kernels_step_tilted_variant(variant, &positions, noise, positions.count, step.kernel)
        return positions
    }

    func advance(_ coordinates: [Float], noise: [Float], by step: ShiftedStep) -> (coordinates: [Float], sum: Double) {
        var coordinates = coordinates
        let sum = kernels_step_shifted_variant(variant, &coordinates, noise, coordinates.count, step.kernel)
        return (coordinates, sum)
    }

    func posterior(
        clean: [Float], noise: [Float], halfNorms: [Float], scale: PointPosterior.Scale, own: Int
    ) -> PointPosterior {
        clean.withUnsafeBufferPointer { clean in
            noise.withUnsafeBufferPointer { noise in
                halfNorms.withUnsafeBufferPointer { halfNorms in
                    var query = kernels_query(
                        clean: clean.baseAddress, noise: noise.baseAddress, halfNorms: halfNorms.baseAddress)
                    return PointPosterior(
                        kernels_posterior_of_variant(variant, &query, scale.kernel, own, clean.count))
                }
            }
        }
    }

    func weigh(
        _ scores: [Float], halfNorms: [Float], scale: Float, norms: Float
    ) -> (weights: [Float], sums: PointWeights) {
        var weights = scores
        let sums = kernels_weigh_variant(variant, &weights, halfNorms, scale, norms, weights.count)
        return (weights, PointWeights(sums))
    }
}
