import SweepGrid

/// How often a training is recorded.
enum OnlineTrainingRecords {
    /// Intervals between the records, each of the same number of steps up to rounding.
    static let intervals = 32
}

/// A training of `CumulantRecovery` with its records, which can be interrupted after each of them.
struct OnlineTraining<Engine: DescentEngine> {
    private let parameters: CumulantRecovery.Parameters
    private var engine: Engine
    private var recordsU: [Double] = []
    private var recordsV: [Double] = []

    init(_ parameters: CumulantRecovery.Parameters, _ engine: Engine) {
        self.parameters = parameters
        self.engine = engine
    }

    consuming func run(in context: Context) throws -> CumulantRecovery.Measurements {
        if let bytes = context.restored { restore(bytes) }
        let intervals = OnlineTrainingRecords.intervals
        while recordsU.count <= intervals {
            engine.advance(to: step(ofRecord: recordsU.count))
            let overlaps = engine.overlaps
            guard overlaps.u.isFinite, overlaps.v.isFinite else {
                throw Diverged(
                    "the overlaps are no numbers after \(engine.step) of \(parameters.sampleCount) steps at the learning "
                        + "rate \(parameters.learningRate): lower rateFactor")
            }
            recordsU.append(abs(overlaps.u))
            recordsV.append(abs(overlaps.v))
            context.report(progress: Double(recordsU.count - 1) / Double(intervals))
            context.checkpoint(checkpoint)
        }
        let final = (u: recordsU[intervals], v: recordsV[intervals])
        let overlap = parameters.panel == .covariance ? final.u : final.v
        return CumulantRecovery.Measurements(
            overlapU: final.u, overlapV: final.v, overlap: overlap, learned: overlap > parameters.threshold ? 1 : 0,
            hittingTime: Double(engine.hittingTime ?? parameters.sampleCount + 1), trainingOverlapU: recordsU,
            trainingOverlapV: recordsV)
    }

    /// `sampleCount index / intervals`, rounded down, without the product, which could overflow.
    private func step(ofRecord index: Int) -> Int {
        let intervals = OnlineTrainingRecords.intervals
        let (whole, rest) = parameters.sampleCount.quotientAndRemainder(dividingBy: intervals)
        return whole * index + rest * index / intervals
    }

    // MARK: Checkpoints

    /// Words of 8 bytes, lowest byte first: number of records, hitting time (0 for none), the records in pairs, the state.
    ///
    /// The number of records tells the step, and the step the positions of all streams.
    private var checkpoint: [UInt8] {
        var words = [UInt64(recordsU.count), UInt64(engine.hittingTime ?? 0)]
        for (u, v) in zip(recordsU, recordsV) { words += [u.bitPattern, v.bitPattern] }
        words += engine.state
        return words.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } }
    }

    /// Goes on from a checkpoint; bytes that are none leave the training at its beginning.
    private mutating func restore(_ bytes: [UInt8]) {
        guard bytes.count % 8 == 0 else { return }
        let words = stride(from: 0, to: bytes.count, by: 8).map { start in
            (0..<8).reduce(0 as UInt64) { $0 | UInt64(bytes[start + $1]) << (8 * $1) }
        }
        guard words.count > 2, (1...UInt64(OnlineTrainingRecords.intervals + 1)).contains(words[0]),
            words.count > 2 + 2 * Int(words[0]), words[1] <= UInt64(parameters.sampleCount)
        else { return }
        let stateStart = 2 + 2 * Int(words[0])
        let pairs = words[2..<stateStart].map(Double.init(bitPattern:))
        guard pairs.allSatisfy({ $0 >= 0 && $0 < 2 }) else { return }
        var restored = engine
        let isState = restored.restore(
            Array(words[stateStart...]), step: step(ofRecord: pairs.count / 2 - 1),
            hittingTime: words[1] == 0 ? nil : Int(words[1]))
        // The last record was taken of this very state.
        guard isState, abs(restored.overlaps.u) == pairs[pairs.count - 2],
            abs(restored.overlaps.v) == pairs[pairs.count - 1]
        else { return }
        engine = restored
        recordsU = stride(from: 0, to: pairs.count, by: 2).map { pairs[$0] }
        recordsV = stride(from: 1, to: pairs.count, by: 2).map { pairs[$0] }
    }
}
