import Results
import SweepGrid

/// The files through which an agent and its slots hand each other checkpoints: they stand in the agent's private directory.
///
/// A slot writes up to 64 MiB there without a word to the agent's loop, which then hears of the file in a few bytes.
struct CheckpointSpool {
    let directory: String

    /// Where a slot puts a checkpoint.
    func taken(_ digest: Digest) -> String { directory + "/" + CheckpointFile.name(digest) }

    /// Where the agent puts a checkpoint that it fetched.
    func fetched(_ digest: Digest) -> String { directory + "/fetched-\(digest).bin" }

    /// Writes the state of a task; returns the digest and the size of the file.
    func write(_ state: [UInt8], of task: Int, in design: Design) throws(StorageError) -> (Digest, byteCount: Int) {
        guard state.count <= CheckpointFile.stateLimit else {
            throw StorageError(
                path: "the checkpoint of task \(task)",
                problem: "has \(state.count) bytes, more than the \(CheckpointFile.stateLimit) that are kept")
        }
        let bytes = CheckpointFile(
            experiment: design.experiment, version: design.version, task: design.taskID(task), state: state
        ).bytes
        let digest = SHA256.hash(bytes)
        try Disk.writeUnsynced(bytes, to: taken(digest))
        return (digest, bytes.count)
    }

    /// The state in a fetched checkpoint, which must have the digest and be of this task.
    func read(_ digest: Digest, of task: Int, in design: Design) throws(StorageError) -> [UInt8] {
        let path = fetched(digest)
        let bytes = try Disk.read(path, limit: CheckpointFile.sizeLimit)
        return try CheckpointFile(bytes, name: path, digest: digest, of: task, in: design).state
    }
}
