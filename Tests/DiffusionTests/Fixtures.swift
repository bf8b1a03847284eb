import Diffusion
import LinearAlgebra
import SweepGrid

/// A context whose streams depend on a dimension, a trial and the stream's name, as those of a sweep do.
func context(_ dimension: Int, _ trial: UInt64) -> Context {
    Context(streams: StreamSource { stream($0, dimension, trial) })
}

/// The stream of that name; the hash is FNV-1a.
func stream(_ name: String, _ dimension: Int, _ trial: UInt64) -> RandomStream {
    let name = name.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01b3 }
    return RandomStream(key: trial << 32 | UInt64(dimension), highCounter: name)
}

/// Clean samples of one component with its true basis.
func lowRankSamples(
    ambient: Int = 48, dimension: Int, count: Int, trial: UInt64
) throws -> (samples: Matrix<Double>, truth: Matrix<Double>) {
    var subspaces = stream("subspaces", dimension, trial)
    var samples = stream("samples", dimension, trial)
    let mixture = try LowRankGaussianMixture.random(
        ambientDimension: ambient, intrinsicDimension: dimension, using: &subspaces)
    return (mixture.samples(count, using: &samples), mixture.bases[0])
}

/// A random frame to start from.
func randomFrame(ambient: Int = 48, dimension: Int, trial: UInt64) throws -> Matrix<Double> {
    var initialisation = stream("initialisation", dimension, trial)
    return try .orthonormalFrame(rows: ambient, columns: dimension, using: &initialisation)
}
