import LinearAlgebra
import SweepGrid

/// Stochastic training of the low-rank denoising auto-encoder with one component: `x_hat(y) = c U U^T y`.
///
/// A step draws fresh noise for every sample, `y = x + gamma e`, and follows the gradient of the mean of
/// `||c U U^T y - x||^2` over the batch, with `c = 1 / (1 + gamma^2)` (EDM parametrisation, signal 1, weight 1).
///
/// Two facts keep a step cheap (derived). With the codes `p = U^T y` and `z = U^T x` the gradient is
/// `2 c [(c U p - x) p^T + y (c p - z)^T]`, whose part in the span of U drops out of a step on the Grassmann manifold: what
/// remains is the tangent part of `2 c [-x p^T + y (c p - z)^T]`. And each y is a sample plus noise, so that the whole batch
/// is the product of `[samples, noise]` with coefficients, of which the samples appear once however many draws they get.
struct LowRankDenoiserTraining<Scalar: MatrixScalar> {
    /// Brings a frame back to orthonormal columns, with scratch space for their products.
    typealias Retract = @Sendable (_ frame: inout Matrix<Scalar>, _ gram: inout Matrix<Scalar>) throws -> Void

    /// The random streams that a training consumes.
    struct Streams {
        var noise: RandomStream
        var levels: RandomStream
    }

    /// The orthonormal basis U: ambient x intrinsic dimension.
    private(set) var frame: Matrix<Scalar>
    /// The tangent gradient of the last batch.
    private(set) var gradient: Matrix<Scalar>

    private let sampleCount: Int
    private let batchCount: Int
    private let deviations: [Scalar]
    private let shrinkages: [Scalar]
    private let retract: Retract
    private var streams: Streams
    private var optimiser: Adam<Scalar>

    /// The samples, then the noise of the batch, one per column.
    private var inputs: Matrix<Scalar>
    /// `U^T inputs`.
    private var codes: Matrix<Scalar>
    /// The coefficient of each input in the gradient: `gradient = inputs coefficients^T` before the projection.
    private var coefficients: Matrix<Scalar>
    private var gram: Matrix<Scalar>
    private var levelWords: [UInt32]

    /// Prepares a training.
    ///
    /// - Parameters:
    ///   - samples: one per column.
    ///   - start: the orthonormal frame to start from.
    ///   - draws: noisy copies of each sample in a batch.
    init(
        samples: Matrix<Double>, start: Matrix<Double>, draws: Int, levels: NoiseLevels, streams: Streams,
        retract: @escaping Retract = { try Retraction.qr(&$0, gram: &$1) }
    ) {
        sampleCount = samples.columns
        batchCount = samples.columns * draws
        deviations = levels.deviations.map { Scalar($0) }
        shrinkages = levels.shrinkages.map { Scalar($0) }
        self.retract = retract
        self.streams = streams
        let (ambient, intrinsic) = (start.rows, start.columns)
        frame = start.converted(to: Scalar.self)
        gradient = Matrix(rows: ambient, columns: intrinsic)
        optimiser = Adam(rows: ambient, columns: intrinsic)
        let noise = Matrix<Scalar>(rows: ambient, columns: batchCount)
        inputs = samples.converted(to: Scalar.self).appending(noise)
        codes = Matrix(rows: intrinsic, columns: sampleCount + batchCount)
        coefficients = Matrix(rows: intrinsic, columns: sampleCount + batchCount)
        gram = Matrix(rows: intrinsic, columns: intrinsic)
        levelWords = Array(repeating: 0, count: batchCount)
    }

    /// One step: batch, gradient, optimiser, retraction. Allocates nothing.
    mutating func step(rate: Scalar) throws {
        drawBatch()
        computeGradient()
        optimiser.step(&frame, along: gradient, rate: rate)
        try retract(&frame, &gram)
    }

    /// Draws the noise and the noise levels of a batch.
    mutating func drawBatch() {
        let (ambient, samples, batch) = (inputs.rows, sampleCount, batchCount)
        inputs.withUnsafeMutablePointer { inputs in
            let noise = UnsafeMutableBufferPointer(start: inputs + ambient * samples, count: ambient * batch)
            Scalar.fillNormals(noise, using: &streams.noise)
        }
        levelWords.withUnsafeMutableBufferPointer { streams.levels.fillWords($0) }
    }

    /// Computes the tangent gradient of the batch's mean loss at the frame.
    mutating func computeGradient() {
        codes.setProduct(frame, inputs, transposing: .first)
        computeCoefficients()
        gradient.setProduct(inputs, coefficients, transposing: .second, scale: 1 / Scalar(batchCount))
        gram.setProduct(frame, gradient, transposing: .first)
        gradient.setProduct(frame, gram, scale: -1, keeping: 1)
    }

    /// Draw b belongs to sample b modulo their number: a batch is whole copies of the samples, one after another.
    private mutating func computeCoefficients() {
        let (intrinsic, samples, batch) = (codes.rows, sampleCount, batchCount)
        let (codes, levelWords, deviations, shrinkages) = (codes, levelWords, deviations, shrinkages)
        coefficients.withUnsafeMutablePointer { coefficients in
            coefficients.update(repeating: 0, count: intrinsic * samples)
            codes.withUnsafePointer { codes in
                var sample = 0
                for draw in 0..<batch {
                    let level = NoiseLevels.index(of: levelWords[draw])
                    let (deviation, shrinkage) = (deviations[level], shrinkages[level])
                    let twice = 2 * shrinkage
                    let clean = codes + intrinsic * sample
                    let noise = codes + intrinsic * (samples + draw)
                    let ofSample = coefficients + intrinsic * sample
                    let ofNoise = coefficients + intrinsic * (samples + draw)
                    for row in 0..<intrinsic {
                        let code = clean[row] + deviation * noise[row]
                        let pull = shrinkage * code - clean[row]
                        ofSample[row] += twice * (pull - code)
                        ofNoise[row] = twice * deviation * pull
                    }
                    sample = sample + 1 == samples ? 0 : sample + 1
                }
            }
        }
    }

    /// The mean loss of the drawn batch at any frame, by its definition; for tests of the gradient.
    func batchLoss(at frame: Matrix<Scalar>) -> Scalar {
        var total: Scalar = 0
        for draw in 0..<batchCount {
            let level = NoiseLevels.index(of: levelWords[draw])
            let clean = inputs.columns(draw % sampleCount..<draw % sampleCount + 1)
            let noise = inputs.columns(sampleCount + draw..<sampleCount + draw + 1)
            let noisy = clean + deviations[level] * noise
            let denoised = shrinkages[level] * (frame * Matrix.product(frame, noisy, transposing: .first))
            total += (denoised - clean).squaredNorm
        }
        return total / Scalar(batchCount)
    }
}
