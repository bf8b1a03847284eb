internal import HDF5

/// The versions of the libraries that results are stored with.
package enum LibraryVersions {
    package static var hdf5: String { libraryVersion() }
}
