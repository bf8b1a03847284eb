internal import OrderedCollections
internal import SweepGrid

extension CoordinatorSession {
    /// Takes note of a checkpoint: to be fetched, or settled already.
    mutating func announced(_ checkpoint: Checkpoint, by worker: WorkerID) {
        let digest = checkpoint.digest
        guard (1...policy.checkpointSizeLimit).contains(checkpoint.byteCount) else {
            return settle(checkpoint, .refused(reason: "it has \(checkpoint.byteCount) bytes"), worker)
        }
        guard scheduler.wants(checkpoint) else { return settle(checkpoint, .superseded, worker) }
        guard scheduler.checkpoint(of: checkpoint.task)?.digest != digest else {
            return settle(checkpoint, .committed, worker)
        }
        if let upload = uploads[digest] {
            guard upload.worker != worker else { return }
            // While it is stored, the worker that announced it last is told.
            guard !upload.isComplete else {
                if upload.checkpoint != nil { uploads[digest]?.worker = worker }
                return
            }
        }
        // A task has one checkpoint under way: the one that was announced last.
        for (other, upload) in uploads where upload.checkpoint?.task == checkpoint.task && !upload.isComplete {
            abandon(other)
        }
        guard uploads[digest] == nil else { return }
        let slots = peers[worker]?.registration.slots ?? 1
        guard uploads.values.count(where: { $0.worker == worker && $0.checkpoint != nil }) < 2 * slots else {
            return settle(checkpoint, .refused(reason: "more of them are under way than \(worker) has use for"), worker)
        }
        uploads[digest] = Upload(.checkpoint(checkpoint), from: worker, chunkSize: policy.chunkSize)
    }

    /// A worker no longer has what it announced, or what it was sent is damaged.
    mutating func withdrawn(_ digest: Digest, _ task: Int, _ isDamaged: Bool, by worker: WorkerID) {
        if let upload = uploads[digest], upload.checkpoint != nil, upload.worker == worker, !upload.isComplete {
            abandon(digest)
        }
        guard isDamaged, scheduler.checkpoint(of: task)?.digest == digest else { return }
        effects.append(.note(.checkpointRefused(task: task, reason: "\(worker) found it damaged")))
        schedule(.checkpointLost(digest, task: task))
    }

    /// A checkpoint is stored for good: its fact is recorded, then the worker is told.
    mutating func checkpointStored(_ digest: Digest) {
        guard let upload = uploads.removeValue(forKey: digest), let checkpoint = upload.checkpoint else { return }
        schedule(.checkpointStored(checkpoint, from: upload.worker))
        settle(checkpoint, .committed, upload.worker)
        finishIfStopped()
    }

    /// A checkpoint could not be stored; the task has the one before, or none.
    mutating func checkpointNotStored(_ digest: Digest, _ reason: String) {
        guard let upload = uploads.removeValue(forKey: digest), let checkpoint = upload.checkpoint else { return }
        effects.append(.discard(digest))
        settle(checkpoint, .refused(reason: reason), upload.worker)
        finishIfStopped()
    }

    private mutating func settle(_ checkpoint: Checkpoint, _ outcome: ShardOutcome, _ worker: WorkerID) {
        if case .refused(let reason) = outcome {
            effects.append(.note(.checkpointRefused(task: checkpoint.task, reason: reason)))
        }
        after(.settled(checkpoint.digest, outcome, worker))
    }

    // MARK: To the next attempt

    /// Lets the disk read a piece of a checkpoint, or says that there is none; what is too much now is asked for again.
    mutating func send(_ digest: Digest, of task: Int, offset: Int, count: Int, to worker: WorkerID) {
        guard let checkpoint = scheduler.checkpoint(of: task), checkpoint.digest == digest else {
            return sendUnnumbered(.checkpointGone(digest), to: worker)
        }
        guard (1...policy.chunkSize).contains(count), offset >= 0, offset <= checkpoint.byteCount - count,
            readingBytes + count <= policy.uploadWindow
        else { return }
        readingBytes += count
        effects.append(.readCheckpoint(checkpoint, offset: offset, count: count, for: worker))
    }

    mutating func checkpointRead(_ chunk: ShardChunk, for worker: WorkerID) {
        readingBytes -= chunk.bytes.count
        sendUnnumbered(.checkpointChunk(chunk), to: worker)
    }

    mutating func checkpointUnreadable(
        _ digest: Digest, _ task: Int, _ count: Int, _ worker: WorkerID, _ reason: String
    ) {
        readingBytes -= count
        if scheduler.checkpoint(of: task)?.digest == digest {
            effects.append(.note(.checkpointRefused(task: task, reason: reason)))
            schedule(.checkpointLost(digest, task: task))
        }
        sendUnnumbered(.checkpointGone(digest), to: worker)
    }

    /// Deletes a checkpoint, unless the same one was stored again meanwhile.
    mutating func deleteCheckpoint(_ digest: Digest) {
        guard !scheduler.checkpoints.contains(where: { $0.digest == digest }) else { return }
        effects.append(.deleteCheckpoint(digest))
    }
}
