internal import OrderedCollections
internal import SweepGrid

extension CoordinatorSession {
    /// Takes note of a closed shard: to be fetched, or settled already.
    mutating func announced(_ announcement: ShardAnnouncement, by worker: WorkerID) {
        let digest = announcement.digest
        guard (1...policy.shardSizeLimit).contains(announcement.byteCount), !announcement.tasks.isEmpty,
            scheduler.exist(announcement.tasks)
        else {
            let reason = "the shard is empty, larger than \(policy.shardSizeLimit) bytes, or of another run"
            return settle(announcement, .refused(reason: reason), worker)
        }
        // One whose tasks are all committed is fetched too: a result that differs must not go unseen.
        guard !scheduler.hasCommitted(digest) else { return settle(announcement, .superseded, worker) }
        if let upload = uploads[digest] {
            guard upload.worker != worker else { return }
            // The agent registered again, or two workers made the same file: the last one is told. The other one
            // announces its shard anew after a while, and then hears that it is superseded.
            guard !upload.isComplete else {
                uploads[digest]?.worker = worker
                return
            }
            abandon(digest)
        }
        guard uploads.values.count(where: { $0.worker == worker && $0.shard != nil }) < policy.uploadLimit else {
            return
        }
        uploads[digest] = Upload(.shard(announcement), from: worker, chunkSize: policy.chunkSize)
    }

    /// Asks for chunks as far as the window goes, and goes on with commits that wait for the disk.
    mutating func continueUploads() {
        guard !uploads.isEmpty else { return }
        // What each worker is asked for already: one that does not send must not keep the others from it.
        var pending: [WorkerID: Int] = [:]
        for upload in uploads.values { pending[upload.worker, default: 0] += upload.pendingBytes }
        for digest in uploads.keys {
            guard let upload = uploads[digest] else { continue }
            if upload.isComplete {
                if let moment = upload.nextDeadline, moment <= now { advance(digest, .tick) }
            } else {
                fetch(digest, &pending)
            }
        }
    }

    private mutating func fetch(_ digest: Digest, _ pending: inout [WorkerID: Int]) {
        guard var upload = uploads[digest] else { return }
        if let moment = upload.pausedUntil {
            guard moment <= now else { return }
            upload.pausedUntil = nil
        }
        let overdue = upload.nextDeadline.map { $0 <= now } == true ? upload.overdue(at: now) : []
        if !overdue.isEmpty, upload.countOverdue() > policy.uploadPatience {
            let bytes = upload.pendingBytes
            upload.pause(until: now + policy.announceInterval)
            pendingBytes -= bytes - upload.pendingBytes
            pending[upload.worker, default: 0] -= bytes - upload.pendingBytes
            uploads[digest] = upload
            return
        }
        for chunk in overdue { request(chunk, digest, &upload) }
        var room = min(
            policy.uploadWindow - pendingBytes, policy.workerUploadWindow - pending[upload.worker, default: 0])
        if upload.checkpoint != nil { room = min(room, policy.checkpointWindow - upload.pendingBytes) }
        while let chunk = upload.nextMissing(), upload.size(chunk) <= room {
            room -= upload.size(chunk)
            pendingBytes += upload.size(chunk)
            pending[upload.worker, default: 0] += upload.size(chunk)
            request(chunk, digest, &upload)
        }
        uploads[digest] = upload
    }

    private mutating func request(_ chunk: Int, _ digest: Digest, _ upload: inout Upload) {
        upload.set(chunk, .requested(until: now + policy.resendDelay))
        let message = CoordinatorMessage.sendChunk(
            digest, offset: chunk * upload.chunkSize, count: upload.size(chunk))
        sendUnnumbered(message, to: upload.worker)
    }

    /// Takes a chunk that was asked for; anything else is ignored.
    mutating func received(_ chunk: ShardChunk, from worker: WorkerID) {
        guard var upload = uploads[chunk.digest], upload.worker == worker, !upload.isComplete,
            let number = upload.chunk(at: chunk.offset), chunk.bytes.count == upload.size(number),
            case .requested = upload.chunks[number]
        else { return }
        upload.set(number, .received)
        uploads[chunk.digest] = upload
        effects.append(.write(chunk))
    }

    /// A chunk is in the temporary file; with the last one the commit begins.
    mutating func written(_ digest: Digest, _ offset: Int) {
        guard var upload = uploads[digest], !upload.isComplete, let chunk = upload.chunk(at: offset),
            upload.chunks[chunk] == .received
        else { return }
        upload.set(chunk, .written)
        pendingBytes -= upload.size(chunk)
        if upload.isComplete {
            switch upload.content {
            case .shard(let announcement):
                upload.commit = CommitSequence(announcement, retryDelay: policy.storageRetryDelay)
                effects.append(.commit(announcement, .verify))
            case .checkpoint(let checkpoint): effects.append(.storeCheckpoint(checkpoint))
            }
        }
        uploads[digest] = upload
    }

    /// Takes a commit one step further.
    mutating func advance(_ digest: Digest, _ event: CommitSequence.Event) {
        guard var upload = uploads[digest] else { return }
        guard let announcement = upload.commit?.announcement else {
            guard !upload.isComplete, case .failed(let reason) = event else { return }
            pendingBytes -= upload.retry(at: now + policy.storageRetryDelay)
            uploads[digest] = upload
            effects.append(.note(.storageFailing(reason: reason)))
            return
        }
        if case .verified(let contents) = event, !scheduler.isNews(contents) {
            uploads[digest] = nil
            effects.append(.discard(digest))
            settle(announcement, .superseded, upload.worker)
            return finishIfStopped()
        }
        let action = upload.commit?.handle(event, at: now)
        uploads[digest] = upload
        guard let action else { return }
        switch action {
        case .perform(let step):
            effects.append(.commit(announcement, step))
        case .record(let contents):
            guard scheduler.isNews(contents) else {
                // While it was stored, another shard brought all of it; no fact will name this file.
                uploads[digest] = nil
                if !scheduler.hasCommitted(digest) { after(.remove([digest])) }
                settle(announcement, .superseded, upload.worker)
                return finishIfStopped()
            }
            schedule(.stored(contents, from: upload.worker))
            after(.journaled(digest))
        case .acknowledge(let outcome):
            uploads[digest] = nil
            if case .refused = outcome { effects.append(.discard(digest)) }
            settle(announcement, outcome, upload.worker)
            finishIfStopped()
        case .wait(let reason):
            effects.append(.note(.storageFailing(reason: reason)))
        case .fetchAgain(let reason):
            effects.append(.note(.storageFailing(reason: reason)))
            fetchAgain(announcement, from: upload.worker)
        }
    }

    /// Begins an upload anew whose bytes the disk lost; without its worker it is forgotten, until somebody announces it again.
    private mutating func fetchAgain(_ announcement: ShardAnnouncement, from worker: WorkerID) {
        uploads[announcement.digest] = nil
        effects.append(.discard(announcement.digest))
        guard peers[worker] != nil else { return finishIfStopped() }
        var upload = Upload(.shard(announcement), from: worker, chunkSize: policy.chunkSize)
        upload.pausedUntil = now + policy.storageRetryDelay
        uploads[announcement.digest] = upload
    }

    /// Tells a worker what became of its shard, after the facts that it rests on.
    private mutating func settle(_ announcement: ShardAnnouncement, _ outcome: ShardOutcome, _ worker: WorkerID) {
        if case .refused(let reason) = outcome {
            effects.append(.note(.shardRefused(announcement.digest, worker, reason: reason)))
            schedule(.refused(tasks: announcement.tasks, from: worker, reason: reason))
        }
        after(.settled(announcement.digest, outcome, worker))
    }

    /// Stops fetching the shards of a worker, all of them or those with results of some tasks.
    mutating func abandonUploads(of worker: WorkerID, holding tasks: [Range<Int>]? = nil) {
        let lost = tasks.map { TaskSet($0) }
        for (digest, upload) in uploads where upload.worker == worker && !upload.isComplete {
            let isConcerned = lost.map { lost in
                upload.shard?.tasks.contains { !lost.intersection($0).isEmpty } == true
            }
            if isConcerned ?? true { abandon(digest) }
        }
    }

    mutating func abandon(_ digest: Digest) {
        guard let upload = uploads.removeValue(forKey: digest) else { return }
        pendingBytes -= upload.pendingBytes
        effects.append(.discard(digest))
    }
}
