import Glibc
import SweepGrid

/// A task that burns a given processor time: what a slot that is never idle computes.
enum Busy: Experiment {
    struct Parameters: Sendable {
        var index = 0
        var microseconds = 1000
    }

    struct Measurements: Sendable {
        var word: Double
    }

    static let name = "busy"
    static let version = 1
    static let defaults = Parameters()
    static let parameters: [Parameter<Parameters>] = [
        Parameter(\.index, "index", "number of the task", in: 0...),
        Parameter(\.microseconds, "microseconds", "processor time of the task", in: 0...10_000_000),
    ]
    static let measurements = [
        Measurement<Parameters, Measurements>(\.word, "word", "first word of the task's stream")
    ]

    static func work(_ parameters: Parameters) -> Double { Double(parameters.microseconds) }

    static func run(_ parameters: Parameters, in context: Context) throws -> Measurements {
        let end = processorTime() + parameters.microseconds * 1000
        while processorTime() < end {}
        var stream = context.stream("word")
        return Measurements(word: Double(stream.nextWord()))
    }

    /// The share of the next seconds that this thread gets of a core.
    static func share(ofSeconds seconds: Double) -> Double {
        let (begin, before) = (now(), processorTime())
        while now() < begin + seconds { _ = processorTime() }
        return Double(processorTime() - before) * 1e-9 / (now() - begin)
    }

    /// Nanoseconds that this thread has computed.
    private static func processorTime() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return time.tv_sec * 1_000_000_000 + time.tv_nsec
    }
}
