import Foundation
public import LinearAlgebra
public import SweepGrid

/// The probability-flow equation `dx / dsigma = (x - D(x, sigma)) / sigma` of the EDM parametrisation, solved step by step.
///
/// Source: Karras et al., arXiv 2206.00364, algorithm 1 without churn.
public struct ProbabilityFlow: Sendable {
    /// How a step is taken.
    public enum Order: String, CaseIterable, ParameterValue {
        /// One evaluation a step; the error falls with the step.
        case euler
        /// Two evaluations a step, one in the last to 0; the error falls with the square of the step.
        case heun
    }

    /// How a step is taken.
    public var order: Order
    /// Descending noise levels; the last may be 0.
    public var deviations: [Double]

    /// Creates the solver; by default with the 18 levels of the paper.
    public init(order: Order = .heun, deviations: [Double] = NoiseLevel.karrasSteps(count: 18)) {
        self.order = order
        self.deviations = deviations
    }

    /// Carries samples (one per column) from the first noise level to the last.
    ///
    /// - Parameter denoiser: the posterior mean of noisy samples at a positive deviation.
    public func run(
        from start: Matrix<Double>, denoiser: (Matrix<Double>, Double) throws -> Matrix<Double>
    ) rethrows -> Matrix<Double> {
        var samples = start
        for (high, low) in zip(deviations, deviations.dropFirst()) {
            let slope = (1 / high) * (samples - (try denoiser(samples, high)))
            let predicted = samples + (low - high) * slope
            if order == .euler || low == 0 {
                samples = predicted
            } else {
                let nextSlope = (1 / low) * (predicted - (try denoiser(predicted, low)))
                samples = samples + (0.5 * (low - high)) * (slope + nextSlope)
            }
        }
        return samples
    }
}

/// The backward equation `dx = (x + 2 S_t(x)) dt + sqrt(2) dB` of the Ornstein-Uhlenbeck diffusion by Euler's method.
///
/// Source: Biroli et al., arXiv 2402.18491. Time runs down from `start` by `step` until `end`.
public struct BackwardDiffusion: Sendable {
    /// The time of the first samples.
    public var start: Double
    /// The length of a step.
    public var step: Double
    /// The number of steps.
    public var count: Int

    /// Creates the solver.
    public init(start: Double, step: Double, count: Int) {
        self.start = start
        self.step = step
        self.count = count
    }

    /// The time before a step.
    public func time(ofStep index: Int) -> Double { start - Double(index) * step }

    /// Carries samples (one per column) through all steps; each consumes as many variates as there are elements.
    ///
    /// - Parameter score: the gradient of the logarithmic density at a time.
    public func run(
        from samples: Matrix<Double>, using stream: inout RandomStream,
        score: (Matrix<Double>, Double) throws -> Matrix<Double>
    ) rethrows -> Matrix<Double> {
        var samples = samples
        for index in 0..<count {
            let drift = samples + 2 * (try score(samples, time(ofStep: index)))
            let noise = Matrix<Double>.normal(rows: samples.rows, columns: samples.columns, using: &stream)
            samples = samples + step * drift + (2 * step).squareRoot() * noise
        }
        return samples
    }
}
