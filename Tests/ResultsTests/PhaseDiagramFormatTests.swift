import Foundation
import SweepGrid
import Testing

@testable import HDF5
@testable import Results

@Suite struct PhaseDiagramFormatTests {
    private static let python =
        ProcessInfo.processInfo.environment["PHASEMAP_PYTHON"] ?? packageRoot + "/.venv/bin/python"
    private static let packageRoot = #filePath.components(separatedBy: "/Tests/ResultsTests/")[0]
    private static let here = packageRoot + "/Tests/ResultsTests"

    private func merged(_ grid: Fixture.Grid, in parent: TemporaryDirectory) throws -> String {
        let run = RunDirectory(parent.path)
        try run.write(Fixture.run(grid.design))
        // A third of the tasks is missing, so that every kind of cell occurs.
        try Fixture.write((0..<grid.design.taskCount).filter { $0 % 30 < 20 }, of: grid.design, into: run)
        return try Merge([run]).write().path
    }

    @Test(
        .enabled(
            if: FileManager.default.isExecutableFile(atPath: python),
            "needs Python with h5py, xarray, h5netcdf and netCDF4: python3 -m venv .venv and install them, or set PHASEMAP_PYTHON"
        ),
        arguments: Fixture.Grid.allCases)
    func pythonOpensTheFileWithEveryReaderAndWithoutArguments(grid: Fixture.Grid) throws {
        let parent = try TemporaryDirectory()
        let output = try run(
            Self.python, [Self.here + "/Python/open_phase_diagram.py", try merged(grid, in: parent), grid.rawValue])
        #expect(output == "ok\n")
    }

    @Test(arguments: Fixture.Grid.allCases)
    func theStructureOfTheFileIsTheGolden(grid: Fixture.Grid) throws {
        let parent = try TemporaryDirectory()
        let path = try merged(grid, in: parent)
        try compare(try structure(of: path), withGolden: "phase-diagram-\(grid.rawValue).txt")
    }

    /// Names, types, extents, dimensions, attributes and values, in the order of creation.
    private func structure(of path: String) throws -> String {
        let root = try File.open(atPath: path).root()
        var lines: [String] = []
        for name in [
            "Conventions", "format", "title", "sweep", "experiment", "design_hash", "view_hash", "numerics_kernels",
        ] {
            lines.append("@\(name) = \(try root.attribute(name, as: String.self))")
        }
        for name in [
            "format_version", "experiment_version", "replicates", "tasks", "tasks_ok", "tasks_diverged",
            "tasks_missing",
        ] {
            lines.append("@\(name) = \(try root.attribute(name, as: Int64.self))")
        }
        for name in try root.names() {
            let dataset = try root.dataset(name)
            let isText = try dataset.holdsStrings()
            let isReal = try !isText && dataset.holdsReals()
            lines.append("\(name) \(try dataset.extent()) \(isText ? "text" : isReal ? "real" : "integer")")
            for attribute in ["units", "long_name", "coordinates", "flag_meanings", "rule"]
            where try dataset.hasAttribute(attribute) {
                lines.append("  @\(attribute) = \(try dataset.attribute(attribute, as: String.self))")
            }
            let values: [String]
            if isText {
                values = try dataset.readStrings()
            } else if isReal {
                // Ten digits: the last bits of exp and log differ between versions of the C library.
                values = try dataset.read(Double.self).map { $0.isNaN ? "nan" : String(format: "%.10g", $0) }
            } else {
                values = try dataset.read(Int64.self).map(String.init)
            }
            for start in stride(from: 0, to: values.count, by: 24) {
                lines.append("  " + values[start..<min(start + 24, values.count)].joined(separator: " "))
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private func compare(_ text: String, withGolden name: String) throws {
        let path = Self.here + "/Goldens/" + name
        if ProcessInfo.processInfo.environment["RECORD_GOLDENS"] == "1" {
            try Disk.makeDirectory(Self.here + "/Goldens")
            try text.write(toFile: path, atomically: true, encoding: .utf8)
            Issue.record("recorded \(name); run again without RECORD_GOLDENS")
            return
        }
        let golden = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
        let lines = text.split(separator: "\n")
        #expect(lines.count == golden.count)
        let difference = zip(lines, golden).first { $0 != $1 }
        #expect(difference == nil, "the first line that differs from Goldens/\(name)")
    }

    @Test func h5dumpReadsTheFile() throws {
        let h5dump = "/usr/bin/h5dump"
        guard FileManager.default.isExecutableFile(atPath: h5dump) else { return }
        let parent = try TemporaryDirectory()
        let output = try run(h5dump, ["-H", try merged(.product, in: parent)])
        #expect(output.contains("DATASET \"success_rate\""))
        #expect(output.contains("ATTRIBUTE \"DIMENSION_LIST\""))
    }

    private func run(_ program: String, _ arguments: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: data, as: UTF8.self)
    }
}
