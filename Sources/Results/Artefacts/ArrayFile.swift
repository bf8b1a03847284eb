package import SweepGrid

/// An array that a task kept, as a NumPy file (`.npy`, version 1.0): `numpy.load` reads it without anything else.
///
/// Format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
package enum ArrayFile {
    /// The bytes of the file: 64-bit reals, low byte first, the last index fastest.
    ///
    /// - Precondition: `values` fill the shape.
    package static func bytes(_ values: [Double], shape: [Int]) -> [UInt8] {
        precondition(shape.reduce(1, *) == values.count, "values fill the shape")
        let extents = shape.map(String.init).joined(separator: ", ") + (shape.count == 1 ? "," : "")
        var header = "{'descr': '<f8', 'fortran_order': False, 'shape': (\(extents)), }"
        // The data begin at a multiple of 64 bytes.
        header += String(repeating: " ", count: 63 - (10 + header.utf8.count) % 64) + "\n"
        var bytes: [UInt8] = [0x93] + Array("NUMPY".utf8) + [1, 0]
        bytes += [UInt8(truncatingIfNeeded: header.utf8.count), UInt8(truncatingIfNeeded: header.utf8.count >> 8)]
        bytes += header.utf8
        for value in values { withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes.append(contentsOf: $0) } }
        return bytes
    }

    /// Writes an array of a task into a directory; returns the path, which names the array, the task and the contents.
    package static func write(
        _ values: [Double], shape: [Int], named name: String, of task: TaskID, in directory: String
    ) throws(StorageError) -> String {
        guard !name.isEmpty, name.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }) else {
            throw StorageError(path: name, problem: "is no name of an array: use letters, digits and hyphens")
        }
        let count = shape.reduce(1 as Int?) { product, extent in
            guard let (value, isOver) = product?.multipliedReportingOverflow(by: extent), !isOver else { return nil }
            return value
        }
        guard shape.allSatisfy({ $0 >= 0 }), count == values.count
        else {
            throw StorageError(path: name, problem: "has \(values.count) values, which do not fill the shape \(shape)")
        }
        let bytes = bytes(values, shape: shape)
        try Disk.makeDirectory(directory)
        let path = "\(directory)/\(name)-\(task)-\(SHA256.hash(bytes).description.prefix(16)).npy"
        try Disk.writeAtomically(bytes, to: path)
        return path
    }
}
