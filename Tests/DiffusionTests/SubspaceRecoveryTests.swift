import LinearAlgebra
import SweepGrid
import Testing

@testable import Diffusion

@Suite struct SubspaceRecoveryTests {
    @Test(arguments: 2...8)
    func principalComponentsRecoverTheSubspaceFromAsManySamplesAsDimensionsAndNoFewer(dimension: Int) throws {
        for count in 2...15 {
            for trial in 0..<20 as Range<UInt64> {
                let error = try recoveryError(.pca, dimension, count, trial)
                #expect((error < 0.5) == (count >= dimension), "N = \(count), trial \(trial): \(error)")
            }
        }
    }
}

/// The recovery error of a noiseless task whose streams are keyed by dimension and trial, as those of a sweep are.
func recoveryError(
    _ method: SubspaceRecovery.Method, _ dimension: Int, _ count: Int, _ trial: UInt64
) throws -> Double {
    var parameters = SubspaceRecovery.Parameters()
    parameters.intrinsicDimension = dimension
    parameters.sampleCount = count
    parameters.method = method
    return try SubspaceRecovery.run(parameters, in: context(dimension, trial)).recoveryError
}

/// A context whose streams depend on a dimension, a trial and the stream's name.
func context(_ dimension: Int, _ trial: UInt64) -> Context {
    Context(
        streams: StreamSource { name in
            let name = name.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01b3 }
            return RandomStream(key: trial << 32 | UInt64(dimension), highCounter: name)
        })
}
