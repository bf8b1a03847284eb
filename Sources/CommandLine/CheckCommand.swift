internal import ArgumentParser
import Foundation
internal import Results
internal import SweepGrid

struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Decides the claims of a sweep from the results of a run.",
        discussion: """
            Prints every claim with what was measured, its interval, what is allowed, and the verdict: pass, fail or \
            undecided (data are missing, or the interval is too wide). The exit status is 0 when no claim fails. \
            Intervals hold at 95 % jointly over everything a claim is measured on. The rules were frozen with the run.

            EXAMPLES
              phasemap check runs/molrg-k1
              phasemap check runs/molrg-k1 --all
              phasemap check runs/molrg-k1 --json
              phasemap check runs/molrg-k1 --rules-from molrg-k1    (after editing the sweep's rules)
              phasemap check runs/noisy --control                   (a negative control: its claims must fail)
              phasemap check runs/molrg-k1 --shuffled --control --must-fail pca
            """)

    @Argument(help: "A run directory or a phase-diagram file.")
    var file: String

    @Option(help: ArgumentHelp("Decide by the rules that this sweep declares now.", valueName: "sweep"))
    var rulesFrom: String?

    @Flag(help: "Print what was measured of every group of points.")
    var all = false

    @Flag(help: "Print the verdicts as JSON.")
    var json = false

    @Flag(help: "The run is a negative control: the exit status is 0 when every claim that must fail does fail.")
    var control = false

    @Option(
        name: .customLong("must-fail"),
        help: ArgumentHelp(
            "With --control: the claim that must fail, in place of those that the run names. May be given several times.",
            valueName: "claim"))
    var mustFail: [String] = []

    @Flag(help: "Deal the results to the points at random first: a negative control, in which claims must fail.")
    var shuffled = false

    func validate() throws {
        if !mustFail.isEmpty && !control {
            throw ValidationError("--must-fail names what a negative control must fail: add --control")
        }
    }

    func run() throws {
        let diagram = try openPhaseDiagram(file)
        var view = diagram.run.view
        if let rulesFrom {
            view = try currentView(of: rulesFrom, for: diagram)
        }
        for name in mustFail where !view.checks.contains(where: { $0.name == name }) {
            throw CommandFailure(
                "there is no claim '\(name)'\(suggestion(for: name, among: view.checks.map(\.name)))", .usage)
        }
        if !mustFail.isEmpty { view.mustFail = mustFail }
        guard !view.checks.isEmpty else {
            throw CommandFailure(
                "the run of sweep '\(diagram.run.sweep)' has no rules to decide; if the sweep has some now, add "
                    + "--rules-from \(diagram.run.sweep)")
        }
        if control && view.mustFail.isEmpty {
            throw CommandFailure("the run of sweep '\(diagram.run.sweep)' is no negative control")
        }
        let evaluation = try CheckEvaluation(diagram, for: view.checks, isShuffled: shuffled)
        let verdicts = view.checks.map { evaluation.verdict(of: $0) }
        let report = CheckReport(diagram.run, verdicts, mustFail: view.mustFail)
        print(json ? try report.json() : report.text(all: all))
        let failed = verdicts.filter { $0.outcome == .fail }.map(\.check.name)
        if control {
            let silent = view.mustFail.filter { !failed.contains($0) }
            if !silent.isEmpty {
                throw CommandFailure(
                    "the negative control does not fail \(silent.map { "'\($0)'" }.joined(separator: ", ")): "
                        + "the rule cannot tell a wrong setting from a right one")
            }
        } else if !failed.isEmpty {
            throw ExitCode.failure
        }
    }
}

/// The figures and rules that a sweep of the catalog declares now, frozen for the grid of a file.
func currentView(of sweep: String, for diagram: PhaseDiagramFile) throws -> View {
    let sweep = try Catalog.current.sweep(sweep)
    do throws(SweepError) {
        return try sweep.view(of: diagram.run.design, preset: diagram.run.preset)
    } catch {
        throw CommandFailure(error.description)
    }
}
