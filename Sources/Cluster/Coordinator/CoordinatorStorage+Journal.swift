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
    /// committed now.
    ///
    /// - Returns: the run time at which the run goes on.
    /// - Throws: `ClusterError` when the journal is missing, damaged (with the first bad row) or in use, or the disk refuses.
    func restore(_ scheduler: inout Scheduler, _ design: Digest) throws(ClusterError) -> Instant {
        if let warning = FileSystem(under: directory.path)?.warning { facts.log("'\(directory.path)': \(warning)") }
        let shards = try adopt(note: facts.log)
        let present = Set(shards.map(\.digest))
        var known: Set<Digest> = []
        var lost = 0
        var restored = scheduler
        do throws(JournalError) {
            let journal = try Journal(opening: directory.journal, design: design) { record in
                guard let fact = record.fact else { return }
                if case .shardCommitted(let contents, _) = fact {
                    guard present.contains(contents.digest) else { return lost += 1 }
                    known.insert(contents.digest)
                }
                restored.apply(fact)
            }
            let instant = journal.lastInstant
            try journal.append(
                [Journal.Entry(.session(JournalSession(build: buildDigest(), host: hostName())), at: instant)])
            for contents in shards where !known.contains(contents.digest) {
                try journal.append(restored.adopt(contents, at: instant), at: instant)
            }
            if lost > 0 { facts.log("\(lost) committed shards are not there any more; their tasks are computed again") }
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
