import Foundation
import SweepGrid
import Testing

@testable import Results

@Suite struct RunDirectoryTests {
    @Test(arguments: Fixture.Grid.allCases)
    func aFrozenRunComesBackWithTheSameDesign(grid: Fixture.Grid) throws {
        let design = grid.design
        let directory = try TemporaryDirectory()
        let run = RunDirectory(directory.path + "/")
        let frozen = Fixture.run(design)
        try run.write(frozen)
        #expect(try run.readRun() == frozen)
        #expect(try run.readRun().design.digest == design.digest)
        #expect(try Disk.names(in: directory.path) == ["run.json"])
        let text = try String(decoding: directory.bytes("run.json"), as: UTF8.self)
        #expect(text.contains("\"formatVersion\" : 1"))
    }

    @Test func aDirectoryWithoutRunFileIsNoRunDirectory() throws {
        let directory = try TemporaryDirectory()
        let error = #expect(throws: StorageError.self) { try RunDirectory(directory.path).readRun() }
        #expect(error?.description == "'\(directory.path)' is not a run directory: it has no run.json")
    }

    @Test func aRunFileOfANewerFormatSaysSo() throws {
        let error = #expect(throws: StorageError.self) {
            try FrozenRun(json: Array(#"{"formatVersion": 7}"#.utf8), name: "run.json")
        }
        #expect(
            error?.description
                == "'run.json' has format version 7 (this program reads version 1; use the release that wrote it)")
    }

    @Test(arguments: [
        ("", "run"), ("{}", "'formatVersion' is missing"), (#"{"formatVersion": 1}"#, "'sweep' is missing"),
    ])
    func aDamagedRunFileIsNamedWithTheReason(text: String, reason: String) {
        let error = #expect(throws: StorageError.self) { try FrozenRun(json: Array(text.utf8), name: "run.json") }
        #expect(error?.problem.hasPrefix("is not a frozen run: ") == true)
        #expect(error?.problem.contains(reason) == true)
    }

    @Test func aFileIsReplacedInOnePieceOrNotAtAll() throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("run.json")
        try Disk.writeAtomically([1, 2, 3], to: path)
        try Disk.writeAtomically([4], to: path)
        #expect(try directory.bytes("run.json") == [4])
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == ["run.json"])
    }

    @Test func aPlaceThatCannotBeWrittenIsNamedWithTheReason() throws {
        let error = #expect(throws: StorageError.self) { try Disk.writeAtomically([1], to: "/proc/phasemap") }
        #expect(error?.description.contains("'/proc/phasemap' cannot be created") == true)
        let full = #expect(throws: StorageError.self) { try Disk.makeDirectory("/dev/null/run") }
        #expect(full?.description == "'/dev/null/run' cannot be made: Not a directory")
        let error28 = StorageError(path: "runs/a", cannot: "written", errno: ENOSPC)
        #expect(error28.description.contains("No space left on device (free space there"))
    }

    @Test func aFileLargerThanItsLimitIsNotRead() throws {
        let directory = try TemporaryDirectory()
        try Disk.writeAtomically([UInt8](repeating: 0, count: 100), to: directory.file("large"))
        #expect(throws: StorageError.self) { try Disk.read(directory.file("large"), limit: 99) }
    }
}
