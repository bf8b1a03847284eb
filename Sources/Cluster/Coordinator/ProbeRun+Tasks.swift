internal import Results
internal import Scheduling
package import SweepGrid

extension ProbeRun {
    /// Computes tasks of a run in a slot process of this host, with the run's arithmetic; returns their results, nil for
    /// a task that throws.
    ///
    /// - Throws: `ClusterError` when this host cannot provide the arithmetic, or the slot does not know the experiment or dies.
    package static func results(
        of tasks: [Int], in run: FrozenRun, program: SlotProgram = .current
    ) throws(ClusterError) -> [TaskResult?] {
        let directory = try PrivateDirectory(in: defaultTemporaryDirectory())
        defer { directory.remove() }
        let path = directory.path + "/run.json"
        do throws(StorageError) {
            try Disk.writeAtomically(try run.json(), to: path)
        } catch {
            throw ClusterError("\(error)")
        }
        let slot = try SlotProcess(
            program: program, environment: SlotEnvironment.variables(for: run.numerics), runPath: path,
            log: RotatedFile(directory.path + "/probe.log"))
        var results: [TaskResult?] = []
        func ask() {
            guard results.count < tasks.count else { return }
            slot.send(.compute([TaskRun(tasks[results.count]..<tasks[results.count] + 1, attempt: 1)]))
        }
        while results.count < tasks.count {
            for answer in try next(slot) {
                switch answer {
                case .unfit(let reason): throw ClusterError(reason)
                case .ready(let numerics):
                    if let difference = run.numerics?.difference(from: numerics) { throw ClusterError(difference) }
                    ask()
                case .result(let row):
                    results.append(row.result)
                    ask()
                case .failed, .interrupted, .skipped:
                    results.append(nil)
                    ask()
                default: break
                }
            }
        }
        return results
    }
}
