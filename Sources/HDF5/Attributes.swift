internal import CHDF5

/// A thing that carries attributes: a group or a dataset.
package protocol Attributed: AnyObject {
    /// Gives the identifier to the functions of this file only.
    var attributeOwner: AttributeOwner { get }
}

/// The identifier of a group or dataset, opaque outside this module.
package struct AttributeOwner {
    let handle: Handle
    let subject: String
}

extension Group: Attributed {
    package var attributeOwner: AttributeOwner { AttributeOwner(handle: handle, subject: location) }
}

extension Dataset: Attributed {
    package var attributeOwner: AttributeOwner { AttributeOwner(handle: handle, subject: subject) }
}

extension Attributed {
    /// Adds a scalar number.
    package func setAttribute<T: Element>(_ name: String, _ value: T) throws(HDF5Error) {
        try create(name, type: T.elementType.stored, extent: nil) { id in
            var value = value
            return H5Awrite(id, T.elementType.native, &value)
        }
    }

    /// Adds a one-dimensional array of numbers.
    package func setAttribute<T: Element>(_ name: String, _ values: [T]) throws(HDF5Error) {
        try create(name, type: T.elementType.stored, extent: values.count) { id in
            H5Awrite(id, T.elementType.native, values)
        }
    }

    /// Adds a string of variable length, which Python reads as `str` and which may be megabytes long.
    package func setAttribute(_ name: String, _ value: String) throws(HDF5Error) {
        let type = try stringType(bytes: nil)
        try withCStrings([value]) { pointers throws(HDF5Error) in
            try create(name, type: type.id, extent: nil) { id in H5Awrite(id, type.id, pointers) }
        }
    }

    /// Adds a string stored in place: faster to write and read than one of variable length; at most 32 KiB.
    package func setFixedAttribute(_ name: String, _ value: String) throws(HDF5Error) {
        let type = try stringType(bytes: value.utf8.count)
        var bytes = Array(value.utf8)
        if bytes.isEmpty { bytes = [0] }
        try create(name, type: type.id, extent: nil) { id in H5Awrite(id, type.id, bytes) }
    }

    package func hasAttribute(_ name: String) throws(HDF5Error) -> Bool {
        try checked("H5Aexists", subject(name)) { H5Aexists(attributeOwner.handle.id, name) } > 0
    }

    /// A scalar number.
    package func attribute<T: Element>(_ name: String, as type: T.Type = T.self) throws(HDF5Error) -> T {
        let attribute = try open(name)
        try requireScalar(attribute, name)
        var value = T.zero
        try checked("H5Aread", subject(name)) { H5Aread(attribute.id, T.elementType.native, &value) }
        return value
    }

    /// A scalar string of variable or fixed length.
    package func attribute(_ name: String, as type: String.Type = String.self) throws(HDF5Error) -> String {
        let attribute = try open(name)
        try requireScalar(attribute, name)
        let type = try Handle("H5Aget_type", subject(name), closedBy: H5Tclose) { H5Aget_type(attribute.id) }
        let space = try Handle("H5Aget_space", subject(name), closedBy: H5Sclose) { H5Aget_space(attribute.id) }
        return try strings(of: type, space: space, count: 1, subject: subject(name), call: "H5Aread") {
            memory, buffer in
            H5Aread(attribute.id, memory, buffer)
        }[0]
    }

    private func subject(_ name: String) -> String { "\(attributeOwner.subject)@\(name)" }

    private func open(_ name: String) throws(HDF5Error) -> Handle {
        try Handle("H5Aopen", subject(name), closedBy: H5Aclose) { H5Aopen(attributeOwner.handle.id, name, 0) }
    }

    private func requireScalar(_ attribute: Handle, _ name: String) throws(HDF5Error) {
        let space = try Handle("H5Aget_space", subject(name), closedBy: H5Sclose) { H5Aget_space(attribute.id) }
        let count = H5Sget_simple_extent_npoints(space.id)
        guard count == 1 else {
            throw HDF5Error(call: "H5Aread", subject: subject(name), reason: "\(count) values where one is expected")
        }
    }

    private func create(
        _ name: String, type: hid_t, extent: Int?, _ write: (hid_t) -> herr_t
    ) throws(HDF5Error) {
        let space = try Handle("H5Screate", subject(name), closedBy: H5Sclose) {
            guard let extent else { return H5Screate(H5S_SCALAR) }
            return H5Screate_simple(1, [hsize_t(extent)], nil)
        }
        let attribute = try Handle("H5Acreate2", subject(name), closedBy: H5Aclose) {
            H5Acreate2(attributeOwner.handle.id, name, type, space.id, 0, 0)
        }
        try checked("H5Awrite", subject(name)) { write(attribute.id) }
    }
}
