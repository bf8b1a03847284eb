public import SweepGrid

/// A task that measures the first word of its stream, and may take its time about it.
public enum Word: Experiment {
    public struct Parameters: Sendable {
        public var index = 0
        public var milliseconds = 0
    }

    public struct Measurements: Sendable {
        public var word: Double
    }

    public static let name = "word"
    public static let version = 1
    public static let defaults = Parameters()
    public static let parameters: [Parameter<Parameters>] = [
        Parameter(\.index, "index", "number of the task", in: 0...10_000_000),
        Parameter(\.milliseconds, "milliseconds", "time that the task sleeps", unit: "ms", in: 0...100_000),
    ]
    public static let measurements: [Measurement<Parameters, Measurements>] = [
        Measurement(\.word, "word", "first word of the stream")
    ]

    public static func work(_ parameters: Parameters) -> Double { 1 + 1000 * Double(parameters.milliseconds) }

    public static func run(_ parameters: Parameters, in context: Context) throws -> Measurements {
        if parameters.milliseconds > 0 { sleep(milliseconds: parameters.milliseconds) }
        var stream = context.stream("word")
        // A host whose results differ, as a test may ask for.
        return Measurements(word: Double(stream.nextWord()) + (isAltered ? 1 : 0))
    }
}

/// A task that goes wrong in a way of its own.
public enum Trouble: Experiment {
    /// What goes wrong.
    public enum Kind: String, CaseIterable, ParameterValue {
        case none, error, crash, exit, divergence, hang
    }

    public struct Parameters: Sendable {
        public var index = 0
        public var kind = Kind.none
    }

    public struct Measurements: Sendable {
        public var value: Double
    }

    struct Refused: Error, CustomStringConvertible {
        let description = "the fixture refuses this task"
    }

    public static let name = "trouble"
    public static let version = 1
    public static let defaults = Parameters()
    public static let parameters: [Parameter<Parameters>] = [
        Parameter(\.index, "index", "number of the task", in: 0...10_000),
        Parameter(\.kind, "kind", "what goes wrong"),
    ]
    public static let measurements: [Measurement<Parameters, Measurements>] = [
        Measurement(\.value, "value", "the index again")
    ]

    public static func work(_ parameters: Parameters) -> Double { parameters.kind == .none ? 1 : 2 }

    public static func run(_ parameters: Parameters, in context: Context) throws -> Measurements {
        switch parameters.kind {
        case .none: break
        case .error: throw Refused()
        case .crash: raiseSegmentationFault()
        case .exit: endProcess(7)
        case .divergence: throw Diverged("the fixture diverges")
        case .hang: sleep(milliseconds: 600_000)
        }
        return Measurements(value: Double(parameters.index))
    }
}

/// The sweeps of the cluster's tests.
public enum FixtureSweeps {
    /// Quick tasks.
    public static let words = Sweep("words", of: Word.self, replicates: 2) { Axis(\.index, 1...200) }

    /// Very many tasks that do nothing.
    public static let many = Sweep("many", of: Word.self) { Axis(\.index, 1...1_000_000) }

    /// Tasks of 5 ms, so that something can be killed meanwhile.
    public static let naps = Sweep("naps", of: Word.self, replicates: 2) {
        Axis(\.index, 1...150)
        Axis(\.milliseconds, [5])
    }

    /// A task of each kind of trouble among good ones.
    public static let troubles = Sweep("troubles", of: Trouble.self, limits: TaskLimits(seconds: 0.5)) {
        Axis(\.index, 1...3)
        Axis(\.kind, Trouble.Kind.allCases)
    }

    public static let all = [words, many, naps, troubles]
}
