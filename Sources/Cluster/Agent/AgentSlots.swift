internal import Scheduling
internal import SweepGrid
internal import ZeroMQ

/// The slot processes of an agent, from the probe to the last task.
struct AgentSlots {
    /// What happened at a slot.
    enum Happening {
        case answers(slot: Int, [SlotAnswer])
        case ended(slot: Int, ProcessEnd)
    }

    private let program: SlotProgram
    private var environment: [String: String] = [:]
    private var runPath = ""
    private var checkpointInterval = Policy().checkpointInterval
    private var processes: [SlotProcess?]
    private var places: [Int?] = []

    init(program: SlotProgram, count: Int) {
        self.program = program
        processes = Array(repeating: nil, count: count)
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
            program: program, environment: environment, runPath: runPath, checkpointInterval: checkpointInterval)
    }

    func send(_ order: SlotOrder, to slot: Int) { processes[slot]?.send(order) }

    func kill(_ slot: Int) { processes[slot]?.kill() }

    /// Ends a slot and waits for it.
    mutating func stop(_ slot: Int) { processes[slot] = nil }

    /// Ends all slots.
    mutating func stopAll() {
        for slot in processes.indices { processes[slot]?.kill() }
        for slot in processes.indices { processes[slot] = nil }
    }

    mutating func watch(_ poller: inout Poller) {
        places = processes.map { $0.map { poller.add(fileDescriptor: $0.fileDescriptor) } }
    }

    /// What slots wrote and which of them ended; a slot's answers come before its end.
    func happenings(_ poller: Poller) -> [Happening] {
        var happenings: [Happening] = []
        for slot in processes.indices {
            guard let process = processes[slot], let place = places[slot] else { continue }
            process.flush()
            guard poller.isReadable(place) else { continue }
            let answers = process.answers()
            if !answers.isEmpty { happenings.append(.answers(slot: slot, answers)) }
            if let end = process.ended() { happenings.append(.ended(slot: slot, end)) }
        }
        return happenings
    }

    /// The task that a slot has begun and not been known to compute; each is told once.
    func newTask(of slot: Int) -> Int? {
        guard let process = processes[slot], let task = process.currentTask, task != process.reportedTask else {
            return nil
        }
        process.reportedTask = task
        return task
    }

    /// Notes that the answer for a task came.
    func settle(_ task: Int, of slot: Int) { processes[slot]?.reportedTask = task }
}
