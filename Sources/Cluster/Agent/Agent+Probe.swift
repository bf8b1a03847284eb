import Scheduling
internal import SweepGrid

extension Agent {
    /// Lets a slot read the run and compute the probe task, before the coordinator is asked for admission.
    func startProbe(_ run: FrozenRun, path: String) {
        frozen = run
        slots.prepare(run, path: path, checkpointInterval: options.policy.checkpointInterval)
        memory = MemoryWatch(limit: run.limits.mebibytes.map { $0 << 20 })
        do throws(ClusterError) {
            isProbing = true
            try slots.start(0)
        } catch {
            endProbe(.cannotPrepare(reason: "\(error)"))
        }
    }

    func handleProbe(_ happening: AgentSlots.Happening) {
        guard let run = frozen else { return }
        switch happening {
        case .ended(_, let end, let lastLines):
            let log = lastLines.map { "\n" + $0 }.joined()
            endProbe(
                .cannotPrepare(
                    reason: "the slot process ended (\(end)) before it had computed the probe task" + log))
        case .answers(_, let answers):
            for answer in answers where isProbing {
                switch answer {
                case .unfit(let reason): endProbe(.cannotPrepare(reason: reason))
                case .ready(let numerics):
                    if let difference = run.numerics?.difference(from: numerics) {
                        endProbe(.cannotPrepare(reason: difference))
                    } else if expectedProbe == nil {
                        endProbe(.prepared(probe: nil, limits: run.limits))
                    } else {
                        let task = run.probe?.task ?? run.probeTask
                        slots.send(.compute([TaskRun(task..<task + 1, attempt: 1)]), to: 0)
                    }
                case .skipped: break
                case .result(let row): endProbe(.prepared(probe: row.result.digest(), limits: run.limits))
                case .failed(_, _, let message):
                    endProbe(.cannotPrepare(reason: "the probe task failed: \(message)"))
                case .interrupted: endProbe(.cannotPrepare(reason: "the probe task was interrupted"))
                case .progress, .checkpoint: break
                }
            }
        }
    }

    private func endProbe(_ event: AgentSession.Event) {
        isProbing = false
        slots.stop(0)
        tell(event)
    }
}

extension Numerics {
    /// Why a host with `other` arithmetic cannot give the bits of a run with this one; nil when it can.
    func difference(from other: Numerics) -> String? {
        func sentence(_ what: String, _ ours: String, _ theirs: String) -> String? {
            ours == theirs ? nil : "the run is bound to \(what) \(ours), this host has \(theirs)"
        }
        return sentence("OpenBLAS", openBLAS, other.openBLAS) ?? sentence("the BLAS kernels", kernels, other.kernels)
            ?? sentence("the C library", libc, other.libc)
            ?? sentence("a number of BLAS threads of", String(blasThreads), String(other.blasThreads))
    }
}
