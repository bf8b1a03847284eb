public import LinearAlgebra

/// Mean and covariance of samples, one per column; the covariance has the weight 1 / N.
public struct SampleMoments: Sendable {
    /// The mean of each coordinate: one column.
    public let mean: Matrix<Double>
    /// The covariance matrix.
    public let covariance: Matrix<Double>

    /// Known moments.
    public init(mean: Matrix<Double>, covariance: Matrix<Double>) {
        precondition(mean.rows == covariance.rows && covariance.rows == covariance.columns && mean.columns == 1)
        self.mean = mean
        self.covariance = covariance
    }

    /// The moments of at least one sample.
    public init(of samples: Matrix<Double>) {
        precondition(samples.columns >= 1, "moments of no samples")
        let mean = samples.columnMean
        let centred = samples.subtracting(column: mean)
        covariance = (1 / Double(samples.columns)) * Matrix.product(centred, centred, transposing: .second)
        self.mean = mean
    }
}

/// The denoiser `D(x) = target + W (x - centre)`: Wiener filters, distilled denoisers, trained linear ones.
public struct AffineDenoiser: Sendable {
    /// The linear part W.
    public let weights: Matrix<Double>
    /// The input that is sent to `target`: one column.
    public let centre: Matrix<Double>
    /// The output at `centre`: one column.
    public let target: Matrix<Double>

    /// Creates a denoiser.
    public init(weights: Matrix<Double>, centre: Matrix<Double>, target: Matrix<Double>) {
        self.weights = weights
        self.centre = centre
        self.target = target
    }

    /// The Wiener filter of given moments at a noise deviation: `mean + Sigma (Sigma + sigma^2 I)^-1 (x - mean)`.
    ///
    /// The posterior mean of the Gaussian with these moments (EDM parametrisation), and the best affine denoiser of any law
    /// that has them.
    public static func wiener(_ moments: SampleMoments, deviation: Double) throws(LAPACKError) -> AffineDenoiser {
        let decomposition = try moments.covariance.symmetricEigendecomposition()
        let variance = deviation * deviation
        let weights = decomposition.rebuilt { max($0, 0) / (max($0, 0) + variance) }
        return AffineDenoiser(weights: weights, centre: moments.mean, target: moments.mean)
    }

    /// The affine map that is closest to given outputs on given inputs in mean square: ordinary least squares, in closed form.
    ///
    /// `W = Cov(D, x) Cov(x)^-1`. Directions in which the inputs do not vary get the weight 0. One sample per column.
    public static func distilled(
        from outputs: Matrix<Double>, at inputs: Matrix<Double>
    ) throws(LAPACKError) -> AffineDenoiser {
        precondition(outputs.columns == inputs.columns && inputs.columns >= 1)
        let (centre, target) = (inputs.columnMean, outputs.columnMean)
        let centred = inputs.subtracting(column: centre)
        let cross = Matrix.product(outputs.subtracting(column: target), centred, transposing: .second)
        let decomposition = try Matrix.product(centred, centred, transposing: .second).symmetricEigendecomposition()
        let floor = 1e-12 * (decomposition.values.last ?? 0)
        let inverse = decomposition.rebuilt { $0 > floor ? 1 / $0 : 0 }
        return AffineDenoiser(weights: cross * inverse, centre: centre, target: target)
    }

    /// The denoised samples, one per column.
    public func denoised(_ noisy: Matrix<Double>) -> Matrix<Double> {
        (weights * noisy.subtracting(column: centre)).adding(column: target)
    }
}

extension SymmetricEigendecomposition {
    /// The matrix with the same eigenvectors and a function of the eigenvalues.
    func rebuilt(_ value: (Double) -> Double) -> Matrix<Double> {
        let values = values.map(value)
        let scaled = Matrix<Double>(rows: vectors.rows, columns: vectors.columns) { vectors[$0, $1] * values[$1] }
        return Matrix.product(scaled, vectors, transposing: .second)
    }
}

extension Matrix<Double> {
    /// The mean of the columns, as one column.
    var columnMean: Matrix {
        let ones = Matrix(rows: columns, columns: 1) { _, _ in 1 / Double(columns) }
        return self * ones
    }

    /// Every column plus the same one.
    func adding(column: Matrix) -> Matrix { Matrix(rows: rows, columns: columns) { self[$0, $1] + column[$0, 0] } }

    /// Every column minus the same one.
    func subtracting(column: Matrix) -> Matrix {
        Matrix(rows: rows, columns: columns) { self[$0, $1] - column[$0, 0] }
    }
}
