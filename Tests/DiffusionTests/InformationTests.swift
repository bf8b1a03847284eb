import Foundation
import LinearAlgebra
import SweepGrid
import Testing

@testable import Diffusion

@Suite struct InformationTests {
    /// Oracle 10, I-MMSE: the entropy of the posterior falls with the ratio of signal to noise by half the error of its mean.
    ///
    /// `d H(mu | x) / d snr = -E ||a - D(x)||^2 / 2` for `x = a_mu + z / sqrt(snr)`. The entropies on both sides of a level use
    /// the same points and noise, so that their difference has little chance in it. (Guo, Shamai & Verdu 2005.)
    @Test(arguments: [0.1, 0.5, 2])
    func oracle10TheEntropyFallsByHalfTheErrorOfThePosteriorMean(ratio: Double) {
        var random = stream("points", 4, 1)
        let cloud = EmpiricalDistribution(samples: Matrix.normal(rows: 4, columns: 12, using: &random))
        let step = 0.02 * ratio
        var differences: [Double] = []
        for _ in 0..<20_000 {
            let own = min(Int(random.nextUniform() * 12), 11)
            let clean = cloud.samples.columns(own..<own + 1)
            let noise = Matrix<Double>.normal(rows: 4, columns: 1, using: &random)
            func noisy(_ ratio: Double) -> (Matrix<Double>, NoiseLevel) {
                (clean + (1 / ratio.squareRoot()) * noise, NoiseLevel(deviation: 1 / ratio.squareRoot()))
            }
            func entropy(_ ratio: Double) -> Double {
                let (point, level) = noisy(ratio)
                return cloud.weights(of: point, at: level).reduce(0) { $0 - ($1 > 0 ? $1 * log($1) : 0) }
            }
            let (point, level) = noisy(ratio)
            let error = (clean - cloud.posteriorMean(of: point, at: level)).squaredNorm
            differences.append((entropy(ratio + step) - entropy(ratio - step)) / (2 * step) + error / 2)
        }
        let mean = differences.reduce(0, +) / Double(differences.count)
        let variance = differences.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(differences.count - 1)
        let error = (variance / Double(differences.count)).squareRoot()
        #expect(error < 0.05)
        #expect(abs(mean) < 4 * error + 0.002)
    }
}
