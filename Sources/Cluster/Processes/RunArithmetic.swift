internal import Glibc
package import SweepGrid

/// The arithmetic of a run in this very process, for tasks that are computed outside of a slot.
package enum RunArithmetic {
    /// Starts this program anew with the environment of the run's slots, unless it has that already.
    ///
    /// OpenBLAS chooses its kernels when it is loaded, so a running process cannot change them. Call it before anything was
    /// printed.
    ///
    /// - Throws: `ClusterError` when the program cannot be started again.
    package static func adopt(_ numerics: Numerics?) throws(ClusterError) {
        let wanted = SlotEnvironment.variables(for: numerics)
        guard wanted != SlotEnvironment.inherited() else { return }
        func strings(_ texts: [String]) -> [UnsafeMutablePointer<CChar>?] { texts.map { strdup($0) } + [nil] }
        let arguments = strings(CommandLine.arguments)
        let environment = strings(wanted.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" })
        execve(currentExecutable(), arguments, environment)
        let code = errno
        for text in arguments + environment { free(text) }
        throw ClusterError("this program cannot be started again with the arithmetic of the run: \(reason(code))")
    }

    /// Why a process with `own` arithmetic does not give the bits of a run; nil when it does.
    package static func difference(of numerics: Numerics?, from own: Numerics) -> String? {
        numerics?.difference(from: own)
    }
}
