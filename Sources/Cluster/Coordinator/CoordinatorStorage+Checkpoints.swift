internal import Dispatch
internal import Glibc
internal import Results
import Scheduling
internal import SweepGrid

extension CoordinatorStorage {
    /// Verifies a checkpoint of which all bytes are in its temporary file, and gives it its final name.
    func storeCheckpoint(_ checkpoint: Checkpoint) {
        queue.async { [self] in
            let path = temporaryPath(checkpoint.digest)
            do throws(StorageError) {
                try verify(checkpoint, at: path)
                try Disk.makeDirectory(directory.checkpoints)
                try Disk.commit(path, to: checkpointPath(checkpoint.digest))
                post(.checkpointStored(checkpoint.digest))
            } catch {
                post(.checkpointNotStored(checkpoint.digest, reason: "\(error)"))
            }
        }
    }

    /// Reads a piece of a stored checkpoint.
    func readCheckpoint(_ checkpoint: Checkpoint, offset: Int, count: Int, for worker: WorkerID) {
        queue.async { [self] in
            do throws(StorageError) {
                let bytes = try Disk.read(checkpointPath(checkpoint.digest), from: offset, count: count)
                post(
                    .checkpointRead(
                        ShardChunk(digest: checkpoint.digest, offset: offset, bytes: bytes), for: worker))
            } catch {
                post(
                    .checkpointUnreadable(
                        checkpoint.digest, task: checkpoint.task, count: count, for: worker, reason: "\(error)"))
            }
        }
    }

    /// Deletes a stored checkpoint.
    func deleteCheckpoint(_ digest: Digest) {
        queue.async { [self] in Disk.remove(checkpointPath(digest)) }
    }

    /// Those of the recorded checkpoints that are missing or damaged.
    func unusable(among checkpoints: [Checkpoint]) -> [Checkpoint] {
        checkpoints.filter { checkpoint in
            do throws(StorageError) {
                try verify(checkpoint, at: checkpointPath(checkpoint.digest))
                return false
            } catch {
                facts.log("task \(checkpoint.task) begins anew, its checkpoint cannot be used: \(error)")
                return true
            }
        }
    }

    /// Deletes every file of the directory of checkpoints that is none of these.
    func removeCheckpoints(except kept: [Checkpoint]) {
        let names = Set(kept.map { CheckpointFile.name($0.digest) })
        guard let all = try? Disk.names(in: directory.checkpoints) else { return }
        for name in all where !names.contains(name) { Disk.remove(directory.checkpoints + "/" + name) }
    }

    private func verify(_ checkpoint: Checkpoint, at path: String) throws(StorageError) {
        let bytes = try Disk.read(path, limit: CheckpointFile.sizeLimit)
        _ = try CheckpointFile(bytes, name: path, digest: checkpoint.digest, of: checkpoint.task, in: design)
    }

    private func checkpointPath(_ digest: Digest) -> String {
        directory.checkpoints + "/" + CheckpointFile.name(digest)
    }
}
