import Scheduling
import SweepGrid

/// An agent process with its slots and its disk, as the simulation sees it.
struct Agent {
    /// A slot process.
    struct Slot {
        /// Counts the processes, so that what a dead one had planned is ignored.
        var process = 0
        var isUp = false
        /// Ends with the running task.
        var isStopping = false
        var queue: [TaskRun] = []
        var running: TaskRun?
        var startedAt = Instant.zero
        /// The fetched checkpoints that tasks of this process go on from.
        var restorable: [Int: Digest] = [:]
        /// How often the state of the running task was saved.
        var step = 0
    }

    var session: AgentSession?
    /// Counts the processes, so that what a dead one had planned is ignored.
    var life = 0
    /// The connection; a new one for every socket.
    var route = Route([])
    var connections: UInt8 = 0
    /// When the process began.
    var start = Instant.zero
    /// How far the clock is off.
    var clock = Duration.zero
    /// When the last message from it, and to it, arrives.
    var sentUntil = Instant.zero
    var addressedUntil = Instant.zero
    /// When the last request of an operator arrives, who speaks from where the first agent is.
    var requestedUntil = Instant.zero
    var tickAt: Instant?
    var slots: [Slot] = []
    /// Results in shards that are not closed.
    var open: [Int: [(task: Int, fingerprint: UInt64)]] = [:]
    /// The files of closed shards.
    var files: [Digest: [UInt8]] = [:]
    /// Checkpoints that slots left, and those that were fetched for them.
    var taken: [Digest: [UInt8]] = [:]
    var fetched: [Digest: [UInt8?]] = [:]
    /// What happens while the agent stands still.
    var inbox: [AgentSession.Event]?
}

extension VirtualCluster {
    func startAgent(_ index: Int) {
        agents[index].life += 1
        agents[index].slots = Array(repeating: Agent.Slot(), count: scenario.slotsPerAgent)
        agents[index].open = [:]
        agents[index].files = [:]
        agents[index].taken = [:]
        agents[index].fetched = [:]
        agents[index].inbox = nil
        agents[index].tickAt = nil
        agents[index].start = now
        connect(index)
        agents[index].session = AgentSession(
            host: "host-\(index)", build: digest(of: [3]), slots: scenario.slotsPerAgent, seed: stream.next(),
            policy: scenario.policy)
        toAgent(index, .begin)
    }

    func crashAgent(_ index: Int, restartIn pause: Duration?) {
        agents[index].life += 1
        agents[index].session = nil
        agents[index].route = Route([])
        if let pause { queue.insert(.startAgent(index), at: now + pause) }
    }

    private func connect(_ index: Int) {
        agents[index].connections &+= 1
        agents[index].route = Route([
            UInt8(index), UInt8(truncatingIfNeeded: agents[index].life), agents[index].connections,
        ])
    }

    /// Lets an agent handle an event, unless it stands still or is dead.
    func toAgent(_ index: Int, _ event: AgentSession.Event) {
        guard agents[index].session != nil else { return }
        guard agents[index].inbox == nil else {
            agents[index].inbox?.append(event)
            return
        }
        let time = Instant.zero + (now - agents[index].start) + agents[index].clock
        let effects = agents[index].session?.handle(event, at: time) ?? []
        for effect in effects { perform(effect, index) }
        if let violation = agents[index].session?.violations().first {
            report.violations.append("agent \(index): \(violation) after \(event)")
        }
        guard let deadline = agents[index].session?.nextDeadline, deadline != .never else { return }
        let tick = max(now + (deadline - time), now + .microseconds(1))
        if agents[index].tickAt.map({ tick < $0 }) ?? true {
            agents[index].tickAt = tick
            queue.insert(.agentTick(agent: index, life: agents[index].life), at: tick)
        }
    }

    /// An agent that stood still sees at once all that happened meanwhile.
    func resume(_ index: Int) {
        guard let inbox = agents[index].inbox else { return }
        agents[index].inbox = nil
        agents[index].tickAt = nil
        for event in inbox { toAgent(index, event) }
        toAgent(index, .tick)
    }

    private func perform(_ effect: AgentSession.Effect, _ index: Int) {
        switch effect {
        case .send(let envelope): toNetwork(envelope, from: index)
        case .reconnect: connect(index)
        case .prepare(let description):
            later(index, .prepared(probe: description.probe), in: randomDuration(1_000...200_000))
        case .startSlot(let slot):
            agents[index].slots[slot].process += 1
            agents[index].slots[slot].isUp = true
            agents[index].slots[slot].isStopping = false
            later(index, .slot(slot, [.ready]), in: .milliseconds(20))
        case .command(let slot, .compute(let runs)):
            // A dead process reads nothing; that it is dead the agent learns in a moment.
            guard agents[index].slots[slot].isUp else { return }
            let singles = runs.flatMap { run in run.tasks.map { TaskRun($0..<$0 + 1, attempt: run.attempt) } }
            agents[index].slots[slot].queue += singles
            if agents[index].slots[slot].running == nil { begin(index, slot, reporting: []) }
        case .command(let slot, .stop):
            agents[index].slots[slot].queue = []
            if agents[index].slots[slot].running == nil || interrupt(index, slot) {
                killSlot(index, slot, "exit code 0")
            } else {
                agents[index].slots[slot].isStopping = true
            }
        case .command(let slot, .restore(let task, let digest)):
            agents[index].slots[slot].restorable[task] = digest
        case .command(_, .interrupt): break
        case .command(let slot, .cancel(let runs)): cancel(runs, index, slot)
        case .killSlot(let slot): killSlot(index, slot, "signal SIGKILL")
        case .keepResult(let task, _, let shard):
            var fingerprint = scenario.fingerprint(of: task)
            if scenario.wrongAgent == index { fingerprint ^= 1 }
            agents[index].open[shard, default: []].append((task, fingerprint))
        case .closeShard(let number): close(number, index)
        case .sendChunk(let worker, let digest, let offset, let count, let acknowledged):
            guard let file = agents[index].files[digest], offset + count <= file.count else {
                report.violations.append("agent \(index) is asked for bytes that it does not have")
                return
            }
            if isActive(.agentDisk, agent: index), isOneOf(Fault.Rate.agentDisk) {
                strike(.agentDisk)
                return later(index, .shardUnreadable(digest, reason: "Input/output error"), in: .milliseconds(1))
            }
            let chunk = ShardChunk(digest: digest, offset: offset, bytes: Array(file[offset..<offset + count]))
            toNetwork(
                WorkerEnvelope(worker: worker, sequence: 0, acknowledged: acknowledged, .chunk(chunk)), from: index)
        case .deleteShard(let digest): agents[index].files[digest] = nil
        case .note: break
        case .sendCheckpointChunk, .deleteCheckpoint, .writeCheckpoint, .verifyCheckpoint, .deleteFetchedCheckpoint:
            performOnCheckpoint(effect, index)
        case .exit(let why): exited(index, why)
        }
    }

    private func exited(_ index: Int, _ why: AgentSession.Exit) {
        switch why {
        case .finished: crashAgent(index, restartIn: nil)
        // Another worker takes its place, as an operator or a batch system would see to.
        case .drained, .failed: crashAgent(index, restartIn: .seconds(1))
        // A host on which too much failed; an operator tries again after a while.
        case .refused(let refusal) where refusal.reason == .host: crashAgent(index, restartIn: .seconds(60))
        case .refused(let refusal):
            report.violations.append("agent \(index) is refused: \(refusal.message)")
        }
    }

    /// Something happens to an agent after a while.
    func later(_ index: Int, _ event: AgentSession.Event, in duration: Duration) {
        queue.insert(.agent(agent: index, life: agents[index].life, event), at: now + duration)
    }

    private func close(_ number: Int, _ index: Int) {
        guard !isActive(.agentDisk, agent: index) || !isOneOf(Fault.Rate.agentDisk) else {
            strike(.agentDisk)
            return later(index, .shardFailed(number, reason: "No space left on device"), in: .milliseconds(5))
        }
        let results = (agents[index].open.removeValue(forKey: number) ?? []).sorted { $0.task < $1.task }
        let file = results.flatMap { bytes(of: UInt64($0.task)) + bytes(of: $0.fingerprint) }
        let name = digest(of: file)
        agents[index].files[name] = file
        later(index, .shardClosed(number, name, byteCount: file.count), in: .milliseconds(5))
    }

    /// Starts the next task of a slot, and tells the agent together with what came before.
    private func begin(_ index: Int, _ slot: Int, reporting before: [SlotReport]) {
        var reports = before
        if agents[index].slots[slot].queue.isEmpty {
            agents[index].slots[slot].running = nil
        } else {
            let run = agents[index].slots[slot].queue.removeFirst()
            agents[index].slots[slot].running = run
            agents[index].slots[slot].startedAt = now
            reports.append(.started(task: run.tasks.lowerBound))
            let point = run.tasks.lowerBound / scenario.replicates
            let step = restoredStep(index, slot, of: run.tasks.lowerBound)
            agents[index].slots[slot].step = step
            let duration = scenario.taskDuration * (1 + point) / (1 << min(step, 20)) + randomDuration(0...1_000)
            if scenario.takesCheckpoints {
                queue.insert(
                    .slotCheckpoint(
                        agent: index, life: agents[index].life, slot: slot,
                        process: agents[index].slots[slot].process, task: run.tasks.lowerBound),
                    at: now + duration / 2)
            }
            queue.insert(
                .slot(
                    agent: index, life: agents[index].life, slot: slot, process: agents[index].slots[slot].process),
                at: now + duration)
        }
        if !reports.isEmpty { later(index, .slot(slot, reports), in: .microseconds(10)) }
        if agents[index].slots[slot].isStopping, agents[index].slots[slot].running == nil {
            killSlot(index, slot, "exit code 0")
        }
    }

    /// A slot hears that tasks were cancelled: it skips those not begun, and lets the running one end if that listens.
    private func cancel(_ runs: [TaskRun], _ index: Int, _ slot: Int) {
        guard agents[index].slots[slot].isUp else { return }
        var skipped: [SlotReport] = []
        agents[index].slots[slot].queue.removeAll { queued in
            guard runs.contains(queued) else { return false }
            skipped.append(.skipped(task: queued.tasks.lowerBound))
            return true
        }
        if !skipped.isEmpty { later(index, .slot(slot, skipped), in: .microseconds(10)) }
        // Every other task looks at `isStopping`; the slots of the others are killed after a while.
        guard let running = agents[index].slots[slot].running, runs.contains(running),
            running.tasks.lowerBound.isMultiple(of: 2)
        else { return }
        agents[index].slots[slot].process += 1
        begin(index, slot, reporting: [.failed(task: running.tasks.lowerBound, .error, message: "stopped")])
    }

    /// A slot has come to the end of its task, one way or another.
    func step(_ index: Int, _ slot: Int, _ process: Int) {
        let state = agents[index].slots[slot]
        guard state.process == process, state.isUp, let run = state.running else { return }
        let task = run.tasks.lowerBound
        report.computed += 1
        if scenario.lethalTasks.contains(task) {
            crashAgent(index, restartIn: .seconds(1))
        } else if scenario.greedyTasks.contains(task) {
            killSlot(index, slot, "signal SIGKILL", SlotEvidence(outOfMemory: "no memory was left"))
        } else if scenario.brokenAgent == index, !task.isMultiple(of: 3) {
            begin(index, slot, reporting: [.failed(task: task, .error, message: "this host is broken")])
        } else if scenario.poisonTasks.contains(task) {
            killSlot(index, slot, "signal SIGSEGV")
        } else if scenario.failingTasks.contains(task) || scenario.flakyTasks.contains(task) && run.attempt == 1 {
            begin(index, slot, reporting: [.failed(task: task, .error, message: "task \(task) failed")])
        } else {
            let result = SlotResult(task: task, duration: now - state.startedAt, byteCount: 16)
            begin(index, slot, reporting: [.finished(result)])
        }
    }

    /// Kills a slot process; what it wrote before is still read.
    func killSlot(_ index: Int, _ slot: Int, _ status: String, _ evidence: SlotEvidence = SlotEvidence()) {
        guard agents[index].slots[slot].isUp else { return }
        agents[index].slots[slot].process += 1
        agents[index].slots[slot].isUp = false
        agents[index].slots[slot].queue = []
        agents[index].slots[slot].running = nil
        agents[index].slots[slot].restorable = [:]
        later(index, .slotExited(slot, status: status, evidence: evidence), in: .milliseconds(1))
    }
}

/// Eight bytes of a number, low first.
func bytes(of word: UInt64) -> [UInt8] { (0..<8).map { UInt8(truncatingIfNeeded: word >> ($0 * 8)) } }

/// The numbers in a file.
func words(in bytes: [UInt8]) -> [UInt64] {
    stride(from: 0, to: bytes.count - 7, by: 8).map { start in
        (0..<8).reduce(0) { $0 | UInt64(bytes[start + $1]) << ($1 * 8) }
    }
}
