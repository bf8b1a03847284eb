import SweepGrid
import Testing

@testable import Results

@Suite struct ArrayFileTests {
    private let task = TaskID(high: 1, low: 2)

    @Test func theBytesAreThoseOfNumPy() {
        let bytes = ArrayFile.bytes([1, -0.5], shape: [2])
        let header = "{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }"
        #expect(bytes.prefix(8) == [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59, 1, 0])
        #expect(bytes[8] == 118 && bytes[9] == 0)
        let padding = String(repeating: " ", count: 117 - header.utf8.count) + "\n"
        #expect(String(decoding: bytes[10..<128], as: UTF8.self) == header + padding)
        #expect(Array(bytes[128...]) == [0, 0, 0, 0, 0, 0, 0xF0, 0x3F, 0, 0, 0, 0, 0, 0, 0xE0, 0xBF])
        #expect(String(decoding: ArrayFile.bytes([], shape: [0, 3]), as: UTF8.self).contains("'shape': (0, 3), }"))
        #expect(String(decoding: ArrayFile.bytes([7], shape: []), as: UTF8.self).contains("'shape': (), }"))
    }

    @Test func theFileIsNamedAfterArrayTaskAndContents() throws {
        let directory = try TemporaryDirectory()
        let path = try ArrayFile.write(
            [1, 2], shape: [2, 1], named: "weights", of: task, in: directory.path + "/kept")
        let bytes = ArrayFile.bytes([1, 2], shape: [2, 1])
        let name = "weights-\(task)-\(SHA256.hash(bytes).description.prefix(16)).npy"
        #expect(path == directory.path + "/kept/" + name)
        #expect(try Disk.read(path, limit: 1_000) == bytes)
    }

    @Test func whatIsNoArrayIsRefused() throws {
        let directory = try TemporaryDirectory()
        for (name, values, shape) in [
            ("../x", [1.0], [1]), ("", [1.0], [1]), ("a", [1.0], [2]), ("a", [1.0], [-1]), ("a", [1.0], [.max, .max]),
        ] {
            #expect(throws: StorageError.self) {
                try ArrayFile.write(values, shape: shape, named: name, of: task, in: directory.path)
            }
        }
    }
}
