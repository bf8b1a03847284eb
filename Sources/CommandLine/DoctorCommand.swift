internal import ArgumentParser
internal import Cluster
import Foundation
internal import LinearAlgebra
internal import Plotting
internal import SweepGrid

struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Looks whether this host is fit to coordinate and compute runs.",
        discussion: """
            Libraries, processor, clock, limits, keys, and if named the disk of a run directory and an endpoint. Each line is \
            ok, a warning or a problem, with what to do; exit status 1 when there is a problem.

            EXAMPLES
              phasemap doctor
              phasemap doctor runs/molrg-k1 --endpoint tcp://10.0.0.1:7700
            """)

    @Argument(help: "A run directory, or a place for one.")
    var directory: String = "."

    @Option(help: ArgumentHelp("Where a coordinator listens or shall listen.", valueName: "endpoint"))
    var endpoint: String?

    @OptionGroup var keys: KeyOptions

    func run() throws {
        var findings = HostCheck.libraries() + Self.arithmetic() + [Self.gnuplot()]
        findings += HostCheck.clock() + HostCheck.limits() + DirectoryCheck.findings(directory)
        findings.append(HostCheck.keys(keys.keys.map { KeyDirectory($0) } ?? .standard))
        if let endpoint {
            findings.append(HostCheck.endpoint(endpoint) { try keys.client(for: endpoint, role: .control) })
        }
        for finding in findings { print(finding.line) }
        let problems = findings.count { $0.level == .problem }
        if problems > 0 { throw CommandFailure("this host is not fit: \(counted(problems, "problem"))") }
    }

    /// OpenBLAS, its kernels and the processor's instruction sets.
    private static func arithmetic() -> [Finding] {
        let own = currentNumerics()
        let sets = Processor.instructionSets
        let canBePortable = Processor.hasPortableKernels
        return [
            Finding(.ok, "OpenBLAS", "\(own.openBLAS), \(own.kernels) kernels here; \(own.libc)"),
            Finding(
                canBePortable ? .ok : .warning, "processor",
                "\(sets.joined(separator: ", ")); the portable \(Processor.portableKernels) kernels \(canBePortable ? "run here too" : "do not run here")",
                advice: canBePortable
                    ? "" : "this host can compute only runs that were started on its like with --native"),
        ]
    }

    private static func gnuplot() -> Finding {
        guard let version = GnuplotProgram.version() else {
            return Finding(
                .warning, "gnuplot", "not found", advice: "figures need it, on Debian: apt-get install gnuplot-nox")
        }
        return Finding(.ok, "gnuplot", version)
    }
}

extension Finding {
    /// `ok       libzmq: 4.3.4 with CURVE`.
    var line: String {
        let name = level.rawValue.padding(toLength: 9, withPad: " ", startingAt: 0)
        return "\(name)\(subject): \(text)" + (advice.isEmpty ? "" : "; \(advice)")
    }
}
