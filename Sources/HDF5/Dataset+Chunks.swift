internal import CHDF5

extension Dataset {
    /// Refuses stored chunks that are too short for their checksum, or too many to be looked at.
    ///
    /// HDF5 1.10 takes the four bytes of a Fletcher-32 checksum off the length of a chunk without looking whether it has four, and
    /// then reads far beyond its end. Call it before reading what others wrote. The time is quadratic in the number of chunks.
    ///
    /// - Throws: `HDF5Error` naming the dataset and the chunk's length, their number, or filters in an order that hides it.
    package func refuseUnreadableChunks() throws(HDF5Error) {
        let list = try Handle("H5Dget_create_plist", subject, closedBy: H5Pclose) { H5Dget_create_plist(handle.id) }
        guard H5Pget_layout(list.id) == H5D_CHUNKED else { return }
        let filters = try checked("H5Pget_nfilters", subject) { H5Pget_nfilters(list.id) }
        // The last filter of writing is the first of reading: only there is the length of a chunk the stored one.
        for place in 0..<UInt32(max(0, filters)) where isFletcher32(place, of: list) && place != UInt32(filters) - 1 {
            throw HDF5Error(call: "H5Dread", subject: subject, reason: "a checksum that is not the last of its filters")
        }
        let space = try dataspace()
        var count: hsize_t = 0
        try checked("H5Dget_num_chunks", subject) { H5Dget_num_chunks(handle.id, space.id, &count) }
        guard count <= Self.mostChunks else {
            let reason = "\(count) chunks are more than \(Self.mostChunks)"
            throw HDF5Error(call: "H5Dread", subject: subject, reason: reason)
        }
        for index in 0..<count {
            var size: hsize_t = 0
            try checked("H5Dget_chunk_info", subject) {
                H5Dget_chunk_info(handle.id, space.id, index, nil, nil, nil, &size)
            }
            guard size > 4 else {
                throw HDF5Error(call: "H5Dread", subject: subject, reason: "a chunk of \(size) bytes")
            }
        }
    }

    /// A shard that a worker writes has fewer.
    private static let mostChunks: hsize_t = 1 << 13

    private func isFletcher32(_ place: UInt32, of list: Handle) -> Bool {
        var (flags, elements, configuration) = (UInt32(0), 0, UInt32(0))
        let filter = H5Pget_filter2(list.id, place, &flags, &elements, nil, 0, nil, &configuration)
        return filter == H5Z_FILTER_FLETCHER32
    }
}
