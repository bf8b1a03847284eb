import Testing

@testable import HDF5

@Suite struct DatasetTests {
    @Test func numbersOfEveryTypeComeBackFromDisk() throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("numbers.h5")
        let file = try File.create(atPath: path)
        let root = try file.root()
        let chunked = Storage.chunked([2, 2], level: 4)
        try root.createDataset("bytes", of: UInt8.self, extent: [3]).write([1, 2, 255] as [UInt8])
        try root.createDataset("counts", of: Int32.self, extent: [2, 3], storage: chunked).write(
            [1, -2, 3, -4, 5, .max] as [Int32])
        try root.createDataset("long", of: UInt64.self, extent: [1]).write([.max] as [UInt64])
        try root.createDataset("reals", of: Double.self, extent: [2, 3], storage: chunked).write(
            [0.1, -.infinity, 1e308, 0, -0.0, .leastNonzeroMagnitude])
        try file.close()

        let reread = try File.open(atPath: path).root()
        #expect(try reread.names() == ["bytes", "counts", "long", "reals"])
        #expect(try reread.dataset("bytes").read(UInt8.self) == [1, 2, 255])
        #expect(try reread.dataset("counts").read(Int32.self) == [1, -2, 3, -4, 5, .max])
        #expect(try reread.dataset("counts").extent() == [2, 3])
        #expect(try reread.dataset("long").read(UInt64.self) == [.max])
        let reals = try reread.dataset("reals").read(Double.self)
        #expect(reals.map(\.bitPattern) == [0.1, -.infinity, 1e308, 0, -0.0, .leastNonzeroMagnitude].map(\.bitPattern))
    }

    @Test func aBoxIsWrittenAndReadWithoutTouchingTheRest() throws {
        let file = try File.createInMemory(name: "boxes")
        let dataset = try file.root().createDataset(
            "grid", of: Double.self, extent: [4, 5], storage: .chunked([2, 2], level: 1), fill: -1)
        try dataset.write([1, 2, 3, 4, 5, 6], start: [1, 2], count: [2, 3])
        #expect(try dataset.read(Double.self, start: [1, 3], count: [3, 2]) == [2, 3, 5, 6, -1, -1])
        #expect(try dataset.read(Double.self).filter { $0 == -1 }.count == 14)
    }

    @Test func aBoxOutsideTheDatasetIsAnError() throws {
        let file = try File.createInMemory(name: "outside")
        let dataset = try file.root().createDataset("grid", of: Double.self, extent: [2])
        #expect(throws: HDF5Error.self) { try dataset.write([1, 2, 3], start: [0], count: [3]) }
        #expect(throws: HDF5Error.self) { try dataset.read(Double.self, start: [1], count: [2]) }
    }

    @Test func stringsOfVariableAndFixedLengthComeBack() throws {
        let file = try File.createInMemory(name: "strings")
        let root = try file.root()
        try root.createDataset("method", strings: ["pca", "", "débruiteur"], extent: [3])
        try root.createDataset("text", strings: ["one"], extent: [])
        try root.setAttribute("sweep", "α = n/d")
        try root.setFixedAttribute("worker", "gpu-3")
        try root.setFixedAttribute("empty", "")
        try root.setAttribute("version", Int64(3))
        try root.setAttribute("long", String(repeating: "x", count: 200_000))
        let reread = try File.open(image: try file.image(), name: "strings").root()
        #expect(try reread.dataset("method").readStrings() == ["pca", "", "débruiteur"])
        #expect(try reread.dataset("text").readStrings() == ["one"])
        #expect(try reread.attribute("sweep", as: String.self) == "α = n/d")
        #expect(try reread.attribute("worker", as: String.self) == "gpu-3")
        #expect(try reread.attribute("empty", as: String.self) == "")
        #expect(try reread.attribute("version", as: Int64.self) == 3)
        #expect(try reread.attribute("long", as: String.self).utf8.count == 200_000)
        #expect(try reread.hasAttribute("seed") == false)
    }

    @Test func theSameContentGivesTheSameBytes() throws {
        let directory = try TemporaryDirectory()
        for name in ["first.h5", "second.h5"] {
            let file = try File.create(atPath: directory.file(name))
            let root = try file.root()
            let scale = try root.createDataset("method", strings: ["pca", "denoiser"], extent: [2])
            try scale.makeScale(named: "method")
            let error = try root.createDataset(
                "error", of: Double.self, extent: [2], storage: .chunked([2], level: 4), fill: .nan)
            try error.attach(scale, to: 0)
            try error.setAttribute("units", "1")
            try error.write([0.25, 0.5])
            try file.close()
        }
        #expect(try directory.bytes("first.h5") == directory.bytes("second.h5"))
    }

    @Test func aReadBeyondItsLimitIsRefused() throws {
        let file = try File.createInMemory(name: "large")
        let dataset = try file.root().createDataset(
            "claims", of: Double.self, extent: [1 << 20, 1 << 30], storage: .chunked([1, 1024], level: 1))
        #expect(throws: HDF5Error.self) { try dataset.read(Double.self) }
        #expect(throws: HDF5Error.self) { try dataset.read(Double.self, limit: 100) }
    }
}
