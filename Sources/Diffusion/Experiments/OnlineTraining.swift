import SweepGrid

/// How often a training is recorded.
enum OnlineTrainingRecords {
    /// Intervals between the records, each of the same number of steps up to rounding.
    static let intervals = 32
}

/// A training of `CumulantRecovery` with its records, which can be interrupted after every stretch of steps.
struct OnlineTraining<Engine: DescentEngine> {
    private let parameters: CumulantRecovery.Parameters
    private let stretch: Int
    private var engine: Engine
    private var recordsU: [Double] = []
    private var recordsV: [Double] = []

    /// A training that looks up after so many steps; by default after some hundredths of a second.
    init(_ parameters: CumulantRecovery.Parameters, _ engine: Engine, stretch: Int? = nil) {
        self.parameters = parameters
        self.stretch = stretch ?? max(16, 20_000_000 / (28 + parameters.dimension))
        self.engine = engine
    }

    /// Trains to the end, offering its state after every stretch.
    ///
    /// - Throws: `Diverged` when an overlap is no number any more, `Interrupted` when the worker stops.
    consuming func run(in context: Context) throws -> CumulantRecovery.Measurements {
        if let bytes = context.restored { restore(bytes) }
        let intervals = OnlineTrainingRecords.intervals
        while recordsU.count <= intervals {
            let next = step(ofRecord: recordsU.count)
            engine.advance(to: min(next, pause(after: engine.step)))
            if engine.step == next { try record() }
            context.report(progress: Double(engine.step) / Double(parameters.sampleCount))
            context.checkpoint(checkpoint)
            if recordsU.count <= intervals, context.isStopping { throw Interrupted() }
        }
        context.keep("direction", engine.direction, shape: [engine.direction.count])
        let final = (u: recordsU[intervals], v: recordsV[intervals])
        let overlap = parameters.panel == .covariance ? final.u : final.v
        return CumulantRecovery.Measurements(
            overlapU: final.u, overlapV: final.v, overlap: overlap, learned: overlap > parameters.threshold ? 1 : 0,
            hittingTime: Double(engine.hittingTime ?? parameters.sampleCount + 1), trainingOverlapU: recordsU,
            trainingOverlapV: recordsV)
    }

    /// The end of the stretch that begins at a step: the end of a block, where a pause changes no bit.
    private func pause(after step: Int) -> Int {
        let block = engine.stepsPerBlock
        return (step + stretch + block - 1) / block * block
    }

    private mutating func record() throws {
        let overlaps = engine.overlaps
        guard overlaps.u.isFinite, overlaps.v.isFinite else {
            throw Diverged(
                "the overlaps are no numbers after \(engine.step) of \(parameters.sampleCount) steps at the learning "
                    + "rate \(parameters.learningRate): lower rateFactor")
        }
        recordsU.append(abs(overlaps.u))
        recordsV.append(abs(overlaps.v))
    }

    /// `sampleCount index / intervals`, rounded down, without the product, which could overflow.
    private func step(ofRecord index: Int) -> Int {
        let intervals = OnlineTrainingRecords.intervals
        let (whole, rest) = parameters.sampleCount.quotientAndRemainder(dividingBy: intervals)
        return whole * index + rest * index / intervals
    }

    // MARK: Checkpoints

    /// Names the layout of a checkpoint; another one gets another number.
    private static var layout: UInt64 { 0x6d63_6d2d_3031_0001 }

    /// The step, the hitting time (0 for none), the number of records, the records in pairs, the state of the engine.
    ///
    /// The step tells the positions of all streams.
    private var checkpoint: [UInt8] {
        var words = [UInt64(engine.step), UInt64(engine.hittingTime ?? 0), UInt64(recordsU.count)]
        for (u, v) in zip(recordsU, recordsV) { words += [u.bitPattern, v.bitPattern] }
        words += engine.state
        return TaskState.bytes(layout: Self.layout, words)
    }

    /// Goes on from a checkpoint; bytes that are none leave the training at its beginning.
    private mutating func restore(_ bytes: [UInt8]) {
        let intervals = OnlineTrainingRecords.intervals
        guard let words = TaskState.words(of: bytes, layout: Self.layout), words.count > 3,
            (1...UInt64(intervals + 1)).contains(words[2]), words.count > 3 + 2 * Int(words[2]),
            words[0] <= UInt64(parameters.sampleCount), words[1] <= words[0]
        else { return }
        let (step, count) = (Int(words[0]), Int(words[2]))
        let last = self.step(ofRecord: count - 1)
        guard step == last || step > last && step % engine.stepsPerBlock == 0,
            count > intervals ? step == last : step < max(self.step(ofRecord: count), last + 1)
        else {
            return
        }
        let pairs = words[3..<3 + 2 * count].map(Double.init(bitPattern:))
        guard pairs.allSatisfy({ $0 >= 0 && $0 < 2 }) else { return }
        var restored = engine
        let isState = restored.restore(
            Array(words[(3 + 2 * count)...]), step: step, hittingTime: words[1] == 0 ? nil : Int(words[1]))
        let overlaps = (u: abs(restored.overlaps.u), v: abs(restored.overlaps.v))
        // At a record, the record was taken of this very state.
        guard isState, step > last || overlaps == (pairs[2 * count - 2], pairs[2 * count - 1]) else { return }
        engine = restored
        recordsU = stride(from: 0, to: pairs.count, by: 2).map { pairs[$0] }
        recordsV = stride(from: 1, to: pairs.count, by: 2).map { pairs[$0] }
    }
}
