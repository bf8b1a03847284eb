extension SubspaceRecovery {
    /// The expected cost of a task in microseconds, from timings on one core.
    public static func work(_ parameters: Parameters) -> Double {
        let n = Double(parameters.ambientDimension)
        let d = Double(parameters.intrinsicDimension)
        let count = Double(parameters.sampleCount)
        let data = 20 + n * d * d / 1_000 + n * count * d / 1_000
        switch parameters.method {
        case .pca:
            return data + n * count * min(n, count) / 350
        case .denoiserExact:
            // About six iterations of a product with the second moment, a QR and a small eigenproblem.
            return data + 6 * (n * n * d + 30 * n * d * d) / 2_000
        case .denoiser:
            let draws = count * Double(SubspaceTraining.draws)
            // Noise, two products over the batch, and the optimiser with its retraction.
            let step = 0.5 + n * draws / 1_200 + 4 * n * d * (draws + count) / 60_000 + n * d * (d + 4) / 3_000
            return data + Double(parameters.steps) * step
        }
    }
}
