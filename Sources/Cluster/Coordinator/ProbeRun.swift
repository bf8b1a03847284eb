internal import Results
import Scheduling
public import SweepGrid
internal import ZeroMQ

/// Binds a run to the arithmetic of this host, before its coordinator serves: in a child process, as every slot will be.
public enum ProbeRun {
    /// The run with its arithmetic and the digest of its probe task.
    ///
    /// A run that has its arithmetic already keeps it. A probe task that throws leaves the run without a probe.
    ///
    /// - Parameter isPortable: binds the run to kernels that hosts with other processors have too.
    /// - Throws: `ClusterError` when the slot process does not start, does not know the experiment or dies.
    public static func fix(
        _ run: FrozenRun, program: SlotProgram = .current, isPortable: Bool = false
    ) throws(ClusterError) -> FrozenRun {
        guard run.numerics == nil else { return run }
        let directory = try PrivateDirectory(in: defaultTemporaryDirectory())
        defer { directory.remove() }
        let path = directory.path + "/run.json"
        do throws(StorageError) {
            try Disk.writeAtomically(try run.json(), to: path)
        } catch {
            throw ClusterError("\(error)")
        }
        let kernels = isPortable ? SlotEnvironment.portableKernels : nil
        let slot = try SlotProcess(
            program: program, environment: SlotEnvironment.variables(threads: 1, kernels: kernels), runPath: path,
            log: RotatedFile(directory.path + "/probe.log"))
        var fixed = run
        while true {
            for answer in try next(slot) {
                switch answer {
                case .unfit(let reason): throw ClusterError(reason)
                case .ready(var numerics):
                    numerics.isPortable = isPortable
                    fixed.numerics = numerics
                    slot.send(.compute([TaskRun(run.probeTask..<run.probeTask + 1, attempt: 1)]))
                case .result(let row):
                    fixed.probe = Probe(task: run.probeTask, digest: row.result.digest())
                    return fixed
                case .failed, .interrupted, .skipped: return fixed
                case .progress, .checkpoint: break
                }
            }
        }
    }

    /// What the slot says next, as soon as it says something.
    static func next(_ slot: SlotProcess) throws(ClusterError) -> [SlotAnswer] {
        var poller = Poller()
        poller.add(fileDescriptor: slot.fileDescriptor)
        while true {
            do throws(ZeroMQError) {
                try poller.wait(upTo: .milliseconds(100))
            } catch {
                throw ClusterError("\(error)")
            }
            slot.output.read()
            let answers = slot.answers()
            if !answers.isEmpty { return answers }
            if let end = slot.ended() {
                while slot.output.read() {}
                let log = slot.output.lastLines.map { "\n" + $0 }.joined()
                throw ClusterError(
                    "the slot process ended (\(end)) before it had computed the probe task of the run" + log)
            }
        }
    }
}
