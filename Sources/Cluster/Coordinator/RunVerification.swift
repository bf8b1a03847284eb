internal import Journal
internal import Results
internal import Scheduling
internal import SweepGrid

extension RunRepair {
    /// What checking a run found.
    package struct Verification: Sendable {
        /// For people.
        package fileprivate(set) var lines: [String] = []
        /// What helps, a clause for each kind of fault; empty when everything is sound.
        package fileprivate(set) var advice: [String] = []

        package var isSound: Bool { advice.isEmpty }

        fileprivate mutating func add(_ faults: [String], _ advice: String) {
            lines += faults
            if !faults.isEmpty { self.advice.append(advice) }
        }
    }

    /// The moments after which a coordinator that serves the run may have changed what was looked at.
    package enum Look: CaseIterable, Sendable {
        case journalRead, shardsListed
    }

    /// Checks a run: shards against their checksums and the design, the journal's chain, each against the other, and all
    /// results of a task against each other.
    ///
    /// A coordinator may serve the run meanwhile: what is not there is looked for again before it is a fault.
    ///
    /// - Parameter didLook: called at each of these moments.
    /// - Returns: whether everything is sound, and what is not; missing tasks are no fault.
    /// - Throws: `ClusterError` when the directory holds no run, or its shards cannot be listed.
    package static func verify(
        _ path: String, didLook: (Look) -> Void = { _ in }
    ) throws(ClusterError) -> Verification {
        let (directory, run) = try open(path)
        var files = SeenShards(run)
        var journal = SeenJournal()
        var damage: JournalError?
        for look in 1...5 {
            let rows = journal.rows
            // First the journal: a shard is stored before a row names it, and removed after one says so.
            (journal, damage) = SeenJournal.read(directory.journal, run.design.digest)
            guard look == 1 || journal.rows > rows else { break }
            didLook(.journalRead)
            do throws(StorageError) {
                let paths = try directory.shardPaths()
                didLook(.shardsListed)
                for path in paths { files.read(path) }
            } catch { throw ClusterError("\(error)") }
            if journal.missing(files).isEmpty, journal.orphans(files).isEmpty { break }
        }

        let total = run.design.taskCount
        var found = Verification()
        found.lines = [
            "design \(run.design.digest)",
            "\(files.digests.count) sound shards, \(journal.rows) sound rows of the journal",
            "\(files.results.count) of \(total) tasks committed, \(total - files.results.count) missing",
        ]
        let orphans = journal.orphans(files)
        if !orphans.isEmpty {
            found.lines.append("\(orphans.count) shards that no row names; 'phasemap resume' adopts them")
        }
        found.add(
            files.faults + journal.missing(files),
            "'phasemap resume \(path)' sets damaged shards aside and computes what is missing")
        found.add(
            files.conflicts(),
            "of two shards that differ move the wrong one to '\(directory.quarantine)', then 'phasemap resume \(path)'")
        if let damage {
            let helps =
                switch damage.cause {
                case .damaged, .missing, .otherRun: "'phasemap recover \(path)' rebuilds the journal"
                default: "see what is said of the journal"
                }
            found.add(["\(damage)"], helps)
        }
        return found
    }
}

/// What the journal says of shards.
private struct SeenJournal {
    private(set) var rows = 0
    private var committed: [(row: Int, shard: Digest, tasks: [Range<Int>])] = []
    private var compactions: [(into: Digest, replaced: [Digest])] = []

    /// The sound rows of a journal, and what is wrong with it.
    static func read(_ path: String, _ design: Digest) -> (SeenJournal, JournalError?) {
        var journal = SeenJournal()
        do throws(JournalError) {
            try JournalReader(path, design: design).read { journal.take($0) }
            return (journal, nil)
        } catch {
            return (journal, error)
        }
    }

    private mutating func take(_ record: JournalRecord) {
        rows += 1
        switch record.fact {
        case .shardCommitted(let contents, _): committed.append((record.sequence, contents.digest, contents.tasks))
        case .shardsCompacted(let shard, let old): compactions.append((shard, old))
        default: break
        }
    }

    /// A sentence about each shard that should be there.
    func missing(_ files: SeenShards) -> [String] {
        var replaced: Set<Digest> = []
        for (shard, old) in compactions where files.digests.contains(shard) { replaced.formUnion(old) }
        // One whose results all stand in others was taken away and computed again.
        return committed.filter {
            !files.digests.contains($0.shard) && !replaced.contains($0.shard) && !files.results.cover($0.tasks)
        }.map { "row \($0.row) commits shard \($0.shard), which is not there" }
    }

    /// The shards that no row names.
    func orphans(_ files: SeenShards) -> Set<Digest> {
        files.digests.subtracting(committed.map(\.shard)).subtracting(compactions.map(\.into))
    }
}

/// The shards of a run that were read.
private struct SeenShards {
    private var reader: ShardReader
    private var paths: Set<String> = []
    private(set) var results: SeenResults
    private(set) var digests: Set<Digest> = []
    private(set) var faults: [String] = []

    init(_ run: FrozenRun) {
        reader = ShardReader(design: run.design)
        results = SeenResults(run)
    }

    /// Reads a shard, once; one that is not there any more was compacted.
    mutating func read(_ path: String) {
        guard paths.insert(path).inserted else { return }
        do throws(StorageError) {
            results.add(try reader.read(path), path)
            if let digest = SealedShard.digest(in: String(path.split(separator: "/").last ?? "")) {
                digests.insert(digest)
            }
        } catch {
            if Disk.exists(path) { faults.append("\(error)") }
        }
    }

    mutating func conflicts() -> [String] { results.conflicts(&reader) }
}
