internal import ArgumentParser
import Foundation
internal import Plotting
internal import Results
internal import SweepGrid

struct PlotCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plot", abstract: "Draws the figures of a merged file again.",
        discussion: """
            Writes each figure as SVG, PDF and PNG, with its gnuplot script and data in figures/. No task runs.

            EXAMPLES
              phasemap plot runs/molrg-k1
              phasemap plot all.h5 --into pictures
              phasemap plot runs/molrg-k1 --figures-from molrg-k1    (after editing the sweep's figures)
            """)

    @Argument(help: "A phase-diagram file or a run directory.")
    var file: String

    @Option(help: ArgumentHelp("Where the pictures go; by default beside the file.", valueName: "dir"))
    var into: String?

    @Option(help: ArgumentHelp("Draw the figures that this sweep declares now.", valueName: "sweep"))
    var figuresFrom: String?

    func run() throws {
        let diagram = try openPhaseDiagram(file)
        let figures = try figuresFrom.map { try currentView(of: $0, for: diagram).figures }
        let directory = into ?? URL(fileURLWithPath: diagram.path).deletingLastPathComponent().relativePath
        let pictures = try FigureFiles.draw(diagram, figures: figures, into: directory)
        guard !pictures.isEmpty else { throw CommandFailure("sweep '\(diagram.run.sweep)' declares no figures") }
        print(pictures.joined(separator: "\n"))
    }
}

struct ShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Shows a merged file in the terminal.",
        discussion: """
            A heat map of the first figure with its boundary, or a table; for looking at results over ssh.

            EXAMPLES
              phasemap show runs/molrg-k1
              phasemap show phase-diagram.h5 --table --rows 100
            """)

    @Argument(help: "A phase-diagram file or a run directory.")
    var file: String

    @Flag(help: "Print a table of the points.")
    var table = false

    @Option(help: "The most rows of a table.")
    var rows = 40

    func run() throws {
        let diagram = try openPhaseDiagram(file)
        print(
            table
                ? try TerminalView.table(of: diagram, rows: max(1, rows))
                : try TerminalView.text(of: diagram, rows: max(1, rows)))
    }
}
