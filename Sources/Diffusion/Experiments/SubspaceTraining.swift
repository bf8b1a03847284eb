import LinearAlgebra
import SweepGrid

/// The training recipe of the stochastic denoiser, and the curves it records.
///
/// Adam at a constant rate for the first half, then a linear decay to zero: the constant part finds the directions that carry
/// little variance, the decay averages the gradient's noise away. Low noise levels keep that noise (which grows with the
/// square of the level outside the samples' span) below the pull of the weakest direction.
struct SubspaceTraining {
    let steps: Int
    /// The retraction; another one than the default is a negative control.
    var retract: LowRankDenoiserTraining<Float>.Retract = { try Retraction.qr(&$0, gram: &$1) }

    /// Log-uniform between a tenth of a sample's typical coordinate in its subspace and less: see the type's comment.
    static let levels = NoiseLevels(from: lowestLevel, to: 0.2)
    /// The lowest level of every training.
    static let lowestLevel = 0.02
    /// Noisy copies of each sample in a batch.
    static let draws = 4
    static let learningRate = 0.01
    /// Intervals between records: 61 records with both ends.
    static let recordedIntervals = 60

    /// The steps after which the curves are recorded: 0 and the last one among them, evenly spaced, none twice.
    var recordedSteps: [Int] {
        let intervals = min(Self.recordedIntervals, steps)
        return (0...intervals).map { $0 * steps / intervals }
    }

    /// The learning rate of a step.
    func rate(at step: Int) -> Double {
        let half = steps / 2
        return step < half ? Self.learningRate : Self.learningRate * Double(steps - step) / Double(steps - half)
    }

    func run(
        samples: Matrix<Double>, truth: Matrix<Double>, start: Matrix<Double>, in context: Context
    ) throws -> SubspaceRecovery.Measurements {
        let expectedLoss = ExpectedDenoisingLoss(samples: samples, levels: Self.levels)
        var training = LowRankDenoiserTraining<Float>(
            samples: samples, start: start, draws: Self.draws, levels: Self.levels,
            streams: .init(noise: context.stream("trainingNoise"), levels: context.stream("noiseLevels")),
            retract: retract)
        var measurements = SubspaceRecovery.Measurements(recoveryError: .nan, trainingError: [], trainingLoss: [])
        var done = 0
        for recorded in recordedSteps {
            while done < recorded {
                try training.step(rate: Float(rate(at: done)))
                done += 1
            }
            // Training is in single precision; its frame is made orthonormal in double precision before it is measured.
            let frame = try training.frame.converted(to: Double.self).qrDecomposition().orthonormal
            measurements.recoveryError = try subspaceDistance(frame, truth)
            measurements.trainingError.append(measurements.recoveryError)
            measurements.trainingLoss.append(expectedLoss.value(at: frame))
            context.report(progress: Double(done) / Double(steps))
        }
        return measurements
    }
}
