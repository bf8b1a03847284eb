import Diffusion
import Foundation
import LinearAlgebra
import SweepGrid

/// Seconds of processor time that a call takes: the least of three.
func seconds(_ call: () throws -> Void) rethrows -> Double {
    var best = Double.infinity
    for _ in 0..<3 {
        let start = clock()
        try call()
        best = min(best, Double(clock() - start) / Double(CLOCKS_PER_SEC))
    }
    return best
}

func context(_ key: UInt64) -> Context {
    Context(
        streams: StreamSource { name in
            RandomStream(key: key, highCounter: name.utf8.reduce(0) { $0 &* 257 &+ UInt64($1) })
        })
}

/// The rate of scores and their log-sum-exp for `copies` noisy points at one level, against the product alone.
func distances(dimension: Int, count: Int, copies: Int) {
    var stream = RandomStream(key: 1, highCounter: UInt64(dimension))
    let points = Matrix<Float>.normal(rows: dimension, columns: count, using: &stream)
    let queries = Matrix<Float>.normal(rows: dimension, columns: copies, using: &stream)
    var scores = Matrix<Float>(rows: count, columns: copies)
    let halfNorms = [Float](repeating: 0.5 * Float(dimension), count: count)
    let operations = 2e-9 * Double(dimension) * Double(count) * Double(copies)
    let product = seconds { scores.setProduct(points, queries, transposing: .first) }
    var entropy = 0.0
    let whole = seconds {
        scores.setProduct(points, queries, transposing: .first)
        scores.withUnsafePointer { scores in
            halfNorms.withUnsafeBufferPointer { halfNorms in
                for copy in 0..<copies {
                    let column = UnsafeBufferPointer(start: scores + copy * count, count: count)
                    entropy +=
                        PointPosterior(
                            clean: column, noise: column, halfNorms: halfNorms,
                            scale: .init(clean: 0.1, noise: 0, norms: 0.1), own: copy
                        ).entropy
                }
            }
        }
    }
    print(
        String(
            format: "distances, d=%5d: product %6.1f GFLOP/s, with log-sum-exp %6.1f, share %3.0f %% (goal >= 70): %@",
            dimension, operations / product, operations / whole, 100 * product / whole,
            product / whole >= 0.7 ? "met" : "MISSED"))
}

print("OpenBLAS \(BLAS.version), \(BLAS.kernelFamily) kernels, \(BLAS.threads) thread")
for dimension in [256, 1_024, 4_096] { distances(dimension: dimension, count: 10_000, copies: 256) }

var parameters = Speciation.defaults
parameters.trajectories = 20_480
let steps = Double(parameters.trajectories) * 1_250
let reduced = try seconds { _ = try Speciation.run(parameters, in: context(1)) }
// The grid: four dimensions, branch times 1, 1.5, ..., 10, a million cloned trajectories in all for each dimension.
let whole = reduced / steps * 4 * 1e6 * 1_550
print(
    String(
        format:
            "speciation, reduced: %.2f ns a step; 10^6 for each d: %.0f s (goal <= 60), for each d and time: %.0f s",
        1e9 * reduced / steps, whole, 19 * whole))
parameters.engine = .full
parameters.dimension = 1_024
parameters.trajectories = 60
let full = try seconds { _ = try Speciation.run(parameters, in: context(1)) }
print(String(format: "speciation, full: %.2f ns a step and dimension", 1e9 * full / (60 * 1_250 * 1_024)))

parameters.engine = .reduced
parameters.trajectories = 100_000
let found = try Speciation.run(parameters, in: context(2)).sameClass
let theory = parameters.mixture.sameClassProbability(at: parameters.branchTime)
print("clones agree with probability \(found); theory \(theory)")
exit(abs(found - theory) < 0.01 ? 0 : 1)
