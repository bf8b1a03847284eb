internal import Dispatch
internal import Results
import Scheduling
internal import SweepGrid

/// What a coordinator does at its start with the shards that it finds. None of them is ever removed.
extension CoordinatorStorage {
    /// What stands in the shards that a former coordinator committed; call it before anything else.
    ///
    /// Files that are not sound shards of the run are moved to the quarantine, so that their tasks are computed again; where
    /// it is not known whether one is sound, nothing is moved.
    ///
    /// - Parameter note: takes a sentence about each file that is moved.
    /// - Throws: `ClusterError` when a file cannot be read, checked or moved.
    func adopt(note: (String) -> Void) throws(ClusterError) -> [ShardContents] {
        do throws(StorageError) {
            removeTemporaryFiles()
            // A name that came just before a crash may not be durable yet, and a fact that names it will be.
            try Disk.sync(directory.shards)
            var adopted: [ShardContents] = []
            var unsound: [(path: String, problem: String)] = []
            for path in try directory.shardPaths() {
                guard let digest = SealedShard.digest(in: Self.name(of: path)) else {
                    unsound.append((path, "'\(path)' does not have the name of a shard, shard-<SHA-256>.h5"))
                    continue
                }
                switch checks.sync(execute: { checker.checkAgain(path, digest) }) {
                case .answer(.sound(let contents, _)): adopted.append(contents)
                case .answer(.refused(let reason)): unsound.append((path, reason))
                case .evil(let reason): unsound.append((path, "'\(path)': \(reason)"))
                case .unavailable(let reason): throw StorageError(path: path, problem: "is not checked: \(reason)")
                case .answer(.unreadable(let reason)), .killed(let reason):
                    throw unchecked(path, reason)
                case .answer(.ready), .answer(.unsound): throw unchecked(path, "the checker gave no answer")
                }
            }
            for (path, problem) in unsound {
                try setAside(path, as: Self.name(of: path))
                note("quarantined a shard, its tasks are computed again: \(problem)")
            }
            return adopted
        } catch {
            throw ClusterError("\(error)")
        }
    }

    /// Moves a file to the quarantine, beside those of its name that are there; returns where it is.
    ///
    /// - Throws: `StorageError` when that cannot be; then the file is where it was.
    @discardableResult
    func setAside(_ path: String, as name: String) throws(StorageError) -> String {
        try Disk.makeDirectory(directory.quarantine)
        var place = directory.quarantine + "/" + name
        var number = 2
        while Disk.exists(place) {
            place = directory.quarantine + "/\(name).\(number)"
            number += 1
        }
        try Disk.rename(path, to: place)
        return place
    }

    private func unchecked(_ path: String, _ reason: String) -> StorageError {
        StorageError(
            path: path, problem: "cannot be checked: \(reason)",
            advice: "nothing was moved; when the cause is gone run the same command again, or move the file to "
                + "'\(directory.quarantine)' yourself to have its tasks computed again")
    }

    private static func name(of path: String) -> String { String(path.split(separator: "/").last ?? "shard") }
}
