internal import ArgumentParser
import Foundation
internal import Results

struct ExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Writes a phase-diagram file as a table, one row a task.",
        discussion: """
            Columns: the parameters of the grid, replicate, status, and each scalar measurement; arrays get a column for \
            every coordinate.

            EXAMPLES
              phasemap export runs/molrg-k1/phase-diagram.h5 --csv > tasks.csv
              phasemap export runs/molrg-k1 --csv --into tasks.csv
            """)

    @Argument(help: "A phase-diagram file or a run directory.")
    var file: String

    @Flag(help: "Comma-separated values, which is the only format so far and the default.")
    var csv = false

    @Option(help: ArgumentHelp("The file to write; by default the table is printed.", valueName: "file"))
    var into: String?

    func run() throws {
        let diagram = try openPhaseDiagram(file)
        guard let into else {
            let output = FileHandle.standardOutput
            try diagram.exportCSV { try output.write(contentsOf: Data($0.utf8)) }
            return
        }
        // The table appears under its name when it is whole.
        let temporary = into + ".part"
        guard FileManager.default.createFile(atPath: temporary, contents: nil),
            let output = FileHandle(forWritingAtPath: temporary)
        else { throw CommandFailure("'\(into)' cannot be written: is its directory there and writable?") }
        do {
            try diagram.exportCSV { try output.write(contentsOf: Data($0.utf8)) }
            try output.synchronize()
            try output.close()
            guard rename(temporary, into) == 0 else { throw CommandFailure("'\(into)' cannot be replaced") }
        } catch {
            try? FileManager.default.removeItem(atPath: temporary)
            throw error
        }
    }
}

/// Opens a phase-diagram file, given itself or the run directory that it stands in.
func openPhaseDiagram(_ path: String) throws -> PhaseDiagramFile {
    var isDirectory: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
        throw CommandFailure("there is no '\(path)': name a phase-diagram file or a run directory")
    }
    guard isDirectory.boolValue else { return try PhaseDiagramFile(path) }
    let directory = RunDirectory(path)
    guard FileManager.default.fileExists(atPath: directory.phaseDiagram) else {
        guard FileManager.default.fileExists(atPath: directory.runFile) else {
            throw CommandFailure("'\(path)' is no run directory: it holds no run.json")
        }
        throw CommandFailure("'\(path)' has no merged file yet: run 'phasemap merge \(path)'")
    }
    return try PhaseDiagramFile(directory.phaseDiagram)
}
