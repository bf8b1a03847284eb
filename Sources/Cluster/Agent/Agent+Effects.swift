internal import Results
import Scheduling
internal import SweepGrid
internal import ZeroMQ

extension Agent {
    /// Does what the session asks for.
    func perform(_ effect: AgentSession.Effect) {
        switch effect {
        case .send(let envelope): send(envelope)
        case .reconnect:
            do throws(ClusterError) { try connect() } catch { end(.failed("\(error)")) }
        case .prepare(let description): storage.open(description)
        case .startSlot(let slot): startSlot(slot)
        case .command(let slot, .compute(let runs)): slots.send(.compute(runs), to: slot)
        case .command(let slot, .restore(let task, let digest)): slots.send(.restore(task: task, digest), to: slot)
        case .command(let slot, .interrupt(let task)): slots.send(.interrupt(task: task), to: slot)
        case .command(let slot, .cancel(let runs)): slots.send(.cancel(runs), to: slot)
        case .command(let slot, .stop): slots.send(.stop, to: slot)
        case .killSlot(let slot): slots.kill(slot)
        case .keepResult(let task, _, let shard): keep(task, in: shard)
        case .closeShard(let number):
            if let frozen {
                // The rows stay until the file is there: the disk may be full.
                storage.closeShard(number, openShards[number] ?? [], of: frozen.design)
            }
        case .sendChunk(let worker, let shard, let offset, let count, let acknowledged):
            storage.readChunk(shard, offset: offset, count: count, for: worker, acknowledged: acknowledged)
        case .deleteShard(let shard): storage.delete(shard)
        case .sendCheckpointChunk(let worker, let digest, let offset, let count, let acknowledged):
            storage.readCheckpoint(digest, offset: offset, count: count, for: worker, acknowledged: acknowledged)
        case .deleteCheckpoint(let digest): storage.deleteCheckpoint(digest)
        case .writeCheckpoint(let chunk): storage.writeCheckpoint(chunk)
        case .verifyCheckpoint(let checkpoint):
            if let frozen { storage.verifyCheckpoint(checkpoint, in: frozen.design) }
        case .deleteFetchedCheckpoint(let digest): storage.deleteFetchedCheckpoint(digest)
        case .note(let text): options.log(text)
        case .exit(.finished): end(.finished)
        case .exit(.drained): end(.drained)
        case .exit(.refused(let refusal)): end(.refused(refusal.message))
        case .exit(.failed(let reason)): end(.failed(reason))
        }
    }

    /// Takes an event of another thread.
    func handle(_ event: Event) {
        switch event {
        case .stop(let signal):
            // A batch system may warn with one signal and end the job with another.
            if !StopSignals.isPreemption(signal) {
                if isStopping { return end(.failed("ended by a second \(signal) before everything was delivered")) }
                isStopping = true
                drainingSince = now
            }
            tell(.drain(reason: signal, within: options.terms.grace))
        case .looked(let state): noteWaiting(because: state)
        case .storage(.opened(let run, let path)): startProbe(run, path: path)
        case .storage(.cannotOpen(let reason)): tell(.cannotPrepare(reason: reason))
        case .storage(.shardClosed(let number, let digest, let byteCount)):
            openShards[number] = nil
            tell(.shardClosed(number, digest, byteCount: byteCount))
        case .storage(.shardFailed(let number, let reason)): tell(.shardFailed(number, reason: reason))
        case .storage(.shardUnreadable(let shard, let reason)): tell(.shardUnreadable(shard, reason: reason))
        case .storage(.checkpointUnreadable(let digest, let reason)):
            tell(.checkpointUnreadable(digest, reason: reason))
        case .storage(.checkpointReady(let digest)): tell(.checkpointReady(digest))
        case .storage(.checkpointUnusable(let digest, let isDamaged, let reason)):
            tell(.checkpointUnusable(digest, isDamaged: isDamaged, reason: reason))
        case .storage(.chunk(let chunk, let worker, let acknowledged)):
            send(WorkerEnvelope(worker: worker, sequence: 0, acknowledged: acknowledged, .chunk(chunk)))
        }
    }

    /// Takes what a slot wrote, or its end.
    func handle(_ happening: AgentSlots.Happening) {
        if isProbing { return handleProbe(happening) }
        switch happening {
        case .answers(let slot, let answers): report(answers, of: slot)
        case .ended(let slot, let end, let lastLines):
            // The word that both share says what the slot was computing when it died.
            if let task = slots.newTask(of: slot) { tell(.slot(slot, [.started(task: task)])) }
            let evidence = SlotEvidence(outOfMemory: memory.verdict(on: slot, end), lastLines: lastLines)
            slots.stop(slot)
            if !lastLines.isEmpty { options.log("what slot \(slot) printed stands in '\(slots.log(of: slot))'") }
            tell(.slotExited(slot, status: "\(end)", evidence: evidence))
        }
    }

    private func report(_ answers: [SlotAnswer], of slot: Int) {
        guard let run = frozen else { return }
        let schema = run.design.schema
        let bytesPerRow = 45 + 8 * schema.width + 4 * schema.arrayCount
        var reports: [SlotReport] = []
        reports.reserveCapacity(answers.count)
        arrived.removeAll(keepingCapacity: true)
        for answer in answers {
            switch answer {
            case .ready: reports.append(.ready)
            case .unfit(let reason): options.log("slot \(slot): \(reason)")
            case .skipped(let task): reports.append(.skipped(task: task))
            case .failed(let task, let kind, let message):
                slots.settle(task, of: slot)
                reports.append(.failed(task: task, kind, message: message))
            case .progress(let task, let fraction): reports.append(.progress(task: task, fraction: fraction))
            case .checkpoint(let task, let digest, let byteCount):
                reports.append(.checkpoint(task: task, digest, byteCount: byteCount))
            case .interrupted(let task):
                slots.settle(task, of: slot)
                reports.append(.interrupted(task: task))
            case .result(let row):
                slots.settle(row.task, of: slot)
                guard row.result.values.count == schema.width, row.result.lengths.count == schema.arrayCount else {
                    reports.append(
                        .failed(task: row.task, .error, message: "the result does not have the run's columns"))
                    continue
                }
                arrived.append(row)
                reports.append(
                    .finished(
                        SlotResult(
                            task: row.task, duration: .nanoseconds(Int64(clamping: row.nanoseconds)),
                            byteCount: bytesPerRow)))
            }
        }
        arrived.reverse()
        tell(.slot(slot, reports))
    }

    /// Puts a result that just arrived into an open shard; the session keeps them in the order in which they came.
    private func keep(_ task: Int, in shard: Int) {
        while let row = arrived.popLast() {
            guard row.task == task else { continue }
            openShards[shard, default: []].append(row)
            return
        }
    }

    private func startSlot(_ slot: Int) {
        do throws(ClusterError) {
            try slots.start(slot)
        } catch {
            tell(.slotExited(slot, status: "\(error)"))
        }
    }

    /// Looks how much memory slots use: often where there is a limit, otherwise to know why one was killed.
    func sampleMemory() {
        guard now >= nextSample, !isProbing else { return }
        let isLimited = frozen?.limits.mebibytes != nil
        nextSample = now + (isLimited ? .milliseconds(100) : .seconds(1))
        memory.sampleHost()
        for slot in 0..<slots.count {
            guard let process = slots.process(of: slot), let bytes = memory.sample(slot, process: process) else {
                continue
            }
            if isLimited { tell(.slotMemory(slot, bytes: bytes)) }
        }
    }

    /// Sends without waiting; what the connection does not take yet waits in order.
    private func send(_ envelope: WorkerEnvelope) {
        // The session repeats what matters, so a queue that has become this long may lose the rest.
        guard unsent.count < 1000 else { return }
        unsent.append(envelope)
        sendUnsent()
    }

    /// Sends what waits, as far as the connection takes it.
    func sendUnsent() {
        do throws(ZeroMQError) {
            while let envelope = unsent.first, let socket {
                guard try socket.send(WorkerFrame.session(envelope).parts) else { return }
                unsent.removeFirst()
            }
        } catch {
            unsent.removeAll()
            options.log("messages could not be sent: \(error)")
        }
    }
}
