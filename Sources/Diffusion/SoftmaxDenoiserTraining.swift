import LinearAlgebra
import SweepGrid

/// Stochastic training of the low-rank denoiser with several components: `x_hat(y) = c sum_k w_k U_k U_k^T y`.
///
/// The weights are the softmax of `phi ||U_k^T y||^2`, `phi = 1 / (2 gamma^2 (1 + gamma^2))`: the posterior mean of a mixture
/// of low-rank Gaussians of equal weights and dimensions, with its bases as parameters (arXiv 2409.02426). A step draws fresh
/// noise for every sample and follows the exact gradient of the mean of `||x_hat(y) - x||^2`, softmax included (derived): with
/// the codes `p_k = U_k^T y`, the error `e = 2 (x_hat - x)` and `delta_k = w_k (c p_k . U_k^T e - sum_l w_l c p_l . U_l^T e)`,
///
///     d loss / d U_k = c w_k (e p_k^T + y (U_k^T e)^T) + 2 phi delta_k y p_k^T.
///
/// All bases stand side by side in one frame, so that every sum over the batch is one product: the codes, the images
/// `U^T U (w p)` that stand for x_hat, and the gradient in its parts along the frame and along `[samples, noise]`.
struct SoftmaxDenoiserTraining<Scalar: MatrixScalar> {
    /// The orthonormal bases side by side: ambient dimension x (components x intrinsic dimension).
    private(set) var frame: Matrix<Scalar>
    /// The gradient of the last batch, without the part of each block in the span of its own basis.
    private(set) var gradient: Matrix<Scalar>
    /// The mean loss of the last batch.
    private(set) var loss: Scalar = 0
    /// The number of components K.
    let components: Int

    private let sampleCount: Int
    private let batchCount: Int
    private let levels: NoiseLevels
    private let deviations: [Scalar]
    private let energy: Scalar
    private(set) var streams: LowRankDenoiserTraining<Scalar>.Streams
    private var optimiser: Adam<Scalar>
    private var batch: SoftmaxBatch<Scalar>

    /// The samples, then the noise of the batch, one per column.
    private var inputs: Matrix<Scalar>
    /// `U^T inputs`.
    private var codes: Matrix<Scalar>
    private var gram: Matrix<Scalar>
    private var moment: Matrix<Scalar>
    private var levelWords: [UInt32]

    /// Prepares a training.
    ///
    /// - Parameters:
    ///   - samples: one per column.
    ///   - starts: the orthonormal frames to start from, one a component, all of one shape.
    ///   - draws: noisy copies of each sample in a batch.
    init(
        samples: Matrix<Double>, starts: [Matrix<Double>], draws: Int, levels: NoiseLevels,
        streams: LowRankDenoiserTraining<Scalar>.Streams
    ) {
        precondition(starts.allSatisfy { $0.rows == samples.rows && $0.columns == starts[0].columns })
        components = starts.count
        sampleCount = samples.columns
        batchCount = samples.columns * draws
        self.levels = levels
        deviations = levels.deviations.map { Scalar($0) }
        energy = Scalar(samples.squaredNorm) * Scalar(draws)
        self.streams = streams
        frame = starts.dropFirst().reduce(starts[0]) { $0.appending($1) }.converted(to: Scalar.self)
        let (ambient, width) = (frame.rows, frame.columns)
        gradient = Matrix(rows: ambient, columns: width)
        optimiser = Adam(rows: ambient, columns: width)
        let noise = Matrix<Scalar>(rows: ambient, columns: batchCount)
        inputs = samples.converted(to: Scalar.self).appending(noise)
        codes = Matrix(rows: width, columns: sampleCount + batchCount)
        gram = Matrix.product(frame, frame, transposing: .first)
        moment = Matrix(rows: width, columns: width)
        batch = SoftmaxBatch(
            components: starts.count, dimension: starts[0].columns, samples: sampleCount, draws: batchCount)
        levelWords = Array(repeating: 0, count: batchCount)
    }

    /// The basis of each component.
    var bases: [Matrix<Scalar>] {
        let dimension = frame.columns / components
        return (0..<components).map { frame.columns($0 * dimension..<($0 + 1) * dimension) }
    }

    /// One step: batch, gradient, optimiser, retraction. Allocates nothing.
    ///
    /// - Parameter level: the index of the one noise level of all draws; nil draws a level for each.
    mutating func step(rate: Scalar, level: Int? = nil) throws {
        drawBatch(level: level)
        computeGradient()
        optimiser.step(&frame, along: gradient, rate: rate)
        try Retraction.qr(&frame, gram: &gram, blocks: components)
    }

    /// Draws the noise and the noise levels of a batch.
    mutating func drawBatch(level: Int? = nil) {
        let (ambient, samples, batch) = (inputs.rows, sampleCount, batchCount)
        inputs.withUnsafeMutablePointer { inputs in
            let noise = UnsafeMutableBufferPointer(start: inputs + ambient * samples, count: ambient * batch)
            Scalar.fillNormals(noise, using: &streams.noise)
        }
        if let level {
            for draw in 0..<batchCount { levelWords[draw] = NoiseLevels.word(of: level) }
        } else {
            levelWords.withUnsafeMutableBufferPointer { streams.levels.fillWords($0) }
        }
    }

    /// Computes the loss of the batch and its tangent gradient at the frame.
    mutating func computeGradient() {
        computeLoss()
        batch.setCoefficients(codes: codes)
        let scale = 1 / Scalar(batchCount)
        moment.setProduct(batch.weighted, batch.weighted, transposing: .second, scale: 2 * scale)
        gradient.setProduct(frame, moment)
        gradient.setProduct(inputs, batch.coefficients, transposing: .second, scale: scale, keeping: 1)
        removeNormalPart()
    }

    /// Computes the mean loss of the batch at the frame, and what its gradient needs.
    mutating func computeLoss() {
        gram.setProduct(frame, frame, transposing: .first)
        codes.setProduct(frame, inputs, transposing: .first)
        batch.setWeights(codes: codes, levelWords: levelWords, deviations: deviations)
        batch.setImages(gram: gram)
        loss = (energy + batch.lossBeyondEnergy(codes: codes)) / Scalar(batchCount)
    }

    /// Takes from each block of the gradient its part in the span of the block's own basis.
    private mutating func removeNormalPart() {
        moment.setProduct(frame, gradient, transposing: .first)
        let (width, dimension) = (frame.columns, frame.columns / components)
        moment.withUnsafeMutablePointer { moment in
            for column in 0..<width {
                let own = column / dimension * dimension
                for row in 0..<width where row < own || row >= own + dimension { moment[row + column * width] = 0 }
            }
        }
        gradient.setProduct(frame, moment, scale: -1, keeping: 1)
    }

    /// The mean loss of the drawn batch at any bases, by its definition; for tests of the gradient.
    ///
    /// - Parameter frozen: bases that the weights are computed at; nil for `bases` itself.
    func batchLoss(at bases: [Matrix<Scalar>], weightsAt frozen: [Matrix<Scalar>]? = nil) -> Scalar {
        var total: Scalar = 0
        for draw in 0..<batchCount {
            let deviation = deviations[NoiseLevels.index(of: levelWords[draw])]
            let clean = inputs.columns(draw % sampleCount..<draw % sampleCount + 1)
            let noise = inputs.columns(sampleCount + draw..<sampleCount + draw + 1)
            let noisy = clean + deviation * noise
            let codes = bases.map { Matrix.product($0, noisy, transposing: .first) }
            let factor = 1 / (2 * deviation * deviation * (1 + deviation * deviation))
            let weights = softmax(
                (frozen ?? bases).map { factor * Matrix.product($0, noisy, transposing: .first).squaredNorm })
            var denoised = Matrix<Scalar>(rows: noisy.rows, columns: 1)
            for (index, basis) in bases.enumerated() {
                let shrinkage = 1 / (1 + deviation * deviation)
                denoised.setProduct(basis, codes[index], scale: weights[index] * shrinkage, keeping: 1)
            }
            total += (denoised - clean).squaredNorm
        }
        return total / Scalar(batchCount)
    }
}
