internal import Scheduling
internal import SweepGrid
internal import ZeroMQ

/// The slot processes of an agent, from the probe to the last task.
struct AgentSlots {
    /// What happened at a slot.
    enum Happening {
        case answers(slot: Int, [SlotAnswer])
        case ended(slot: Int, ProcessEnd, lastLines: [String])
    }

    private let program: SlotProgram
    private var environment: [String: String] = [:]
    private var runPath = ""
    private var checkpointInterval = Policy().checkpointInterval
    private var processes: [SlotProcess?]
    private var places: [Int?] = []
    private let logs: [RotatedFile]
    /// Whether processes that slots started may be left.
    private var hasOrphans = false
    /// Children of this process that are none of its slots' business; nil when nobody but the slots is.
    var strangers: Set<Int32>?

    /// Slots that print into files of this name, with the number of the slot.
    init(program: SlotProgram, count: Int, logName: String) {
        self.program = program
        processes = Array(repeating: nil, count: count)
        logs = (0..<count).map { RotatedFile("\(logName)-\($0).log") }
    }

    /// How many slots there are.
    var count: Int { processes.count }

    /// Decides what slots started from now on compute.
    mutating func prepare(_ run: FrozenRun, path: String, checkpointInterval: Duration) {
        self.checkpointInterval = checkpointInterval
        environment = SlotEnvironment.variables(for: run.numerics)
        runPath = path
    }

    mutating func start(_ slot: Int) throws(ClusterError) {
        processes[slot] = try SlotProcess(
            program: program, environment: environment, runPath: runPath, log: logs[slot],
            checkpointInterval: checkpointInterval)
    }

    func send(_ order: SlotOrder, to slot: Int) { processes[slot]?.send(order) }

    func kill(_ slot: Int) { processes[slot]?.kill() }

    /// Ends a slot and waits for it.
    mutating func stop(_ slot: Int) {
        processes[slot] = nil
        hasOrphans = true
    }

    /// The number of a slot's process; nil while it has none.
    func process(of slot: Int) -> Int32? { processes[slot]?.id }

    /// Where a slot prints to.
    func log(of slot: Int) -> String { logs[slot].path }

    /// Kills what slots that ended have left behind; costs nothing when none has.
    mutating func sweepOrphans() {
        guard hasOrphans, let strangers else { return }
        hasOrphans = Orphans.sweep(except: strangers.union(processes.compactMap { $0?.id }))
    }

    /// Ends all slots.
    mutating func stopAll() {
        for slot in processes.indices { processes[slot]?.kill() }
        for slot in processes.indices {
            processes[slot]?.output.readLast()
            processes[slot] = nil
        }
        if let strangers { Orphans.sweepAll(except: strangers) }
        for log in logs { log.finish() }
    }

    mutating func watch(_ poller: inout Poller) {
        places = processes.map { $0.map { poller.add(fileDescriptor: $0.fileDescriptor) } }
        for case let output? in processes.map({ $0?.output }) where output.fileDescriptor >= 0 && !output.isBusy {
            poller.add(fileDescriptor: output.fileDescriptor)
        }
    }

    /// What slots wrote and which of them ended; a slot's answers come before its end.
    func happenings(_ poller: Poller) -> [Happening] {
        var happenings: [Happening] = []
        for slot in processes.indices {
            guard let process = processes[slot], let place = places[slot] else { continue }
            process.flush()
            process.output.read()
            let isReadable = poller.isReadable(place)
            var answers = isReadable ? process.answers() : []
            let end = process.ended()
            if end != nil {
                // The last words.
                while case let more = process.answers(), !more.isEmpty { answers += more }
                process.output.readLast()
            }
            if !answers.isEmpty { happenings.append(.answers(slot: slot, answers)) }
            if let end { happenings.append(.ended(slot: slot, end, lastLines: process.output.lastLines)) }
        }
        return happenings
    }

    /// The task that a slot has begun and not been known to compute; each is told once.
    func newTask(of slot: Int) -> Int? {
        guard let process = processes[slot], let current = process.current else { return nil }
        if let reported = process.reported, reported == current { return nil }
        process.reported = current
        return current.task
    }

    /// Notes that the answer for a task came.
    func settle(_ task: Int, of slot: Int) {
        guard let process = processes[slot], let current = process.current, current.task == task else { return }
        process.reported = current
    }
}
