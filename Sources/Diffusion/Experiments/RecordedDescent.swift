import LinearAlgebra
import SweepGrid

/// A descent of `LinearMemorization` with its records, which can be interrupted after every stretch of steps.
struct RecordedDescent {
    /// The losses on the training samples at the recorded steps reached.
    private(set) var training: [Double] = []
    /// The losses on the population at these steps.
    private(set) var test: [Double] = []

    private var descent: LinearDescent
    private let population: Matrix<Double>
    private let steps: Int
    private let recordedSteps: [Int]
    private let stretch: Int
    private let largestLoss: Double

    /// A loss beyond which a descent has diverged; every loss begins below the variance of the samples, or near it.
    static func largestLoss(variance: Double) -> Double { 1e6 * variance }

    /// A descent that looks up after so many steps; by default after some hundredths of a second.
    init(_ descent: LinearDescent, variance: Double, steps: Int, stretch: Int? = nil) {
        let side = descent.moment.rows
        self.descent = descent
        population = variance * Matrix<Double>.identity(side)
        self.steps = steps
        largestLoss = Self.largestLoss(variance: variance)
        recordedSteps = LinearMemorization.recordedSteps(steps)
        self.stretch = stretch ?? max(1, 200_000_000 / (side * side * side))
    }

    /// Descends to the last step, offering the state after every stretch.
    ///
    /// - Throws: `Diverged` when the loss grows without bound, `Interrupted` when the worker stops.
    mutating func finish(in context: Context) throws {
        if let bytes = context.restored { restore(bytes) }
        while training.count < recordedSteps.count {
            let next = recordedSteps[training.count]
            descent.advance(to: min(next, descent.step + stretch))
            if descent.step == next { try record() }
            context.report(progress: Double(descent.step) / Double(steps))
            context.checkpoint(checkpoint)
            if training.count < recordedSteps.count, context.isStopping { throw Interrupted() }
        }
    }

    private mutating func record() throws {
        let (weights, noise) = (descent.weights, descent.noiseVariance)
        training.append(LinearDescent.loss(of: weights, moment: descent.moment, noiseVariance: noise))
        test.append(LinearDescent.loss(of: weights, moment: population, noiseVariance: noise))
        guard let last = test.last, let loss = training.last, loss < largestLoss, last < largestLoss else {
            throw Diverged("the loss grows beyond a million times the variance of the samples")
        }
    }

    // MARK: Checkpoints

    /// Names the layout of a checkpoint: the step, the number of records, the records in pairs, the weights.
    private static var layout: UInt64 { 0x6465_7363_656e_0001 }

    private var checkpoint: [UInt8] {
        var words = [UInt64(descent.step), UInt64(training.count)]
        for (training, test) in zip(training, test) { words += [training.bitPattern, test.bitPattern] }
        words += descent.weights.elements.map(\.bitPattern)
        return TaskState.bytes(layout: Self.layout, words)
    }

    /// Goes on from a checkpoint; bytes that are none leave the descent at its beginning.
    private mutating func restore(_ bytes: [UInt8]) {
        guard let words = TaskState.words(of: bytes, layout: Self.layout), words.count >= 2,
            words[0] <= UInt64(steps), words[1] <= UInt64(recordedSteps.count),
            words.count == 2 + 2 * Int(words[1]) + descent.weights.count
        else { return }
        let (step, count) = (Int(words[0]), Int(words[1]))
        // As many records as recorded steps were passed.
        guard recordedSteps.count(where: { $0 <= step }) == count else { return }
        let values = words.dropFirst(2).map(Double.init(bitPattern:))
        guard values.allSatisfy(\.isFinite) else { return }
        descent.resume(at: step, weights: values[(2 * count)...])
        training = (0..<count).map { values[2 * $0] }
        test = (0..<count).map { values[2 * $0 + 1] }
    }
}
