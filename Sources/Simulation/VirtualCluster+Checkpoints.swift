import Scheduling
import SweepGrid

/// Checkpoints in the simulation: every task leaves one in its middle, and some leave one when they are interrupted.
///
/// A checkpoint says whose state it is and how many there were before it; whoever goes on from it needs half the time.
extension VirtualCluster {
    private static let padding = [UInt8](repeating: 0xCC, count: 70)

    private func checkpoint(of task: Int, step: Int) -> [UInt8] {
        bytes(of: UInt64(task)) + bytes(of: UInt64(step)) + Self.padding
    }

    // MARK: Slots

    /// How often the state of a task that a slot begins was saved before; decides how long the rest takes.
    func restoredStep(_ index: Int, _ slot: Int, of task: Int) -> Int {
        guard let digest = agents[index].slots[slot].restorable.removeValue(forKey: task) else { return 0 }
        let file = (agents[index].fetched[digest] ?? []).compactMap { $0 }
        guard self.digest(file) == digest, words(in: file).first == UInt64(task) else {
            report.violations.append("slot \(slot) of agent \(index) is given a wrong checkpoint of task \(task)")
            return 0
        }
        report.resumed += 1
        return Int(words(in: file)[1])
    }

    /// A running task leaves a checkpoint.
    func takeCheckpoint(_ index: Int, _ slot: Int, _ process: Int, _ task: Int) {
        let state = agents[index].slots[slot]
        guard state.process == process, state.running?.tasks.lowerBound == task else { return }
        agents[index].slots[slot].step += 1
        let file = checkpoint(of: task, step: agents[index].slots[slot].step)
        let name = digest(file)
        agents[index].taken[name] = file
        later(index, .slot(slot, [.checkpoint(task: task, name, byteCount: file.count)]), in: .microseconds(10))
    }

    /// A running task that looks up is interrupted, with a last checkpoint; whether it was.
    func interrupt(_ index: Int, _ slot: Int) -> Bool {
        guard scenario.takesCheckpoints, let task = agents[index].slots[slot].running?.tasks.lowerBound,
            task.isMultiple(of: 2)
        else { return false }
        takeCheckpoint(index, slot, agents[index].slots[slot].process, task)
        agents[index].slots[slot].running = nil
        later(index, .slot(slot, [.interrupted(task: task)]), in: .microseconds(20))
        return true
    }

    // MARK: Agents

    /// Does what an agent's session asks for about checkpoints.
    func performOnCheckpoint(_ effect: AgentSession.Effect, _ index: Int) {
        switch effect {
        case .sendCheckpointChunk(let worker, let name, let offset, let count, let acknowledged):
            guard let file = agents[index].taken[name], offset + count <= file.count else {
                report.violations.append("agent \(index) is asked for a checkpoint that it does not have")
                return
            }
            if isActive(.agentDisk, agent: index), isOneOf(4) {
                report.faults.insert(.agentDisk)
                return later(index, .checkpointUnreadable(name, reason: "Input/output error"), in: .milliseconds(1))
            }
            let chunk = ShardChunk(digest: name, offset: offset, bytes: Array(file[offset..<offset + count]))
            toNetwork(
                WorkerEnvelope(worker: worker, sequence: 0, acknowledged: acknowledged, .chunk(chunk)), from: index)
        case .deleteCheckpoint(let name): agents[index].taken[name] = nil
        case .writeCheckpoint(let chunk):
            agents[index].fetched[chunk.digest, default: []].write(chunk)
        case .verifyCheckpoint(let checkpoint):
            let file = (agents[index].fetched[checkpoint.digest] ?? []).compactMap { $0 }
            let isSound = digest(file) == checkpoint.digest && file.count == checkpoint.byteCount
            later(
                index,
                isSound
                    ? .checkpointReady(checkpoint.digest)
                    : .checkpointUnusable(checkpoint.digest, isDamaged: true, reason: "damaged"),
                in: .milliseconds(1))
        case .deleteFetchedCheckpoint(let name): agents[index].fetched[name] = nil
        default: break
        }
    }

    // MARK: The coordinator's disk

    /// Does a request about checkpoints; nil when there is nothing to report.
    func outcome(of request: Coordinator.CheckpointRequest, _ isFull: Bool) -> CoordinatorSession.Event? {
        switch request {
        case .store(let checkpoint):
            let file = (coordinator?.temporary.removeValue(forKey: checkpoint.digest) ?? []).compactMap { $0 }
            guard !isFull else { return .checkpointNotStored(checkpoint.digest, reason: "No space left on device") }
            guard digest(file) == checkpoint.digest else {
                return .checkpointNotStored(checkpoint.digest, reason: "damaged")
            }
            disk.checkpoints[checkpoint.digest] = file
            return .checkpointStored(checkpoint.digest)
        case .read(let checkpoint, let offset, let count, let worker):
            guard let file = disk.checkpoints[checkpoint.digest] else {
                return .checkpointUnreadable(
                    checkpoint.digest, task: checkpoint.task, count: count, for: worker, reason: "it is not there")
            }
            let chunk = ShardChunk(
                digest: checkpoint.digest, offset: offset, bytes: Array(file[offset..<offset + count]))
            return .checkpointRead(chunk, for: worker)
        case .delete(let name):
            disk.checkpoints[name] = nil
            return nil
        }
    }

    /// Checks what a lease says about checkpoints: each is the newest that the journal names.
    func check(_ lease: Lease) {
        for checkpoint in lease.checkpoints {
            var newest: Checkpoint?
            for fact in disk.journal {
                switch fact {
                case .checkpointStored(let stored, _) where stored.task == checkpoint.task: newest = stored
                case .checkpointDropped(let task, _) where task == checkpoint.task: newest = nil
                default: break
                }
            }
            // A lease that is sent once more may be older than what its own attempt left.
            guard let newest, newest != checkpoint, newest.attempt <= checkpoint.attempt else { continue }
            report.violations.append(
                "\(lease.id) comes with another checkpoint than the newest of task \(checkpoint.task)")
        }
    }

    /// Forgets checkpoints that a restarted coordinator does not find, and sweeps up files that no fact names.
    func sweepCheckpoints(_ scheduler: inout Scheduler) {
        let missing = scheduler.checkpoints.filter { disk.checkpoints[$0.digest] == nil }
        disk.journal += scheduler.dropCheckpoints(missing, at: now)
        let kept = Set(scheduler.checkpoints.map(\.digest))
        disk.checkpoints = disk.checkpoints.filter { kept.contains($0.key) }
    }

    private func digest(_ file: [UInt8]) -> Digest { Simulation.digest(of: file) }
}

extension Coordinator {
    /// A request about checkpoints to the storage thread.
    enum CheckpointRequest {
        case store(Checkpoint)
        case read(Checkpoint, offset: Int, count: Int, for: WorkerID)
        case delete(Digest)
    }
}

extension [UInt8?] {
    /// Puts bytes at their place; what lies before and was not written is nil.
    fileprivate mutating func write(_ chunk: ShardChunk) {
        let end = chunk.offset + chunk.bytes.count
        if count < end { self += Array(repeating: nil, count: end - count) }
        for (index, byte) in chunk.bytes.enumerated() { self[chunk.offset + index] = byte }
    }
}
