internal import CKernels
import SweepGrid

/// The instruction sets that the kernels of random variates are compiled for; `RandomStream` takes the widest one.
///
/// Tests run each one that the processor has and compare the bits.
enum InstructionSet: CaseIterable, Sendable {
    case baseline, x86_64_v3, x86_64_v4

    /// Whether this processor has it.
    var isSupported: Bool { kernels_supports(variant) != 0 }

    func words(_ count: Int, of stream: RandomStream) -> [UInt32] {
        var words = [UInt32](repeating: 0, count: count)
        kernels_words_variant(variant, stream.philox, stream.position, &words, count)
        return words
    }

    func floatNormals(_ count: Int, of stream: RandomStream) -> [Float] {
        var normals = [Float](repeating: 0, count: count)
        kernels_normals_float_variant(variant, stream.philox, stream.position, &normals, count)
        return normals
    }

    func doubleNormals(_ count: Int, of stream: RandomStream) -> [Double] {
        var normals = [Double](repeating: 0, count: count)
        kernels_normals_double_variant(variant, stream.philox, stream.position / 2, &normals, count)
        return normals
    }

    func weights(after descent: OnlineDescent, _ weights: [Float], clean: [Float], noise: [Float]) -> [Float] {
        var weights = weights
        _ = kernels_sphere_steps_variant(
            variant, descent.descent, descent.watch, &weights, weights.count, clean, noise, clean.count / weights.count)
        return weights
    }

    var variant: kernels_variant {
        switch self {
        case .baseline: kernels_baseline
        case .x86_64_v3: kernels_x86_64_v3
        case .x86_64_v4: kernels_x86_64_v4
        }
    }
}
