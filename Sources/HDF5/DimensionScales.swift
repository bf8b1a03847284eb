internal import CHDF5

extension Dataset {
    /// Makes this dataset the coordinates of a dimension, under the dimension's name.
    package func makeScale(named name: String) throws(HDF5Error) {
        try checked("H5DSset_scale", subject) { H5DSset_scale(handle.id, name) }
    }

    /// Names dimension `index` after a scale and attaches the scale to it.
    package func attach(_ scale: Dataset, to index: Int) throws(HDF5Error) {
        try checked("H5DSattach_scale", subject) { H5DSattach_scale(handle.id, scale.handle.id, UInt32(index)) }
        try checked("H5DSset_label", subject) { H5DSset_label(handle.id, UInt32(index), scale.name) }
    }
}

/// The version of the HDF5 library in use, as in `1.10.8`.
package func libraryVersion() -> String {
    var (major, minor, release) = (UInt32(0), UInt32(0), UInt32(0))
    H5get_libversion(&major, &minor, &release)
    return "\(major).\(minor).\(release)"
}
