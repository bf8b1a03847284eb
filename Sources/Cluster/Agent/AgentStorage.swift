internal import Dispatch
internal import Glibc
internal import Results
import Scheduling
internal import SweepGrid

/// The disk of an agent: its own thread writes and reads what the loop thread must not wait for.
final class AgentStorage: Sendable {
    /// What the loop thread is told.
    enum Event: Sendable {
        /// The run's document is read, sound, and stands in a file for the slots.
        case opened(FrozenRun, path: String)
        /// The run's document cannot be used.
        case cannotOpen(String)
        case shardClosed(Int, Digest, byteCount: Int)
        case shardFailed(Int, reason: String)
        /// A piece of a shard was read for a message that acknowledges this number.
        case chunk(ShardChunk, from: WorkerID, acknowledged: UInt64)
        case shardUnreadable(Digest, reason: String)
        case checkpointUnreadable(Digest, reason: String)
        case checkpointReady(Digest)
        case checkpointUnusable(Digest, isDamaged: Bool, reason: String)
    }

    let spool: CheckpointSpool
    let queue = DispatchQueue(label: "storage")
    let post: @Sendable (Event) -> Void
    private let directory: String
    private let host: String

    init(directory: String, host: String, post: @escaping @Sendable (Event) -> Void) {
        self.directory = directory
        spool = CheckpointSpool(directory: directory)
        self.host = host
        self.post = post
    }

    /// Reads the run's document and keeps it in a file.
    func open(_ description: RunDescription) {
        queue.async { [self] in
            let path = directory + "/run.json"
            do throws(StorageError) {
                let run = try FrozenRun(json: description.document, name: "the run of the coordinator")
                guard run.design.digest == description.run else {
                    return post(.cannotOpen("the coordinator's run.json is not the run that it names"))
                }
                try Disk.writeAtomically(description.document, to: path)
                post(.opened(run, path: path))
            } catch {
                post(.cannotOpen("\(error)"))
            }
        }
    }

    /// Writes a shard with these results.
    func closeShard(_ number: Int, _ rows: [TaskRow], of design: Design) {
        queue.async { [self] in
            var writer = ShardWriter(design: design, worker: "\(host)-\(getpid())", host: host)
            var identities = TaskIdentities(design)
            var last = -1
            for row in rows.sorted(by: { $0.task < $1.task }) where row.task != last {
                last = row.task
                writer.append(
                    task: row.task, id: identities[row.task], attempt: row.attempt, result: row.result,
                    started: row.started, seconds: Double(row.nanoseconds) * 1e-9)
            }
            do throws(StorageError) {
                let shard = try writer.seal(in: directory)
                post(.shardClosed(number, shard.digest, byteCount: shard.byteCount))
            } catch {
                post(.shardFailed(number, reason: "\(error)"))
            }
        }
    }

    /// Reads a piece of a shard.
    func readChunk(_ shard: Digest, offset: Int, count: Int, for worker: WorkerID, acknowledged: UInt64) {
        queue.async { [self] in
            do throws(StorageError) {
                let bytes = try Disk.read(path(shard), from: offset, count: count)
                let chunk = ShardChunk(digest: shard, offset: offset, bytes: bytes)
                post(.chunk(chunk, from: worker, acknowledged: acknowledged))
            } catch {
                post(.shardUnreadable(shard, reason: "\(error)"))
            }
        }
    }

    /// Deletes a shard that the coordinator has.
    func delete(_ shard: Digest) {
        queue.async { [self] in Disk.remove(path(shard)) }
    }

    /// Waits until everything asked for is done.
    func finish() { queue.sync {} }

    private func path(_ shard: Digest) -> String { directory + "/" + SealedShard.name(shard) }
}
