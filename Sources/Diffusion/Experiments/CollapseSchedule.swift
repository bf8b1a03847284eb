/// The equally spaced times of collapsing trajectories, in steps from time 0, and the coefficients of each step.
struct CollapseSchedule {
    /// A step back from a time, given the clean sample a: `position x + point a + noise z`.
    ///
    /// The law of the earlier position between the later one and the sample, a Gaussian (Ho et al., arXiv 2006.11239, equation 7).
    struct Bridge {
        var position: Float
        var point: Float
        var noise: Float
    }

    /// The length of a step, in collapse times.
    let timeStep: Double
    /// The length of a step.
    let step: Double
    /// The number of steps.
    let steps: Int
    /// The recorded times in steps, ascending.
    let recorded: [Int]
    private let isVarianceMisread: Bool

    init(_ parameters: CollapseDynamics.Parameters) {
        let timeStep = parameters.timeStep
        self.init(
            timeStep: timeStep, steps: Int((parameters.duration / timeStep).rounded()),
            recorded: CollapseDynamics.relativeTimes.map { Int(($0 / timeStep).rounded()) },
            collapseTime: parameters.theory.collapseTime, isVarianceMisread: parameters.isVarianceMisread)
    }

    init(timeStep: Double, steps: Int, recorded: [Int], collapseTime: Double, isVarianceMisread: Bool = false) {
        self.timeStep = timeStep
        step = timeStep * collapseTime
        self.steps = steps
        self.recorded = recorded
        self.isVarianceMisread = isVarianceMisread
    }

    /// The true marginal after some steps from time 0.
    func level(_ index: Int) -> NoiseLevel { OrnsteinUhlenbeck.level(at: Double(index) * step) }

    /// The marginal that the posterior believes in.
    func assumedLevel(_ index: Int) -> NoiseLevel {
        let level = level(index)
        guard isVarianceMisread else { return level }
        return NoiseLevel(signal: level.signal, deviation: level.deviation * level.deviation)
    }

    /// The step back from `index` steps to one less.
    func bridge(from index: Int) -> Bridge {
        let (from, to) = (level(index), level(index - 1))
        let variance = from.deviation * from.deviation
        let (earlier, fresh) = (to.deviation * to.deviation, OrnsteinUhlenbeck.noiseVariance(at: step))
        let decay = OrnsteinUhlenbeck.level(at: step).signal
        return Bridge(
            position: Float(earlier * decay / variance), point: Float(to.signal * fresh / variance),
            noise: Float((earlier * fresh / variance).squareRoot()))
    }
}
