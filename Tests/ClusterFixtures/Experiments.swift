package import SweepGrid

/// A task that measures the first word of its stream, and may take its time about it.
package enum Word: Experiment {
    package struct Parameters: Sendable {
        package var index = 0
        package var milliseconds = 0
    }

    package struct Measurements: Sendable {
        package var word: Double
    }

    package static let name = "word"
    package static let version = 1
    package static let defaults = Parameters()
    package static let parameters: [Parameter<Parameters>] = [
        Parameter(\.index, "index", "number of the task", in: 0...10_000_000),
        Parameter(\.milliseconds, "milliseconds", "time that the task sleeps", unit: "ms", in: 0...100_000),
    ]
    package static let measurements: [Measurement<Parameters, Measurements>] = [
        Measurement(\.word, "word", "first word of the stream")
    ]

    package static func work(_ parameters: Parameters) -> Double { 1 + 1000 * Double(parameters.milliseconds) }

    package static func run(_ parameters: Parameters, in context: Context) throws -> Measurements {
        passGate()
        if parameters.milliseconds > 0 { sleep(milliseconds: parameters.milliseconds) }
        var stream = context.stream("word")
        // A host whose results differ, as a test may ask for.
        return Measurements(word: Double(stream.nextWord()) + (isAltered ? 1 : 0))
    }
}

/// A task that goes wrong in a way of its own.
package enum Trouble: Experiment {
    /// What goes wrong.
    package enum Kind: String, CaseIterable, ParameterValue {
        case none, error, crash, exit, divergence, hang
    }

    package struct Parameters: Sendable {
        package var index = 0
        package var kind = Kind.none
    }

    package struct Measurements: Sendable {
        package var value: Double
    }

    struct Refused: Error, CustomStringConvertible {
        let description = "the fixture refuses this task"
    }

    package static let name = "trouble"
    package static let version = 1
    package static let defaults = Parameters()
    package static let parameters: [Parameter<Parameters>] = [
        Parameter(\.index, "index", "number of the task", in: 0...10_000),
        Parameter(\.kind, "kind", "what goes wrong"),
    ]
    package static let measurements: [Measurement<Parameters, Measurements>] = [
        Measurement(\.value, "value", "the index again")
    ]

    package static func work(_ parameters: Parameters) -> Double { parameters.kind == .none ? 1 : 2 }

    package static func run(_ parameters: Parameters, in context: Context) throws -> Measurements {
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
package enum FixtureSweeps {
    /// Quick tasks.
    package static let words = Sweep("words", of: Word.self, replicates: 2) { Axis(\.index, 1...200) }

    /// Very many tasks that do nothing.
    package static let many = Sweep("many", of: Word.self) { Axis(\.index, 1...1_000_000) }

    /// Tasks of 10 ms, so that something can be killed meanwhile.
    package static let naps = Sweep("naps", of: Word.self, replicates: 2) {
        Axis(\.index, 1...150)
        Axis(\.milliseconds, [10])
    }

    /// A few seconds of work for six slots, in tasks of 20 ms.
    package static let soak = Sweep("soak", of: Word.self, replicates: 2) {
        Axis(\.index, 1...300)
        Axis(\.milliseconds, [20])
    }

    /// A task of each kind of trouble among good ones.
    package static let troubles = Sweep("troubles", of: Trouble.self, limits: TaskLimits(seconds: 0.5)) {
        Axis(\.index, 1...3)
        Axis(\.kind, Trouble.Kind.allCases)
    }

    /// Two tasks of three seconds that can be interrupted, and two short ones, of which one is the probe.
    package static let marathons = Sweep("marathons", of: Marathon.self) {
        Axis(\.index, 1...2)
        Axis(\.steps, [2, 60])
        Axis(\.milliseconds, [50])
    }

    /// A task of two seconds with a state of 1.5 MB, and a short one for the probe.
    package static let heavyMarathon = Sweep("heavy-marathon", of: Marathon.self) {
        Axis(\.steps, [1, 40])
        Axis(\.milliseconds, [50])
        Axis(\.padding, [1_500_000])
    }

    package static let all = [words, many, naps, soak, troubles, marathons, heavyMarathon, cells] + wrongdoers
}
