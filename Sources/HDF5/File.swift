internal import CHDF5
internal import Synchronization

/// How many files in memory this process has opened.
private let filesInMemory = Atomic<Int>(0)

/// An open HDF5 file, on disk or in memory; everything opened through it is closed with it.
package final class File {
    /// What error messages call this file: its path, or a name given to a file in memory.
    package let name: String
    private var handle: Handle?

    private init(name: String, handle: Handle) {
        self.name = name
        self.handle = handle
    }

    /// Creates a file on disk, replacing what was there; byte-identical content gives byte-identical files.
    package static func create(atPath path: String) throws(HDF5Error) -> File {
        try create(name: path, path: path, access: try accessList())
    }

    /// Creates a file that exists only in memory until its `image()` is taken.
    package static func createInMemory(name: String) throws(HDF5Error) -> File {
        try create(name: name, path: uniqueName(), access: try memoryAccessList())
    }

    package static func open(atPath path: String) throws(HDF5Error) -> File {
        let access = try accessList()
        let handle = try Handle("H5Fopen", path, closedBy: H5Fclose) { H5Fopen(path, h5x_read_only(), access.id) }
        return File(name: path, handle: handle)
    }

    /// Opens the bytes of a file; `name` appears in errors only.
    package static func open(image: [UInt8], name: String) throws(HDF5Error) -> File {
        guard !image.isEmpty else {
            throw HDF5Error(call: "H5Pset_file_image", subject: name, reason: "the file is empty")
        }
        let access = try memoryAccessList()
        var bytes = image
        try checked("H5Pset_file_image", name) { H5Pset_file_image(access.id, &bytes, bytes.count) }
        let path = uniqueName()
        let handle = try Handle("H5Fopen", name, closedBy: H5Fclose) { H5Fopen(path, h5x_read_only(), access.id) }
        return File(name: name, handle: handle)
    }

    /// The root group.
    package func root() throws(HDF5Error) -> Group { try Group(opening: "/", in: try open(), file: name) }

    /// Writes everything out and closes, reporting errors that `deinit` would swallow.
    package func close() throws(HDF5Error) {
        let id = try open().id
        defer { handle = nil }
        try checked("H5Fflush", name) { H5Fflush(id, H5F_SCOPE_GLOBAL) }
        try handle?.close("H5Fclose", name)
    }

    /// The bytes the file would have on disk.
    package func image() throws(HDF5Error) -> [UInt8] {
        let id = try open().id
        try checked("H5Fflush", name) { H5Fflush(id, H5F_SCOPE_GLOBAL) }
        let size = try checked("H5Fget_file_image", name) { H5Fget_file_image(id, nil, 0) }
        var bytes = [UInt8](repeating: 0, count: size)
        try checked("H5Fget_file_image", name) { H5Fget_file_image(id, &bytes, size) }
        return bytes
    }

    private func open() throws(HDF5Error) -> Handle {
        guard let handle else {
            throw HDF5Error(call: "H5Fget_access_plist", subject: name, reason: "the file is closed")
        }
        return handle
    }

    private static func create(name: String, path: String, access: Handle) throws(HDF5Error) -> File {
        let creation = try Handle("H5Pcreate", name, closedBy: H5Pclose) { H5Pcreate(h5x_file_create()) }
        let order = UInt32(H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED)
        try checked("H5Pset_link_creation_order", name) { H5Pset_link_creation_order(creation.id, order) }
        try checked("H5Pset_attr_creation_order", name) { H5Pset_attr_creation_order(creation.id, order) }
        try checked("H5Pset_obj_track_times", name) { H5Pset_obj_track_times(creation.id, false) }
        let handle = try Handle("H5Fcreate", name, closedBy: H5Fclose) {
            H5Fcreate(path, h5x_truncate(), creation.id, access.id)
        }
        return File(name: name, handle: handle)
    }

    /// The oldest format that old readers understand, and a close that leaves no identifier holding the file open.
    private static func accessList() throws(HDF5Error) -> Handle {
        let list = try Handle("H5Pcreate", "file access", closedBy: H5Pclose) { H5Pcreate(h5x_file_access()) }
        try checked("H5Pset_libver_bounds", "file access") {
            H5Pset_libver_bounds(list.id, H5F_LIBVER_EARLIEST, H5F_LIBVER_V18)
        }
        try checked("H5Pset_fclose_degree", "file access") { H5Pset_fclose_degree(list.id, H5F_CLOSE_STRONG) }
        // One process writes a file and readers see only renamed ones, so locks protect nothing and fail on NFS.
        try checked("H5Pset_file_locking", "file access") { H5Pset_file_locking(list.id, false, true) }
        return list
    }

    /// HDF5 takes two files in memory of one name for the same file.
    private static func uniqueName() -> String {
        "memory-\(filesInMemory.wrappingAdd(1, ordering: .relaxed).newValue)"
    }

    private static func memoryAccessList() throws(HDF5Error) -> Handle {
        let list = try accessList()
        let growth = 64 * 1024
        try checked("H5Pset_fapl_core", "file access") { H5Pset_fapl_core(list.id, growth, false) }
        return list
    }
}
