import Scheduling
import SweepGrid

/// A cluster in memory: the very sessions of the real programs, over a network, disks and processes that fail.
///
/// Time is virtual and all chance comes from the scenario's seed, so that a run is repeated exactly by its seed.
package final class VirtualCluster {
    /// Something that happens.
    enum Event {
        case toCoordinator(WorkerEnvelope, Route)
        case toAgent(agent: Int, route: Route, CoordinatorEnvelope)
        case coordinatorTick(epoch: Int)
        case agent(agent: Int, life: Int, AgentSession.Event)
        case agentTick(agent: Int, life: Int)
        case storage(epoch: Int)
        case storageReport(epoch: Int, CoordinatorSession.Event)
        case slot(agent: Int, life: Int, slot: Int, process: Int)
        case slotCheckpoint(agent: Int, life: Int, slot: Int, process: Int, task: Int)
        case fault(Fault)
        case startAgent(Int)
        case startCoordinator
        case resumeAgent(Int)
        case crash(Fault)
        case clockIsRight(agent: Int)
        case coordinatorClockIsRight
        case order(ControlRequest)
        case request(ControlRequest)
    }

    let scenario: Scenario
    var stream: RandomStream
    var queue = EventQueue<Event>()
    var now = Instant.zero
    var report = Report()
    var agents: [Agent]
    var coordinator: Coordinator?
    var disk = VirtualDisk()
    /// How far the coordinator's clock is off.
    var coordinatorClock = Duration.zero
    var armed: ArmedCrash?
    var promises = Promises()
    /// How often the coordinator was started.
    var epoch = 0
    var isFinished = false
    /// Requests of operators that were not answered yet.
    var unanswered: Set<RequestID> = []
    /// What operators asked to be cancelled.
    var cancellations: [RequestID: Range<Int>] = [:]
    let run: RunDescription

    /// A cluster in which nothing has happened.
    package init(_ scenario: Scenario) {
        self.scenario = scenario
        stream = RandomStream(key: scenario.seed, highCounter: 3)
        agents = (0..<scenario.agentCount).map { _ in Agent() }
        run = RunDescription(
            experiment: "simulated", version: 1, run: digest(of: [1]), document: [], probe: digest(of: [2]))
    }

    /// Runs to the end of the run, or until something is wrong.
    package func run(eventLimit: Int = 300_000) -> Report {
        queue.insert(.startCoordinator, at: .zero)
        for agent in agents.indices {
            queue.insert(.startAgent(agent), at: Instant(nanoseconds: Int64(agent) * 1_000_000))
        }
        for fault in scenario.faults { queue.insert(.fault(fault), at: fault.start) }
        while !isFinished, report.violations.isEmpty {
            guard let (time, event) = queue.popFirst() else {
                report.violations.append("nothing more happens, but the run is not complete")
                break
            }
            report.eventCount += 1
            guard report.eventCount < eventLimit else {
                report.violations.append(
                    "the run does not end: \(String(describing: coordinator?.session.scheduler.progress))")
                break
            }
            now = max(now, time)
            handle(event)
        }
        report.end = now
        compareWithSerialRun()
        return report
    }

    private func handle(_ event: Event) {
        switch event {
        case .toCoordinator(let envelope, let route): toCoordinator(.received(envelope, from: route))
        case .toAgent(let agent, let route, let envelope):
            guard agents[agent].route == route else { return }
            toAgent(agent, .received(envelope))
        case .coordinatorTick(let epoch):
            guard epoch == self.epoch, coordinator?.tickAt == now else { return }
            coordinator?.tickAt = nil
            toCoordinator(.tick)
        case .agent(let agent, let life, let event):
            guard agents[agent].life == life else { return }
            toAgent(agent, event)
        case .agentTick(let agent, let life):
            guard agents[agent].life == life, agents[agent].tickAt == now else { return }
            agents[agent].tickAt = nil
            toAgent(agent, .tick)
        case .storage(let epoch): if epoch == self.epoch { store() }
        case .storageReport(let epoch, let event): if epoch == self.epoch { toCoordinator(event) }
        case .slot(let agent, let life, let slot, let process):
            guard agents[agent].life == life else { return }
            step(agent, slot, process)
        case .slotCheckpoint(let agent, let life, let slot, let process, let task):
            guard agents[agent].life == life else { return }
            takeCheckpoint(agent, slot, process, task)
        case .fault(let fault): begin(fault)
        case .startAgent(let agent): startAgent(agent)
        case .startCoordinator: startCoordinator()
        case .resumeAgent(let agent): resume(agent)
        case .crash(let fault): crash(because: fault)
        case .clockIsRight(let agent): setClock(of: agent, to: .zero)
        case .coordinatorClockIsRight: setCoordinatorClock(to: .zero)
        case .order(let request): order(request)
        case .request(let request): toCoordinator(.controlled(request, from: Self.operatorRoute))
        }
    }

    /// Whether a fault is active now, of one agent where an agent is named.
    func isActive(_ kind: Fault.Kind, agent: Int? = nil) -> Bool {
        guard
            scenario.faults.contains(where: {
                $0.kind == kind && (agent == nil || $0.agent == agent) && $0.isActive(at: now)
            })
        else { return false }
        return true
    }

    /// True with a probability of one in `count`.
    func isOneOf(_ count: Int) -> Bool { Int.random(in: 0..<count, using: &stream) == 0 }

    func randomDuration(_ range: ClosedRange<Int>) -> Duration { .microseconds(Int.random(in: range, using: &stream)) }
}

/// The digest that names a file.
func digest(of bytes: [UInt8]) -> Digest {
    var hash = SHA256()
    hash.update(bytes)
    return hash.finalize()
}
