internal import CLinux
internal import Foundation

/// The kind of file system under a path, for a warning: a journal belongs on a local disk.
package struct FileSystem: Hashable, Sendable {
    /// The name in the words of `mount`, or the number of an unknown kind.
    package let name: String
    /// Whether files may lie on another host, where locks and syncs cannot be relied on.
    package let isNetwork: Bool

    /// The file system under `path`, or under the nearest directory above it that exists; nil when none can be asked.
    package init?(under path: String) {
        var status = statfs()
        var place = path.isEmpty ? "." : path
        while statfs(place, &status) != 0 {
            guard errno == ENOENT || errno == ENOTDIR else { return nil }
            guard let slash = place.dropLast().lastIndex(of: "/") else {
                guard place != "." else { return nil }
                place = "."
                continue
            }
            place = slash == place.startIndex ? "/" : String(place[..<slash])
        }
        self.init(magic: UInt32(truncatingIfNeeded: status.f_type))
    }

    /// The file system with this number in `statfs`.
    init(magic: UInt32) {
        if let name = FileSystem.network[magic] {
            (self.name, isNetwork) = (name, true)
        } else {
            (name, isNetwork) = (FileSystem.local[magic] ?? "0x" + String(magic, radix: 16), false)
        }
    }

    /// A sentence for the operator; nil on a local disk.
    package var warning: String? {
        guard isNetwork else { return nil }
        return
            "this is a network file system (\(name)): locks and syncs on it cannot be relied on, so the journal may be "
            + "damaged by a crash; keep the run's directory on a local disk of the coordinator"
    }

    // Numbers of statfs(2) and of the systems' own sources. FUSE may be local, but is as little to be relied on.
    private static let network: [UInt32: String] = [
        0x6969: "NFS", 0x517B: "SMB", 0xFF53_4D42: "CIFS", 0xFE53_4D42: "SMB2", 0x0BD0_0BD0: "Lustre",
        0x6573_5546: "FUSE", 0x4750_4653: "GPFS", 0x1983_0326: "BeeGFS", 0x00C3_6400: "Ceph", 0x5346_414F: "AFS",
        0x0102_1997: "9p", 0x7461_636F: "OCFS2", 0x0116_1970: "GFS2", 0xAAD7_AAEA: "PanFS",
        0x2003_0528: "OrangeFS", 0x7375_7245: "Coda", 0x786F_4256: "VirtualBox shared folder", 0x564C: "NCP",
    ]
    private static let local: [UInt32: String] = [
        0xEF53: "ext4", 0x5846_5342: "XFS", 0x9123_683E: "btrfs", 0x0102_1994: "tmpfs", 0x794C_7630: "overlay",
        0x2FC1_2FC1: "ZFS", 0x8584_58F6: "ramfs", 0xF2F5_2010: "F2FS", 0xCA45_1A4E: "bcachefs", 0x4D44: "FAT",
    ]
}

extension FileSystem {
    /// Makes two names of one file system change places in one step, durably: after a crash both are as before or exchanged.
    ///
    /// - Throws: `JournalError` with cause `disk`; nothing has changed then. Network file systems often cannot do it.
    package static func exchange(_ one: String, _ other: String) throws(JournalError) {
        guard phasemap_exchange(one, other) == 0 else { throw .disk(one, cannot: "exchanged", errno: errno) }
        try JournalFile.syncDirectory(of: one)
        try JournalFile.syncDirectory(of: other)
    }
}
