import Diffusion
import SweepGrid

/// The cost of one step of the stochastic training, counted over whole tasks, and the check that they recover the subspace.
enum DenoiserStep {
    /// In microseconds on one core, at 48 dimensions, a subspace of 8 and a batch of 60.
    static let goal = 10.0
    static let trials: Range<UInt64> = 0..<10

    static func run() throws -> Bool {
        var isRight = true
        for (dimension, count) in [(8, 15), (4, 8), (2, 2)] {
            var parameters = SubspaceRecovery.Parameters()
            parameters.intrinsicDimension = dimension
            parameters.sampleCount = count
            var errors: [Double] = []
            var trial: UInt64 = 0
            let seconds = try secondsPerCall(repetitions: trials.count) {
                errors.append(try SubspaceRecovery.run(parameters, in: context(trial)).recoveryError)
                trial += 1
            }
            let cost = 1e6 * seconds / Double(parameters.steps)
            let name = "denoiser step, n=48, d=\(dimension), batch \(4 * count)"
            let isGoalCase = dimension == 8
            print(line(name, cost, "us", goal: isGoalCase ? "<= \(goal)" : nil, cost <= goal))
            guard isGoalCase else { continue }
            isRight = check("the trained subspaces are the true ones", errors.allSatisfy { $0 < 0.1 }, "\(errors)")
            let again = try SubspaceRecovery.run(parameters, in: context(0)).recoveryError
            isRight =
                check("the same task gives the same bits", again == errors[0], "\(again), \(errors[0])") && isRight
        }
        return isRight
    }

    static func context(_ trial: UInt64) -> Context {
        Context(
            streams: StreamSource { name in
                RandomStream(key: trial, highCounter: name.utf8.reduce(0) { $0 &* 257 &+ UInt64($1) })
            })
    }
}
