internal import CHDF5

/// A group of datasets with attributes.
package final class Group {
    /// The path inside the file.
    package let path: String
    let handle: Handle
    let file: String
    let owner: Handle

    init(opening path: String, in owner: Handle, file: String) throws(HDF5Error) {
        self.path = path
        self.file = file
        self.owner = owner
        handle = try Handle("H5Gopen2", "\(file):\(path)", closedBy: H5Gclose) { H5Gopen2(owner.id, path, 0) }
    }

    /// Names of the datasets and groups in it, in the order they were created where the file tracks that.
    /// - Throws: when there are more than `limit`, so that a damaged count cannot exhaust memory.
    package func names(limit: Int = 100_000) throws(HDF5Error) -> [String] {
        var info = H5G_info_t()
        try checked("H5Gget_info", location) { H5Gget_info(handle.id, &info) }
        guard info.nlinks <= limit else {
            throw HDF5Error(
                call: "H5Gget_info", subject: location, reason: "\(info.nlinks) links are more than \(limit)")
        }
        var names: [String] = []
        for index in 0..<info.nlinks { names.append(try name(at: index)) }
        return names
    }

    package func contains(_ name: String) throws(HDF5Error) -> Bool {
        try checked("H5Lexists", subject(name)) { H5Lexists(handle.id, name, 0) } > 0
    }

    package func dataset(_ name: String) throws(HDF5Error) -> Dataset {
        let dataset = try Handle("H5Dopen2", subject(name), closedBy: H5Dclose) { H5Dopen2(handle.id, name, 0) }
        return Dataset(name: name, subject: subject(name), handle: dataset, file: owner)
    }

    var location: String { "\(file):\(path)" }

    func subject(_ name: String) -> String { path == "/" ? "\(file):/\(name)" : "\(file):\(path)/\(name)" }

    private func name(at index: UInt64) throws(HDF5Error) -> String {
        func get(_ order: H5_index_t, _ buffer: UnsafeMutablePointer<CChar>?, _ size: Int) -> Int {
            H5Lget_name_by_idx(handle.id, ".", order, H5_ITER_INC, index, buffer, size, 0)
        }
        prepareThread()
        var order = H5_INDEX_CRT_ORDER
        var length = get(order, nil, 0)
        if length < 0 {
            order = H5_INDEX_NAME
            length = try checked("H5Lget_name_by_idx", location) { get(order, nil, 0) }
        }
        guard length < 4096 else {
            throw HDF5Error(call: "H5Lget_name_by_idx", subject: location, reason: "a name of \(length) bytes")
        }
        return try withUnsafeTemporaryAllocation(of: CChar.self, capacity: length + 1) {
            buffer throws(HDF5Error) -> String in
            guard let base = buffer.baseAddress else { return "" }
            try checked("H5Lget_name_by_idx", location) { get(order, base, length + 1) }
            return String(cString: base)
        }
    }
}
