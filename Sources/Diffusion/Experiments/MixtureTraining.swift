import LinearAlgebra
import SweepGrid

/// The training recipes of the softmax denoiser: from random bases with falling noise, from informed ones with little noise.
///
/// At high noise the softmax is soft and every component sees every sample; as the noise falls the components part, as in
/// deterministic annealing. An informed start has parted already, and trains at the levels of the single component.
struct MixtureTraining {
    /// Which levels the training visits.
    enum Schedule {
        /// One level for all draws of a step, falling from 1 to 0.02, evenly in its logarithm.
        case annealed
        /// A level for each draw, log-uniform between 0.02 and 0.2.
        case low
    }

    let steps: Int
    let schedule: Schedule

    /// Batches of the loss by which restarts are compared.
    static let evaluations = 20

    private var levels: NoiseLevels {
        switch schedule {
        case .annealed: NoiseLevels(from: SubspaceTraining.lowestLevel, to: 1)
        case .low: SubspaceTraining.levels
        }
    }

    /// The bases found, the mean loss at the end, and the error along the way.
    struct Outcome {
        var bases: [Matrix<Double>]
        var loss: Double
        var errors: [Double]
    }

    /// Trains from each start and takes the outcome with the least loss; a restart that diverges is passed over.
    ///
    /// - Throws: `Diverged` when all of them do.
    func best(
        samples: Matrix<Double>, truths: [Matrix<Double>], starts: [[Matrix<Double>]],
        noise: inout RandomStream, levels: inout RandomStream, progress: (Double) -> Void
    ) throws -> Outcome {
        var best: Outcome?
        for (restart, start) in starts.enumerated() {
            do {
                let outcome = try run(
                    samples: samples, truths: truths, starts: start, noise: &noise, levels: &levels
                ) { progress((Double(restart) + $0) / Double(starts.count)) }
                if outcome.loss < best?.loss ?? .infinity { best = outcome }
            } catch is Diverged {
                continue
            }
        }
        guard let best else { throw Diverged("no restart ended with a finite loss") }
        return best
    }

    /// Trains from given bases; the curve compares with the true ones.
    func run(
        samples: Matrix<Double>, truths: [Matrix<Double>], starts: [Matrix<Double>],
        noise: inout RandomStream, levels levelStream: inout RandomStream, progress: (Double) -> Void
    ) throws -> Outcome {
        let recipe = SubspaceTraining(steps: steps)
        let levels = levels
        var training = SoftmaxDenoiserTraining<Float>(
            samples: samples, starts: starts, draws: SubspaceTraining.draws, levels: levels,
            streams: .init(noise: noise, levels: levelStream))
        var outcome = Outcome(bases: starts, loss: .nan, errors: [])
        var done = 0
        for recorded in recipe.recordedSteps {
            while done < recorded {
                try training.step(rate: Float(recipe.rate(at: done)), level: level(at: done))
                done += 1
            }
            outcome.bases = try Self.orthonormal(training.bases)
            outcome.errors.append(try SubspaceMatching(outcome.bases, truths).worst)
            progress(Double(done) / Double(steps))
        }
        outcome.loss = training.meanLoss(batches: Self.evaluations, level: level(at: steps - 1))
        guard outcome.loss.isFinite else { throw Diverged("the loss of the trained denoiser is \(outcome.loss)") }
        (noise, levelStream) = (training.streams.noise, training.streams.levels)
        return outcome
    }

    /// The index of the level of a step; nil where each draw has one of its own.
    private func level(at step: Int) -> Int? {
        switch schedule {
        case .annealed: (NoiseLevels.count - 1) * (steps - 1 - step) / max(steps - 1, 1)
        case .low: nil
        }
    }

    /// Training is in single precision; its bases are made orthonormal in double precision before they are measured.
    private static func orthonormal(_ bases: [Matrix<Float>]) throws -> [Matrix<Double>] {
        try bases.map { try $0.converted(to: Double.self).qrDecomposition().orthonormal }
    }
}

extension SoftmaxDenoiserTraining {
    /// The mean loss over fresh batches.
    mutating func meanLoss(batches: Int, level: Int?) -> Double {
        var sum = 0.0
        for _ in 0..<batches {
            drawBatch(level: level)
            computeLoss()
            sum += Double(loss)
        }
        return sum / Double(batches)
    }
}
