internal import Dispatch
internal import Journal
internal import Results
import Scheduling
internal import SweepGrid

extension CoordinatorStorage {
    /// Appends facts to the journal; tells the session how many are durable.
    func journal(_ facts: [Fact], at instant: Instant) {
        self.facts.add(facts, at: instant)
        queue.async { [self] in self.facts.write() }
    }

    /// Keeps where a worker runs; its registration is the next fact.
    func keep(_ worker: WorkerID, build: Digest, host: String, at instant: Instant) {
        facts.add(JournalWorker(worker, build: build, host: host), at: instant)
    }

    /// Brings a new scheduler to where the run stands, by its journal and its shards; call it before anything else.
    ///
    /// A commit whose shard is gone or damaged counts for nothing: its tasks are computed again. A shard that no fact names is
    /// committed now. Conflicts of which one shard was taken away are void.
    ///
    /// - Returns: the run time at which the run goes on.
    /// - Throws: `ClusterError` when the journal is missing, damaged (with the first bad row) or in use, or the disk refuses.
    func restore(_ scheduler: inout Scheduler, _ design: Digest) throws(ClusterError) -> Instant {
        if let warning = FileSystem(under: directory.path)?.warning { facts.log("'\(directory.path)': \(warning)") }
        let shards = try adopt(note: facts.log)
        let present = Set(shards.map(\.digest))
        var known: Set<Digest> = []
        var lost: Set<Digest> = []
        var compacted: Set<Digest> = []
        var replaced: Set<Digest> = []
        var restored = scheduler
        do throws(JournalError) {
            let journal = try Journal(opening: directory.journal, design: design) { record in
                guard let fact = record.fact else { return }
                if case .shardCommitted(let contents, _) = fact {
                    guard present.contains(contents.digest) else { return _ = lost.insert(contents.digest) }
                    known.insert(contents.digest)
                }
                if case .shardsCompacted(let shard, let old) = fact, present.contains(shard) {
                    compacted.insert(shard)
                    replaced.formUnion(old)
                }
                restored.apply(fact)
            }
            let instant = journal.lastInstant
            try journal.append(
                [Journal.Entry(.session(JournalSession(build: buildDigest(), host: hostName())), at: instant)])
            for contents in shards where !known.contains(contents.digest) {
                let news = restored.adopt(contents, at: instant)
                try journal.append(news, at: instant)
                // A compaction that was cut short: all its results stand in others, whose names the journal knows.
                if news.isEmpty, !compacted.contains(contents.digest) { Disk.remove(path(contents.digest)) }
            }
            // A compaction whose last step was cut short.
            for shard in replaced.subtracting(compacted) where present.contains(shard) { Disk.remove(path(shard)) }
            lost.subtract(replaced)
            if !lost.isEmpty {
                facts.log("\(lost.count) committed shards are not there any more; their tasks are computed again")
            }
            try journal.append(restored.settleConflicts(among: shards), at: instant)
            let unusable = unusable(among: restored.checkpoints)
            try journal.append(restored.dropCheckpoints(unusable, at: instant), at: instant)
            removeCheckpoints(except: restored.checkpoints)
            scheduler = restored
            facts.begin(journal)
            return instant
        } catch {
            switch error.cause {
            case .damaged, .missing:
                throw ClusterError("\(error); run 'phasemap recover \(directory.path)'")
            default: throw ClusterError("\(error)")
            }
        }
    }
}
