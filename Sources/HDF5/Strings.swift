internal import CHDF5

extension Dataset {
    /// All strings of a dataset of strings, of variable or fixed length, row-major.
    /// - Throws: when it has more than `limit` elements, or a string is not valid UTF-8.
    package func readStrings(limit: Int = 10_000_000) throws(HDF5Error) -> [String] {
        let type = try Handle("H5Dget_type", subject, closedBy: H5Tclose) { H5Dget_type(handle.id) }
        let space = try dataspace()
        return try strings(
            of: type, space: space, count: try elementCount(limit: limit), subject: subject, call: "H5Dread"
        ) { memory, buffer in H5Dread(handle.id, memory, 0, 0, 0, buffer) }
    }
}

/// Reads strings of variable or fixed length through one C call.
func strings(
    of type: Handle, space: Handle, count: Int, subject: String, call: String,
    _ read: (hid_t, UnsafeMutableRawPointer) -> herr_t
) throws(HDF5Error) -> [String] {
    guard H5Tget_class(type.id) == H5T_STRING else {
        throw HDF5Error(call: call, subject: subject, reason: "these are not strings")
    }
    guard count > 0 else { return [] }
    if H5Tis_variable_str(type.id) > 0 {
        let memory = try stringType(bytes: nil)
        H5Tset_cset(memory.id, H5Tget_cset(type.id))
        var pointers = [UnsafeMutablePointer<CChar>?](repeating: nil, count: count)
        try checked(call, subject) { read(memory.id, &pointers) }
        defer {
            _ = pointers.withUnsafeMutableBufferPointer { H5Dvlen_reclaim(memory.id, space.id, 0, $0.baseAddress) }
        }
        var strings: [String] = []
        for pointer in pointers {
            guard let pointer else {
                strings.append("")
                continue
            }
            guard let string = String(validatingCString: pointer) else { throw notText(subject, call) }
            strings.append(string)
        }
        return strings
    }
    let width = H5Tget_size(type.id)
    guard width > 0, count.multipliedReportingOverflow(by: width).partialValue <= 1 << 30 else {
        throw HDF5Error(call: call, subject: subject, reason: "strings of \(width) bytes, \(count) of them")
    }
    let memory = try stringType(bytes: width)
    H5Tset_cset(memory.id, H5Tget_cset(type.id))
    var bytes = [UInt8](repeating: 0, count: count * width)
    try checked(call, subject) { bytes.withUnsafeMutableBytes { $0.baseAddress.map { read(memory.id, $0) } ?? -1 } }
    var strings: [String] = []
    for index in 0..<count {
        let field = bytes[index * width..<(index + 1) * width].prefix { $0 != 0 }
        guard let string = String(validating: field, as: UTF8.self) else { throw notText(subject, call) }
        strings.append(string)
    }
    return strings
}

private func notText(_ subject: String, _ call: String) -> HDF5Error {
    HDF5Error(call: call, subject: subject, reason: "a string is not UTF-8")
}
