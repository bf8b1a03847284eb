internal import ArgumentParser
internal import SweepGrid

struct ListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Lists the sweeps with their presets.",
        discussion: "EXAMPLE\n  phasemap list")

    func run() throws { print(Catalog.current.sweeps.map(Self.text).joined(separator: "\n")) }

    /// A sweep's name, presets, meaning and size, or every reason why it cannot be expanded.
    static func text(of sweep: Sweep) -> String {
        var lines = [
            sweep.name + (sweep.presets.isEmpty ? "" : "  (presets: \(sweep.presets.joined(separator: ", ")))")
        ]
        if !sweep.description.isEmpty { lines.append("    \(sweep.description)") }
        do {
            let design = try sweep.freeze().design
            let axes = design.dimensions.map { "\($0.name) \($0.count)" }.joined(separator: " × ")
            lines.append(
                "    \(axes) × \(counted(design.replicates, "replicate")) = \(counted(design.taskCount, "task"))")
        } catch {
            lines += error.problems.map { "    cannot be expanded: \($0)" }
        }
        return lines.joined(separator: "\n")
    }
}
