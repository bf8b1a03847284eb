internal import ArgumentParser
internal import SweepGrid

struct ListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Lists the sweeps with their presets.",
        discussion:
            "EXAMPLES\n  phasemap list\n  phasemap list --claims    (a line per claim and negative control, for scripts)"
    )

    @Flag(help: "Print 'SWEEP claim NAME' and 'SWEEP control NAME CLAIMS' lines only.")
    var claims = false

    func run() throws {
        let texts = Catalog.current.sweeps.map(claims ? Self.claims : Self.text)
        print(texts.filter { !$0.isEmpty }.joined(separator: "\n"))
    }

    /// A sweep's name, presets, meaning and size, or every reason why it cannot be expanded.
    static func text(of sweep: Sweep) -> String {
        var lines = [
            sweep.name + (sweep.presets.isEmpty ? "" : "  (presets: \(sweep.presets.joined(separator: ", ")))")
        ]
        if !sweep.description.isEmpty { lines.append("    \(sweep.description)") }
        do {
            let run = try sweep.freeze()
            let design = run.design
            let axes = design.dimensions.map { "\($0.name) \($0.count)" }.joined(separator: " × ")
            lines.append(
                "    \(axes) × \(counted(design.replicates, "replicate")) = \(counted(design.taskCount, "task"))")
            if !run.view.checks.isEmpty {
                let controls =
                    sweep.controls.isEmpty ? "" : "; controls: \(sweep.controls.map(\.name).joined(separator: ", "))"
                lines.append("    claims: \(run.view.checks.map(\.name).joined(separator: ", "))\(controls)")
            }
        } catch {
            lines += error.problems.map { "    cannot be expanded: \($0)" }
        }
        return lines.joined(separator: "\n")
    }

    /// A line per claim and per negative control.
    private static func claims(of sweep: Sweep) -> String {
        let claims = ((try? sweep.freeze())?.view.checks ?? []).map { "\(sweep.name) claim \($0.name)" }
        let controls = sweep.controls.map {
            "\(sweep.name) control \($0.name) \($0.mustFail.joined(separator: " "))"
        }
        return (claims + controls).joined(separator: "\n")
    }
}
