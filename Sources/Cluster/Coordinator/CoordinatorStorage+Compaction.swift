internal import Dispatch
internal import Results
import Scheduling
internal import SweepGrid

extension CoordinatorStorage {
    /// Writes the results of stored shards into one, as many of them as fit, and gives it its final name.
    ///
    /// A coordinator that dies in between leaves the old ones, and perhaps the new one beside them: the next one removes
    /// what holds nothing that others do not.
    func compact(_ shards: [Digest]) {
        checks.async { [self] in
            let temporary = directory.shards + "/.compaction.part"
            switch checker.compact(shards, in: directory.shards, into: temporary) {
            case .answer(.sound(let contents, let replaced)):
                Failpoint.reach("compaction-written")
                queue.async { [self] in post(.compacted(store(contents.digest, replacing: replaced, temporary))) }
            case .answer(.refused), .answer(.ready): post(.compacted(.unfit(Array(shards.prefix(1)))))
            case .answer(.unsound(let shard, let reason)):
                // The others are compacted without it.
                facts.log(
                    "a shard is not compacted: \(reason); 'phasemap resume \(directory.path)' after this run sets it aside "
                        + "and computes its tasks again")
                post(.compacted(.unfit([shard])))
            case .answer(.unreadable(let reason)), .unavailable(let reason):
                post(.compacted(.failed(reason: reason)))
            case .evil(let reason), .killed(let reason):
                facts.log("shards are not compacted: \(reason)")
                post(.compacted(.unfit(shards)))
            }
        }
    }

    private func store(_ shard: Digest, replacing replaced: [Digest], _ temporary: String)
        -> CoordinatorSession.Compaction
    {
        do throws(StorageError) {
            try Disk.commit(temporary, to: path(shard)) { Failpoint.reach("compaction-\($0)") }
            return .stored(shard, replacing: replaced)
        } catch {
            return .failed(reason: "\(error)")
        }
    }

    /// Deletes stored shards.
    func remove(_ shards: [Digest]) {
        queue.async { [self] in
            for shard in shards {
                Failpoint.reach("compaction-removing")
                Disk.remove(path(shard))
            }
        }
    }

    func path(_ shard: Digest) -> String { directory.shards + "/" + SealedShard.name(shard) }
}
