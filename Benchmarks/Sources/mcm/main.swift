import Diffusion
import Foundation
import SweepGrid

// The cost of a training step of the mixed cumulant model in both engines, and the check that they learn what they should.
// A wrong answer fails the benchmark; a slow one is only reported.

func parameters(_ engine: CumulantRecovery.Engine, dimension: Int, steps: Int) -> CumulantRecovery.Parameters {
    var parameters = CumulantRecovery.Parameters()
    parameters.panel = .correlated
    parameters.engine = engine
    parameters.dimension = dimension
    parameters.sampleCount = steps
    return parameters
}

func context(_ trial: UInt64) -> Context {
    Context(
        streams: StreamSource { name in
            RandomStream(key: trial, highCounter: name.utf8.reduce(0) { $0 &* 257 &+ UInt64($1) })
        })
}

/// Whole tasks, the least of five by processor time; all of them must learn both directions.
func measure(_ engine: CumulantRecovery.Engine, dimension: Int, steps: Int, perDimension: Bool, goal: Double?) throws
    -> Bool
{
    let parameters = parameters(engine, dimension: dimension, steps: steps)
    var best = Double.infinity
    var overlaps: [Double] = []
    for trial in 0..<5 as Range<UInt64> {
        let start = clock()
        let measured = try CumulantRecovery.run(parameters, in: context(trial))
        best = min(best, Double(clock() - start) / Double(CLOCKS_PER_SEC))
        overlaps += [measured.overlapU, measured.overlapV]
    }
    let cost = 1e9 * best / Double(steps) / (perDimension ? Double(dimension) : 1)
    let unit = perDimension ? "ns per step and dimension" : "ns per step"
    let verdict = goal.map { "   goal <= \($0): \(cost <= $0 ? "met" : "MISSED")" } ?? ""
    print("\(engine), d = \(dimension)".padding(toLength: 24, withPad: " ", startingAt: 0), terminator: "")
    print(String(format: "%8.2f ", cost) + unit + verdict)
    let isRight = overlaps.allSatisfy { $0 > 0.3 && $0 < 1 }
    if !isRight { print("   WRONG: not every task learnt both directions: \(overlaps)") }
    return isRight
}

let answers = [
    try measure(.full, dimension: 64, steps: 200_000, perDimension: true, goal: nil),
    try measure(.full, dimension: 256, steps: 200_000, perDimension: true, goal: 2),
    try measure(.full, dimension: 1_024, steps: 200_000, perDimension: true, goal: 2),
    try measure(.reduced, dimension: 64, steps: 4_000_000, perDimension: false, goal: 60),
    try measure(.reduced, dimension: 256, steps: 4_000_000, perDimension: false, goal: 60),
]
exit(answers.allSatisfy { $0 } ? 0 : 1)
