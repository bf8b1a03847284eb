internal import ArgumentParser
internal import SweepGrid

struct ListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Lists the sweeps with their presets.",
        discussion:
            "EXAMPLES\n  phasemap list\n  phasemap list --claims    (a line per claim and negative control, for scripts)"
    )

    @Flag(help: "Print 'SWEEP claim NAME' and 'SWEEP control NAME' lines only.")
    var claims = false

    func run() throws {
        for sweep in Catalog.current.sweeps {
            if claims {
                listClaims(of: sweep)
                continue
            }
            let presets = sweep.presets.isEmpty ? "" : "  (presets: \(sweep.presets.joined(separator: ", ")))"
            print("\(sweep.name)\(presets)")
            if !sweep.description.isEmpty { print("    \(sweep.description)") }
            guard let run = try? sweep.freeze() else { continue }
            let axes = run.design.dimensions.map { "\($0.name) \($0.count)" }.joined(separator: " × ")
            print(
                "    \(axes) × \(counted(run.design.replicates, "replicate")) = \(counted(run.design.taskCount, "task"))"
            )
            if !run.view.checks.isEmpty {
                let controls =
                    sweep.controls.isEmpty ? "" : "; controls: \(sweep.controls.map(\.name).joined(separator: ", "))"
                print("    claims: \(run.view.checks.map(\.name).joined(separator: ", "))\(controls)")
            }
        }
    }

    private func listClaims(of sweep: Sweep) {
        for check in (try? sweep.freeze())?.view.checks ?? [] { print("\(sweep.name) claim \(check.name)") }
        for control in sweep.controls { print("\(sweep.name) control \(control.name)") }
    }
}
