internal import Foundation
internal import Journal
internal import Results
import SweepGrid

/// A run directory that belongs to this process alone until it ends.
final class ClaimedDirectory: Sendable {
    let directory: RunDirectory
    private let lock: Int32

    /// Claims a run directory, making it when it is not there.
    ///
    /// - Parameter prepare: gives a new run its arithmetic and probe; not called when the directory holds the run already.
    /// - Returns: the directory and the run as it stands in it.
    /// - Throws: `ClusterError` when it holds another run or something else, another coordinator has it, or the disk refuses.
    static func claim(
        _ path: String, for run: FrozenRun, prepare: () throws(ClusterError) -> FrozenRun
    ) throws(ClusterError) -> (ClaimedDirectory, FrozenRun) {
        let directory = RunDirectory(path)
        removeRemains(of: directory)
        do throws(StorageError) {
            if !Disk.exists(directory.runFile) {
                try refuseForeign(directory)
                try create(directory, try prepared(prepare))
            }
            let claimed = try ClaimedDirectory(directory)
            var stored = try directory.readRun()
            guard stored.design.digest == run.design.digest else {
                throw other(stored, than: run, in: path)
            }
            // Figures and thresholds may change at any time; the results stay.
            if stored.view != run.view {
                stored.view = run.view
                try directory.write(stored)
            }
            try Disk.makeDirectory(directory.shards)
            RunExtension.removeRemains(of: path)
            return (claimed, stored)
        } catch {
            throw ClusterError("\(error)")
        }
    }

    /// Takes the lock of a directory that exists.
    init(_ directory: RunDirectory) throws(StorageError) {
        let path = directory.path + "/.lock"
        let lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
        guard lock >= 0 else {
            throw StorageError(
                path: directory.path, problem: "cannot be written: \(reason(errno))",
                advice: "make it writable for this user")
        }
        var tries = 0
        // Whoever only asks whether there is a coordinator has the lock for some microseconds.
        while flock(lock, LOCK_EX | LOCK_NB) != 0, errno == EINTR || tries < 10 {
            tries += 1
            usleep(20_000)
        }
        guard tries < 10 || flock(lock, LOCK_EX | LOCK_NB) == 0 else {
            close(lock)
            let place = CoordinatorPresence(in: directory)?.endpoint.map { " at \($0)" } ?? ""
            throw StorageError(
                path: directory.path, problem: "is in use by another coordinator" + place,
                advice: "wait until it has finished, or ask it with 'phasemap status \(directory.path)'")
        }
        self.lock = lock
        self.directory = directory
        // What the last coordinator wrote holds no longer.
        ftruncate(lock, 0)
    }

    /// Writes into the lock where this coordinator is reached, for commands that are given the directory.
    func announce(_ endpoint: String) {
        let text = Array(CoordinatorPresence.text(endpoint).utf8)
        _ = pwrite(lock, text, text.count, 0)
    }

    deinit { close(lock) }

    /// Says what a directory holds that was to take another run, and which of their axes differ.
    private static func other(_ stored: FrozenRun, than run: FrozenRun, in path: String) -> StorageError {
        let name =
            stored.sweep == run.sweep ? "another run of sweep '\(run.sweep)'" : "a run of sweep '\(stored.sweep)'"
        let clauses = stored.design.differences(from: run.design)
        let isLarger =
            run.design.obstacles(toExtending: stored.design).isEmpty
            && PointTranslation(from: stored.design, to: run.design).vanished.isEmpty
            && run.design.replicates >= stored.design.replicates
        return StorageError(
            path: path, problem: "holds \(name): \(clauses.joined(separator: "; "))",
            advice: "choose another directory with --into"
                + (isLarger ? ", or add to the run with 'phasemap extend \(path)'" : ""))
    }

    private static func prepared(_ prepare: () throws(ClusterError) -> FrozenRun) throws(StorageError) -> FrozenRun {
        do throws(ClusterError) { return try prepare() } catch {
            throw StorageError(path: "the run", problem: "cannot start: \(error)")
        }
    }

    /// Refuses a path with something that is not a run.
    private static func refuseForeign(_ directory: RunDirectory) throws(StorageError) {
        guard Disk.exists(directory.path) else { return }
        let names = try Disk.names(in: directory.path)
        guard names.isEmpty else {
            throw StorageError(
                path: directory.path, problem: "is not empty and not a run directory (it holds '\(names[0])')",
                advice: "choose another directory with --into")
        }
    }

    /// Makes the directory appear by one rename, complete with its run.
    private static func create(_ directory: RunDirectory, _ run: FrozenRun) throws(StorageError) {
        let parent = Disk.directory(of: directory.path)
        try Disk.makeDirectory(parent)
        let new = RunDirectory(Disk.temporaryName(beside: directory.path))
        defer { try? FileManager.default.removeItem(atPath: new.path) }
        try Disk.makeDirectory(new.shards)
        // Says that somebody is at it, until it has its name.
        let lock = try ClaimedDirectory(new)
        defer { withExtendedLifetime(lock) {} }
        try new.write(run)
        do throws(JournalError) { try Journal.create(at: new.journal, design: run.design.digest) } catch {
            throw StorageError(path: directory.path, problem: "cannot be made: \(error)")
        }
        // Renaming onto an empty directory replaces it; onto a run that somebody else made meanwhile it fails, which is
        // found out when that run is claimed.
        try? Disk.commit(new.path, to: directory.path) { Failpoint.reach("run-\($0)") }
    }

    /// Removes what processes that were killed while they made this directory left beside it.
    private static func removeRemains(of directory: RunDirectory) {
        let parent = Disk.directory(of: directory.path)
        let start = ".\(directory.path.split(separator: "/").last ?? "")."
        for name in (try? FileManager.default.contentsOfDirectory(atPath: parent)) ?? [] {
            guard name.hasPrefix(start), name.hasSuffix(".tmp"),
                let process = pid_t(name.dropFirst(start.count).dropLast(4)), process > 0,
                kill(process, 0) != 0, errno == ESRCH, Disk.isDirectory(parent + "/" + name)
            else { continue }
            // A process of that number may live on another host, or beyond a container.
            guard let claimed = try? ClaimedDirectory(RunDirectory(parent + "/" + name)) else { continue }
            try? FileManager.default.removeItem(atPath: claimed.directory.path)
        }
    }
}
