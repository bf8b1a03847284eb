import Foundation
import Testing

@testable import HDF5

@Suite struct DamageTests {
    /// A file with one compressed, checksummed dataset.
    private func image() throws -> [UInt8] {
        let file = try File.createInMemory(name: "sound")
        let values = (0..<4096).map { Double($0 * $0 % 977) }
        try file.root().createDataset("values", of: Double.self, extent: [4096], storage: .chunked([512], level: 1))
            .write(values)
        return try file.image()
    }

    @Test func aFileThatIsNotThereIsNamedWithTheReason() throws {
        let error = #expect(throws: HDF5Error.self) { try File.open(atPath: "/nowhere/phase-diagram.h5") }
        #expect(error?.call == "H5Fopen")
        #expect(error?.subject == "/nowhere/phase-diagram.h5")
        #expect(error?.reason.contains("No such file or directory") == true)
    }

    @Test func aDirectoryThatIsNotThereIsNamedWithTheReason() throws {
        let error = #expect(throws: HDF5Error.self) { try File.create(atPath: "/nowhere/phase-diagram.h5") }
        #expect(error?.reason.contains("No such file or directory") == true)
    }

    @Test func bytesThatAreNoHDF5FileAreRefused() {
        #expect(throws: HDF5Error.self) { try File.open(image: [], name: "empty") }
        #expect(throws: HDF5Error.self) { try File.open(image: Array("a text".utf8), name: "text") }
    }

    @Test(arguments: [1, 100, 1000, 5000])
    func aTruncatedFileIsRefused(missing: Int) throws {
        let directory = try TemporaryDirectory()
        try directory.write(Array(try image().dropLast(missing)), to: "short.h5")
        #expect(throws: HDF5Error.self) {
            try File.open(atPath: directory.file("short.h5")).root().dataset("values").read(Double.self)
        }
    }

    @Test func aFlippedByteInTheDataIsFoundByTheChecksum() throws {
        var bytes = try image()
        bytes[bytes.count - 40] ^= 1
        let dataset = try File.open(image: bytes, name: "flipped").root().dataset("values")
        #expect(throws: HDF5Error.self) { try dataset.read(Double.self) }
    }

    /// HDF5 itself would read far beyond the end of a chunk that is shorter than its checksum.
    @Test func aChunkThatIsShorterThanItsChecksumIsRefused() throws {
        var bytes = try image()
        let dataset = try File.open(image: bytes, name: "sound").root().dataset("values")
        try dataset.refuseUnreadableChunks()
        // The first key of a tree of chunks begins with the length of its chunk.
        var shortened = 0
        for place in bytes.indices.dropLast(28) where bytes[place..<place + 5].elementsEqual(Array("TREE\u{1}".utf8)) {
            bytes.replaceSubrange(place + 24..<place + 28, with: [3, 0, 0, 0])
            shortened += 1
        }
        #expect(shortened > 0)
        let short = try File.open(image: bytes, name: "short").root().dataset("values")
        let error = #expect(throws: HDF5Error.self) { try short.refuseUnreadableChunks() }
        #expect(error?.reason == "a chunk of 3 bytes")
    }

    @Test func aFullDiskIsAnErrorAndTheNextFileIsSound() throws {
        for _ in 0..<3 {
            let error = #expect(throws: HDF5Error.self) {
                let file = try File.create(atPath: "/dev/full")
                try file.root().createDataset("values", of: Double.self, extent: [4096]).write(
                    [Double](repeating: 1, count: 4096))
                try file.close()
            }
            #expect(error?.reason == "No space left on device")
        }
        let directory = try TemporaryDirectory()
        let file = try File.create(atPath: directory.file("next.h5"))
        try file.root().createDataset("values", of: Double.self, extent: [2]).write([1, 2])
        try file.close()
        #expect(try File.open(atPath: directory.file("next.h5")).root().dataset("values").read(Double.self) == [1, 2])
    }

    @Test func aMissingDatasetIsNamed() throws {
        let root = try File.createInMemory(name: "file").root()
        let error = #expect(throws: HDF5Error.self) { try root.dataset("trials") }
        #expect(error?.subject == "file:/trials")
    }

    @Test func aClosedFileRefusesFurtherUse() throws {
        let directory = try TemporaryDirectory()
        let file = try File.create(atPath: directory.file("closed.h5"))
        try file.close()
        #expect(throws: HDF5Error.self) { try file.root() }
        #expect(throws: HDF5Error.self) { try file.close() }
    }

    @Test func aStringWhereANumberIsExpectedIsAnError() throws {
        let root = try File.createInMemory(name: "kinds").root()
        try root.createDataset("numbers", of: Double.self, extent: [1]).write([1.0])
        try root.setAttribute("name", "molrg")
        #expect(throws: HDF5Error.self) { try root.dataset("numbers").readStrings() }
        #expect(throws: HDF5Error.self) { try root.attribute("name", as: Int64.self) }
    }
}
