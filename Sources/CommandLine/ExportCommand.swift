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
            return try diagram.exportCSV { text in try write(text, to: STDOUT_FILENO, named: "the standard output") }
        }
        // The table appears under its name when it is whole.
        let temporary = into + ".part"
        let output = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
        guard output >= 0 else { throw unwritable("'\(into)'") }
        do {
            defer { close(output) }
            try diagram.exportCSV { try write($0, to: output, named: "'\(into)'") }
            guard fsync(output) == 0 || errno == EINVAL, rename(temporary, into) == 0 else {
                throw unwritable("'\(into)'")
            }
        } catch {
            unlink(temporary)
            throw error
        }
    }
}

/// Writes all of a text.
private func write(_ text: String, to descriptor: Int32, named name: String) throws {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
        let count = rest.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
        if count < 0 && errno == EINTR { continue }
        guard count >= 0 else { throw unwritable(name) }
        rest = rest.dropFirst(count)
    }
}

/// Why the table cannot be written, by `errno`.
private func unwritable(_ name: String) -> CommandFailure {
    CommandFailure("the table cannot be written to \(name): \(String(cString: strerror(errno)))")
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
