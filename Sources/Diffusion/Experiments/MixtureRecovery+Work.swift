extension MixtureRecovery {
    /// The expected cost of a task in microseconds, from timings on one core.
    public static func work(_ parameters: Parameters) -> Double {
        let n = Double(parameters.ambientDimension)
        let width = Double(parameters.components * parameters.intrinsicDimension)
        let count = Double(parameters.components * parameters.samplesPerComponent)
        let data = 40 + n * width * width / 1_000 + n * count * width / 1_000
        let spectral = 20 + count * count * count / 300 + 5 * count
        let round = 60 + n * count * (width + Double(parameters.samplesPerComponent)) / 500
        let draws = count * Double(SubspaceTraining.draws)
        let step =
            1 + n * draws / 1_200 + 2 * n * width * (draws + count) / 15_000 + width * width * draws / 10_000
            + width * draws / 400 + n * width * (width + 8) / 6_000
        switch parameters.method {
        case .subspacesRandom: return data + Double(parameters.restarts) * 10 * round
        case .subspacesInformed: return data + spectral + 2 * round
        case .denoiserRandom: return data + Double(parameters.restarts * parameters.steps) * step
        case .denoiserInformed: return data + spectral + Double(parameters.steps) * step
        }
    }
}
