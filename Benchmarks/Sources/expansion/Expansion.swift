import Foundation
import SweepGrid

/// An experiment with a parameter of each kind that costs nothing to declare.
enum Points: Experiment {
    struct Parameters: Sendable {
        var intrinsicDimension = 1
        var sampleCount = 0
        var steps = 0
        var noise = 0.0
    }

    struct Measurements: Sendable { var error = 0.0 }

    static let name = "points"
    static let version = 1
    static let defaults = Parameters()
    static let parameters: [Parameter<Parameters>] = [
        Parameter(\.intrinsicDimension, "intrinsicDimension", "dimension", in: 1...100),
        Parameter(\.sampleCount, "sampleCount", "number of samples", in: 0...),
        Parameter(\.steps, "steps", "number of steps", in: 0...),
        Parameter(\.noise, "noise", "noise", in: 0...1),
    ]
    static let measurements = [Measurement<Parameters, Measurements>(\.error, "error", "error")]

    static func work(_ parameters: Parameters) -> Double { Double(parameters.sampleCount) }
    static func run(_ parameters: Parameters, in context: Context) -> Measurements { Measurements() }
}

/// Expands sweeps of a million tasks, visits every task and computes its ID; each grid in a process of its own.
///
/// Goal: at most 2 s and 200 MB.
@main
enum Expansion {
    static func main() throws {
        let grids: [(name: String, sweep: Sweep)] = [
            ("one axis", Sweep("a", of: Points.self) { Axis(\.sampleCount, 1...1_000_000) }),
            (
                "product",
                Sweep("b", of: Points.self, replicates: 10) {
                    Axis(\.sampleCount, 1...1000)
                    Axis(\.noise, linear(0, 1, count: 100))
                }
            ),
            (
                "filter",
                Sweep("c", of: Points.self) {
                    Axis(\.sampleCount, 1...2000)
                    Axis(\.noise, linear(0, 1, count: 1000))
                    Where { $0.sampleCount % 2 == 0 }
                }
            ),
            (
                "derived",
                Sweep("d", of: Points.self) {
                    Axis(\.sampleCount, 1...1000)
                    Axis(\.steps, 1...1000)
                    Derived(\.noise) { 1 / Double($0.sampleCount * $0.steps) }
                }
            ),
            (
                "union",
                Sweep("e", of: Points.self) {
                    for dimension in [2, 3, 5, 6] {
                        Fixed(\.intrinsicDimension, dimension)
                        Axis(\.sampleCount, 1...500)
                        Axis(\.noise, linear(0, 1, count: 500))
                    }
                }
            ),
        ]
        if let wanted = ProcessInfo.processInfo.arguments.dropFirst().first {
            for grid in grids where grid.name == wanted { measure(grid.name, grid.sweep) }
            return
        }
        // A process each, so that the peak memory is that of one grid.
        for grid in grids {
            let child = try Process.run(
                URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath(), arguments: [grid.name])
            child.waitUntilExit()
            precondition(child.terminationStatus == 0, "the grid failed")
        }
    }

    private static func measure(_ name: String, _ sweep: Sweep) {
        let clock = ContinuousClock()
        let start = clock.now
        guard let run = try? sweep.freeze() else { fatalError("sweep '\(name)' is refused") }
        let frozen = clock.now
        var identities = TaskIdentities(run.design)
        var sum: UInt64 = 0
        for task in 0..<run.design.taskCount { sum &+= identities[task].low }
        let visited = clock.now
        precondition(run.design.taskCount == 1_000_000, "a grid has another size than it should")
        precondition(identities[123_456] == run.design.taskID(123_456), "an ID depends on the order of visits")
        var usage = rusage()
        getrusage( /* RUSAGE_SELF */0, &usage)
        print("\(name): frozen in \(frozen - start), IDs in \(visited - frozen), peak \(usage.ru_maxrss / 1024) MB")
    }
}
