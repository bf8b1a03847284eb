internal import CHDF5

/// How a dataset's elements are stored.
package enum Storage: Hashable, Sendable {
    /// In one piece, unfiltered: for small coordinates.
    case contiguous
    /// In chunks of this shape: byte-shuffled, deflated at this level (0 = not) and checksummed with Fletcher-32.
    case chunked([Int], level: Int)
}

extension Group {
    /// Creates a dataset of numbers; elements that are never written read as `fill`.
    @discardableResult
    package func createDataset<T: Element>(
        _ name: String, of type: T.Type = T.self, extent: [Int], storage: Storage = .contiguous, fill: T? = nil
    ) throws(HDF5Error) -> Dataset {
        let creation = try creationList(name, extent: extent, storage: storage)
        if var fill {
            try checked("H5Pset_fill_value", subject(name)) {
                H5Pset_fill_value(creation.id, T.elementType.native, &fill)
            }
        }
        return try create(name, type: T.elementType.stored, extent: extent, creation: creation)
    }

    /// Creates a dataset of variable-length UTF-8 strings and writes it; an empty extent makes a scalar.
    @discardableResult
    package func createDataset(_ name: String, strings: [String], extent: [Int]) throws(HDF5Error) -> Dataset {
        precondition(strings.count == extent.reduce(1, *), "as many strings as elements")
        let type = try stringType(bytes: nil)
        let creation = try creationList(name, extent: extent, storage: .contiguous)
        let dataset = try create(name, type: type.id, extent: extent, creation: creation)
        guard !strings.isEmpty else { return dataset }
        try withCStrings(strings) { pointers throws(HDF5Error) -> Void in
            try checked("H5Dwrite", subject(name)) { H5Dwrite(dataset.handle.id, type.id, 0, 0, 0, pointers) }
        }
        return dataset
    }

    private func creationList(_ name: String, extent: [Int], storage: Storage) throws(HDF5Error) -> Handle {
        let subject = subject(name)
        let list = try Handle("H5Pcreate", subject, closedBy: H5Pclose) { H5Pcreate(h5x_dataset_create()) }
        try checked("H5Pset_obj_track_times", subject) { H5Pset_obj_track_times(list.id, false) }
        let order = UInt32(H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED)
        try checked("H5Pset_attr_creation_order", subject) { H5Pset_attr_creation_order(list.id, order) }
        guard case .chunked(let chunk, let level) = storage, !extent.isEmpty, !extent.contains(0) else { return list }
        let lengths = zip(chunk, extent).map { hsize_t(max(1, min($0, $1))) }
        try checked("H5Pset_chunk", subject) { H5Pset_chunk(list.id, Int32(lengths.count), lengths) }
        if level > 0 {
            try checked("H5Pset_shuffle", subject) { H5Pset_shuffle(list.id) }
            try checked("H5Pset_deflate", subject) { H5Pset_deflate(list.id, UInt32(level)) }
        }
        try checked("H5Pset_fletcher32", subject) { H5Pset_fletcher32(list.id) }
        return list
    }

    private func create(_ name: String, type: hid_t, extent: [Int], creation: Handle) throws(HDF5Error) -> Dataset {
        let subject = subject(name)
        let lengths = extent.map { hsize_t($0) }
        let space = try Handle("H5Screate_simple", subject, closedBy: H5Sclose) {
            lengths.isEmpty ? H5Screate(H5S_SCALAR) : H5Screate_simple(Int32(lengths.count), lengths, nil)
        }
        let handle = try Handle("H5Dcreate2", subject, closedBy: H5Dclose) {
            H5Dcreate2(self.handle.id, name, type, space.id, 0, creation.id, 0)
        }
        return Dataset(name: name, subject: subject, handle: handle, file: owner)
    }
}

/// Calls the body with C strings that live as long as the call.
func withCStrings<Result>(
    _ strings: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>) throws(HDF5Error) -> Result
) throws(HDF5Error) -> Result {
    var bytes: [CChar] = []
    var starts: [Int] = []
    for string in strings {
        starts.append(bytes.count)
        bytes.append(contentsOf: string.utf8.map { CChar(bitPattern: $0) })
        bytes.append(0)
    }
    return try bytes.withUnsafeBufferPointer { buffer throws(HDF5Error) -> Result in
        let pointers = starts.map { start in buffer.baseAddress.map { $0 + start } }
        return try pointers.withUnsafeBufferPointer { pointers throws(HDF5Error) -> Result in
            guard let base = pointers.baseAddress else { preconditionFailure("at least one string") }
            return try body(base)
        }
    }
}
