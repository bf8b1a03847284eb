internal import ArgumentParser
internal import SweepGrid

struct ListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Lists the sweeps with their presets.",
        discussion: "EXAMPLE\n  phasemap list")

    func run() throws {
        for sweep in Catalog.current.sweeps {
            let presets = sweep.presets.isEmpty ? "" : "  (presets: \(sweep.presets.joined(separator: ", ")))"
            print("\(sweep.name)\(presets)")
            if !sweep.description.isEmpty { print("    \(sweep.description)") }
            if let run = try? sweep.freeze() {
                let axes = run.design.dimensions.map { "\($0.name) \($0.count)" }.joined(separator: " × ")
                print(
                    "    \(axes) × \(counted(run.design.replicates, "replicate")) = \(counted(run.design.taskCount, "task"))"
                )
            }
        }
    }
}
