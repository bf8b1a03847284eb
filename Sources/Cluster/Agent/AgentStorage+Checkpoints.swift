internal import Dispatch
internal import Results
import Scheduling
internal import SweepGrid

extension AgentStorage {
    /// Reads a piece of a checkpoint that a slot left.
    func readCheckpoint(_ digest: Digest, offset: Int, count: Int, for worker: WorkerID, acknowledged: UInt64) {
        queue.async { [self] in
            do throws(StorageError) {
                let bytes = try Disk.read(spool.taken(digest), from: offset, count: count)
                let chunk = ShardChunk(digest: digest, offset: offset, bytes: bytes)
                post(.chunk(chunk, from: worker, acknowledged: acknowledged))
            } catch {
                post(.checkpointUnreadable(digest, reason: "\(error)"))
            }
        }
    }

    /// Writes a piece of a checkpoint that the coordinator sent.
    func writeCheckpoint(_ chunk: ShardChunk) {
        queue.async { [self] in
            do throws(StorageError) {
                try Disk.write(chunk.bytes, into: spool.fetched(chunk.digest), at: chunk.offset)
            } catch {
                post(.checkpointUnusable(chunk.digest, isDamaged: false, reason: "\(error)"))
            }
        }
    }

    /// Compares a fetched checkpoint with its digest and its task.
    func verifyCheckpoint(_ checkpoint: Checkpoint, in design: Design) {
        queue.async { [self] in
            do throws(StorageError) {
                _ = try spool.read(checkpoint.digest, of: checkpoint.task, in: design)
                post(.checkpointReady(checkpoint.digest))
            } catch {
                post(.checkpointUnusable(checkpoint.digest, isDamaged: true, reason: "\(error)"))
            }
        }
    }

    /// Deletes a checkpoint that a slot left.
    func deleteCheckpoint(_ digest: Digest) { queue.async { [self] in Disk.remove(spool.taken(digest)) } }

    /// Deletes a checkpoint that the coordinator sent.
    func deleteFetchedCheckpoint(_ digest: Digest) { queue.async { [self] in Disk.remove(spool.fetched(digest)) } }
}
