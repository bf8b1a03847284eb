internal import Foundation
internal import Journal
internal import Results
internal import Scheduling
package import SweepGrid

/// Gives a run a larger design, in which the results that it has stay valid.
///
/// The new directory is built complete beside the old one and then exchanged with it in one step, so that a kill at any
/// moment leaves the old run or the new one.
package struct RunExtension {
    /// The steps after which a kill was tried.
    package enum Step: String, CaseIterable, Sendable {
        case claimed, proved, shardsWritten, journalWritten, complete, exchanged, removed
    }

    /// The run as it is.
    package let old: FrozenRun
    /// The run as it shall be; arithmetic and probe follow from the old one.
    package let new: FrozenRun
    private let directory: RunDirectory
    private let translation: PointTranslation

    /// Compares a run with what it shall become; nothing is changed yet.
    ///
    /// - Throws: `ClusterError` when the directory holds no run.
    package init(_ path: String, to new: FrozenRun) throws(ClusterError) {
        (directory, old) = try RunRepair.open(path)
        self.new = new
        translation = PointTranslation(from: old.design, to: new.design)
    }

    /// Why the results of the run do not count in the new design at all, a clause each.
    package var obstacles: [String] { new.design.obstacles(toExtending: old.design) }

    /// The points of the run that the new design lacks.
    package var vanishedPoints: [Int] { translation.vanished }

    /// How many replicates of each point the new design lacks.
    package var vanishedReplicates: Int { max(0, old.design.replicates - new.design.replicates) }

    /// How many tasks are new.
    package var addedTasks: Int { new.design.taskCount - old.design.taskCount }

    /// Whether the run already is what it shall become.
    package var isNothing: Bool { old.design.digest == new.design.digest }

    /// Extends the run in its place, or as another run when `other` names a directory that is not there.
    ///
    /// - Parameters:
    ///   - program: a slot, which proves that the code still computes what the run was started with.
    ///   - didReach: called after each step.
    /// - Throws: `ClusterError`: a coordinator has the run, its journal or a shard is damaged, the experiment computes other
    ///   bits than before, or the disk refuses. Then the run is as it was.
    package func perform(
        into other: String? = nil, program: SlotProgram = .current, didReach: (Step) -> Void = { _ in }
    ) throws(ClusterError) {
        guard obstacles.isEmpty, vanishedPoints.isEmpty, vanishedReplicates == 0 else {
            throw ClusterError("'\(directory.path)' cannot be extended: results of it would be lost")
        }
        let claimed = try ClaimedDirectory.claim(directory.path, for: old) { () throws(ClusterError) in old }.0
        defer { withExtendedLifetime(claimed) {} }
        didReach(.claimed)
        let proved = try prove(program)
        didReach(.proved)
        // What a symbolic link names is exchanged, not the link.
        let place = other ?? Self.realPath(directory.path)
        let building = RunDirectory(Self.buildingPath(of: place))
        do throws(StorageError) {
            if other != nil, Disk.exists(place) {
                throw StorageError(path: place, problem: "is there already", advice: "choose another directory")
            }
            Self.remove(building.path)
            try Disk.makeDirectory(building.shards)
            try building.write(proved)
            try writeShards(into: building)
            didReach(.shardsWritten)
            do throws(ClusterError) { try writeJournal(into: building, proved, program.checker) } catch {
                throw StorageError(path: directory.path, problem: "cannot be extended: \(error)")
            }
            didReach(.journalWritten)
            if other == nil { try keepTheRest(in: building) }
            let lock = try ClaimedDirectory(building)
            defer { withExtendedLifetime(lock) {} }
            try Disk.sync(building.path)
            didReach(.complete)
            if other == nil {
                do throws(JournalError) { try FileSystem.exchange(building.path, place) } catch {
                    throw StorageError(
                        path: place, problem: "\(error.problem)",
                        advice:
                            "this file system cannot do that: name another directory for the extended run with --into")
                }
                didReach(.exchanged)
                Self.remove(building.path)
                didReach(.removed)
            } else {
                try Disk.commit(building.path, to: place)
            }
        } catch {
            // After the exchange nothing throws any more, so this is never the old run.
            Self.remove(building.path)
            throw ClusterError("\(error)")
        }
    }

    /// Removes what an extension that was killed left beside a run; call it as the owner of the run.
    static func removeRemains(of path: String) { remove(buildingPath(of: realPath(path))) }

    // MARK: Steps

    /// The new run bound to the old one's arithmetic, with its own probe.
    private func prove(_ program: SlotProgram) throws(ClusterError) -> FrozenRun {
        var run = new
        run.numerics = old.numerics
        run.probe = nil
        let own = run.probeTask
        let inherited = old.probe.flatMap { probe in translation[probe.task].map { ($0, probe.digest) } }
        let digests = try ProbeRun.digests(of: [own] + (inherited.map { [$0.0] } ?? []), in: run, program: program)
        if let inherited, digests.last != inherited.1 {
            throw ClusterError(
                "experiment '\(run.design.experiment)' computes other results than when '\(directory.path)' was started, although its version is still \(run.design.version): restore the old code, or give the experiment another version and start another run with --into"
            )
        }
        if old.numerics != nil, let digest = digests[0] { run.probe = Probe(task: own, digest: digest) }
        return run
    }

    private func writeShards(into building: RunDirectory) throws(StorageError) {
        var reader = ShardReader(design: old.design)
        let header = ShardHeader(design: new.design, worker: "", host: "")
        for path in try directory.shardPaths() {
            let shard: Shard
            do throws(StorageError) { shard = try reader.read(path) } catch {
                throw StorageError(
                    path: path, problem: error.problem,
                    advice: "'phasemap resume \(directory.path)' sets such a shard aside and computes its tasks again")
            }
            var moved = shard.moved(to: header, (old.design.schema, new.design.schema)) { translation[$0] }
            try moved.seal(in: building.shards)
        }
    }

    private func writeJournal(into building: RunDirectory, _ run: FrozenRun, _ checker: SlotProgram)
        throws(ClusterError)
    {
        let storage = CoordinatorStorage(building, design: run.design, checkedBy: checker) { _ in }
        defer { storage.finish() }
        var problems: [String] = []
        let shards = try storage.adopt { problems.append($0) }
        if let problem = problems.first { throw ClusterError("what was written cannot be read again: \(problem)") }
        do throws(JournalError) {
            try Journal.extend(
                directory.journal, of: old.design.digest, into: building.journal, of: run.design.digest,
                renumber: { translation[$0] }, shards: shards,
                scheduler: Scheduler(taskCount: run.design.taskCount, tasksPerPoint: run.design.replicates) { _ in 1 })
        } catch {
            switch error.cause {
            case .damaged, .missing: throw ClusterError("\(error); run 'phasemap recover \(directory.path)' first")
            default: throw ClusterError("\(error)")
            }
        }
    }

    /// Everything else of the old directory stays: pictures, quarantined shards, logs, and what the user put there.
    private func keepTheRest(in building: RunDirectory) throws(StorageError) {
        let replaced = [directory.runFile, directory.shards, directory.journal].map { $0.lastComponent }
        try Disk.link(from: directory.path, into: building.path) { name in
            name != ".lock" && !name.hasSuffix(".tmp")
                && !replaced.contains { name == $0 || name.hasPrefix($0 + "-") || name == $0 + ".lock" }
        }
        // Where the tasks ran so far, for people.
        var number = 1
        while Disk.exists("\(building.journal).extended-\(number)") { number += 1 }
        _ = Foundation.link(directory.journal, "\(building.journal).extended-\(number)")
    }

    // MARK: Paths

    private static func buildingPath(of path: String) -> String {
        "\(Disk.directory(of: path))/.\(path.lastComponent).extending"
    }

    private static func realPath(_ path: String) -> String {
        guard let resolved = realpath(path, nil) else { return path }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    private static func remove(_ path: String) {
        guard Disk.exists(path) else { return }
        try? FileManager.default.removeItem(atPath: path)
    }
}

extension String {
    /// The part behind the last slash.
    fileprivate var lastComponent: String { split(separator: "/").last.map(String.init) ?? self }
}
