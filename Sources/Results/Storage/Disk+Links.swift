internal import Foundation

extension Disk {
    /// Gives files and directories other names as well, in a directory that exists; contents are shared where the file system
    /// can do that, and copied where it cannot.
    ///
    /// - Parameters:
    ///   - isIncluded: asked about each name in `source` itself, hidden ones included.
    /// - Throws: `StorageError` naming what cannot be read or written.
    package static func link(
        from source: String, into target: String, where isIncluded: (String) -> Bool = { _ in true }
    ) throws(StorageError) {
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: source).sorted()
        } catch {
            throw StorageError(path: source, problem: "cannot be listed: \(error.localizedDescription)")
        }
        for name in names where isIncluded(name) {
            let (old, new) = ("\(source)/\(name)", "\(target)/\(name)")
            var status = stat()
            guard lstat(old, &status) == 0 else { throw StorageError(path: old, cannot: "read", errno: errno) }
            if status.st_mode & S_IFMT == S_IFDIR {
                try makeDirectory(new)
                try link(from: old, into: new)
            } else if Foundation.link(old, new) != 0 {
                do {
                    try FileManager.default.copyItem(atPath: old, toPath: new)
                } catch {
                    throw StorageError(path: old, problem: "cannot be kept: \(error.localizedDescription)")
                }
            }
        }
        try sync(target)
    }
}
