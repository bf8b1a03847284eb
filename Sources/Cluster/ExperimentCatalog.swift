public import SweepGrid

/// The experiments that a program can compute, and the arithmetic it computes them with.
public struct ExperimentCatalog: Sendable {
    let experiments: [AnyExperiment]
    let numerics: @Sendable () -> Numerics

    /// A catalog of experiments.
    ///
    /// - Parameter numerics: describes the arithmetic of the calling process; asked in slot processes only.
    public init(_ experiments: [AnyExperiment], numerics: @escaping @Sendable () -> Numerics) {
        self.experiments = experiments
        self.numerics = numerics
    }

    /// The experiment that computes a design.
    ///
    /// - Throws: `ClusterError` when this program lacks it or has another version of it.
    func experiment(for design: Design) throws(ClusterError) -> AnyExperiment {
        guard let experiment = experiments.first(where: { $0.name == design.experiment }) else {
            let known = experiments.map(\.name).sorted().joined(separator: ", ")
            throw ClusterError(
                "this program has no experiment '\(design.experiment)' (it has: \(known)); start the worker from the program that defines the sweep"
            )
        }
        if let mismatch = experiment.mismatch(with: design) {
            throw ClusterError("\(mismatch); use the same release of the program on all hosts")
        }
        return experiment
    }
}
