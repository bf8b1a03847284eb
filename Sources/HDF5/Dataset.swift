internal import CHDF5

/// A dataset: an array of numbers or strings with attributes.
package final class Dataset {
    package let name: String
    let subject: String
    let handle: Handle
    /// Keeps the file open as long as the dataset is in use.
    private let file: Handle

    init(name: String, subject: String, handle: Handle, file: Handle) {
        self.name = name
        self.subject = subject
        self.handle = handle
        self.file = file
    }

    /// Length of each dimension; empty for a scalar.
    package func extent() throws(HDF5Error) -> [Int] {
        let space = try dataspace()
        let rank = try checked("H5Sget_simple_extent_ndims", subject) { H5Sget_simple_extent_ndims(space.id) }
        guard rank > 0 else { return [] }
        var lengths = [hsize_t](repeating: 0, count: Int(rank))
        try checked("H5Sget_simple_extent_dims", subject) { H5Sget_simple_extent_dims(space.id, &lengths, nil) }
        var extent: [Int] = []
        for length in lengths {
            guard let length = Int(exactly: length) else {
                throw HDF5Error(call: "H5Sget_simple_extent_dims", subject: subject, reason: "a length of \(length)")
            }
            extent.append(length)
        }
        return extent
    }

    /// Whether the dataset holds strings rather than numbers.
    package func holdsStrings() throws(HDF5Error) -> Bool {
        let type = try Handle("H5Dget_type", subject, closedBy: H5Tclose) { H5Dget_type(handle.id) }
        return H5Tget_class(type.id) == H5T_STRING
    }

    /// Whether the dataset holds floating-point numbers.
    package func holdsReals() throws(HDF5Error) -> Bool {
        let type = try Handle("H5Dget_type", subject, closedBy: H5Tclose) { H5Dget_type(handle.id) }
        return H5Tget_class(type.id) == H5T_FLOAT
    }

    /// Replaces the box of elements at `start` with `count` elements per dimension, row-major.
    package func write<T: Element>(
        _ values: UnsafeBufferPointer<T>, start: [Int], count: [Int]
    ) throws(HDF5Error) {
        precondition(values.count == count.reduce(1, *), "as many values as the box has elements")
        guard !values.isEmpty else { return }
        let (memory, file) = try selection(start: start, count: count)
        try checked("H5Dwrite", subject) {
            H5Dwrite(handle.id, T.elementType.native, memory.id, file.id, 0, values.baseAddress)
        }
    }

    package func write<T: Element>(_ values: [T], start: [Int], count: [Int]) throws(HDF5Error) {
        try values.withUnsafeBufferPointer { buffer throws(HDF5Error) in try write(buffer, start: start, count: count) }
    }

    /// Replaces the whole dataset.
    package func write<T: Element>(_ values: [T]) throws(HDF5Error) {
        guard !values.isEmpty else { return }
        try checked("H5Dwrite", subject) { H5Dwrite(handle.id, T.elementType.native, 0, 0, 0, values) }
    }

    /// The whole dataset, row-major.
    /// - Throws: when it has more than `limit` elements, before any memory is taken for them.
    package func read<T: Element>(_ type: T.Type = T.self, limit: Int = 1 << 31) throws(HDF5Error) -> [T] {
        let count = try elementCount(limit: limit)
        guard count > 0 else { return [] }
        return try Self.array(count: count) { buffer throws(HDF5Error) in
            try checked("H5Dread", subject) { H5Dread(handle.id, T.elementType.native, 0, 0, 0, buffer) }
        }
    }

    /// The box of elements at `start`, row-major.
    package func read<T: Element>(
        _ type: T.Type = T.self, start: [Int], count: [Int], limit: Int = 1 << 31
    ) throws(HDF5Error) -> [T] {
        let elements = try product(of: count, limit: limit)
        guard elements > 0 else { return [] }
        let (memory, file) = try selection(start: start, count: count)
        return try Self.array(count: elements) { buffer throws(HDF5Error) in
            try checked("H5Dread", subject) {
                H5Dread(handle.id, T.elementType.native, memory.id, file.id, 0, buffer)
            }
        }
    }

    func dataspace() throws(HDF5Error) -> Handle {
        try Handle("H5Dget_space", subject, closedBy: H5Sclose) { H5Dget_space(handle.id) }
    }

    func elementCount(limit: Int) throws(HDF5Error) -> Int { try product(of: try extent(), limit: limit) }

    private func product(of lengths: [Int], limit: Int) throws(HDF5Error) -> Int {
        var count = 1
        for length in lengths {
            let (next, overflow) = count.multipliedReportingOverflow(by: length)
            guard !overflow, next <= limit else {
                throw HDF5Error(call: "H5Dread", subject: subject, reason: "\(lengths) elements are more than \(limit)")
            }
            count = next
        }
        return count
    }

    /// A memory space of the box's size and the file space with the box selected.
    private func selection(start: [Int], count: [Int]) throws(HDF5Error) -> (memory: Handle, file: Handle) {
        precondition(start.count == count.count && !start.isEmpty, "a start and a count per dimension")
        let file = try dataspace()
        let first = start.map { hsize_t($0) }
        let lengths = count.map { hsize_t($0) }
        try checked("H5Sselect_hyperslab", subject) {
            H5Sselect_hyperslab(file.id, H5S_SELECT_SET, first, nil, lengths, nil)
        }
        let memory = try Handle("H5Screate_simple", subject, closedBy: H5Sclose) {
            H5Screate_simple(Int32(lengths.count), lengths, nil)
        }
        return (memory, file)
    }

    private static func array<T: Element>(
        count: Int, _ fill: (UnsafeMutablePointer<T>) throws(HDF5Error) -> Void
    ) throws(HDF5Error) -> [T] {
        var values = [T](repeating: .zero, count: count)
        try values.withUnsafeMutableBufferPointer { buffer throws(HDF5Error) in
            if let base = buffer.baseAddress { try fill(base) }
        }
        return values
    }
}
