import Diffusion
import SweepGrid

/// The cost of a step of the softmax denoiser with three components against one, counted over whole tasks of one batch size.
enum SoftmaxStep {
    /// The dearer step over the cheaper one, at 48 dimensions, subspaces of 8 and a batch of 180.
    static let goal = 3.0

    static func run() throws -> Bool {
        var costs: [Double] = []
        var errors: [Double] = []
        for (components, count) in [(1, 45), (3, 15)] {
            var parameters = MixtureRecovery.Parameters()
            (parameters.components, parameters.samplesPerComponent) = (components, count)
            (parameters.intrinsicDimension, parameters.method) = (8, .denoiserInformed)
            var trial: UInt64 = 0
            let seconds = try secondsPerCall(repetitions: 5) {
                errors.append(try MixtureRecovery.run(parameters, in: DenoiserStep.context(trial)).worstError)
                trial += 1
            }
            costs.append(1e6 * seconds / Double(parameters.steps))
            print(line("softmax denoiser step, n=48, d=8, K=\(components), batch 180", costs[costs.count - 1], "us"))
        }
        let ratio = costs[1] / costs[0]
        print(line("three components against one", ratio, "times", goal: "<= \(goal)", ratio <= goal))
        return check("the trained subspaces are the true ones", errors.allSatisfy { $0 < 0.1 }, "\(errors)")
    }
}
