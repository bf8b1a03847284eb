internal import CHDF5

/// A number type that datasets and attributes hold; stored little-endian whatever the machine.
package protocol Element: BitwiseCopyable, Sendable {
    /// The value that uninitialised elements of a new array take before they are read.
    static var zero: Self { get }
    static var elementType: ElementType { get }
}

/// The number types of the formats.
package enum ElementType: Sendable {
    case uint8, int32, uint32, int64, uint64, float64

    var native: hid_t {
        switch self {
        case .uint8: h5x_native_u8()
        case .int32: h5x_native_i32()
        case .uint32: h5x_native_u32()
        case .int64: h5x_native_i64()
        case .uint64: h5x_native_u64()
        case .float64: h5x_native_f64()
        }
    }

    var stored: hid_t {
        switch self {
        case .uint8: h5x_stored_u8()
        case .int32: h5x_stored_i32()
        case .uint32: h5x_stored_u32()
        case .int64: h5x_stored_i64()
        case .uint64: h5x_stored_u64()
        case .float64: h5x_stored_f64()
        }
    }
}

extension UInt8: Element { package static var elementType: ElementType { .uint8 } }
extension Int32: Element { package static var elementType: ElementType { .int32 } }
extension UInt32: Element { package static var elementType: ElementType { .uint32 } }
extension Int64: Element { package static var elementType: ElementType { .int64 } }
extension UInt64: Element { package static var elementType: ElementType { .uint64 } }
extension Double: Element { package static var elementType: ElementType { .float64 } }

/// A UTF-8 string type: of variable length, or of a fixed number of bytes padded with zeros.
func stringType(bytes: Int?) throws(HDF5Error) -> Handle {
    let type = try Handle("H5Tcopy", "string type", closedBy: H5Tclose) { H5Tcopy(h5x_c_string()) }
    try checked("H5Tset_size", "string type") { H5Tset_size(type.id, bytes.map { max($0, 1) } ?? h5x_variable()) }
    try checked("H5Tset_cset", "string type") { H5Tset_cset(type.id, H5T_CSET_UTF8) }
    if bytes != nil { try checked("H5Tset_strpad", "string type") { H5Tset_strpad(type.id, H5T_STR_NULLPAD) } }
    return type
}
