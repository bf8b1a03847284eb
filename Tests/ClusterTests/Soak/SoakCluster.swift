import Foundation
import SweepGrid
import Testing

/// A coordinator and its workers as processes of their own, started again whenever one of them is gone.
final class SoakCluster {
    /// What is done to it.
    enum Disturbance: String, CaseIterable {
        case slotKilled, slotStopped, agentKilled, agentStopped, coordinatorKilled, coordinatorStopped
        case connectionsCut, bytesDelayed, bytesDoubled, messagesDoubled
    }

    let directory: String
    private(set) var counts: [Disturbance: Int] = [:]
    private(set) var isComplete = false
    private var isEnded = false
    private let sweep: Sweep
    private let port = freePort()
    private let relay: DisturbingRelay
    private let proxy: DoublingProxy
    private let endpoints: [String]
    private var coordinator: Process
    private var agents: [Process] = []
    private var stopped: [(process: Int32, until: Date)] = []

    init(_ sweep: Sweep, into directory: String) throws {
        self.sweep = sweep
        self.directory = directory
        relay = DisturbingRelay(to: port)
        proxy = try DoublingProxy(to: "tcp://127.0.0.1:\(port)")
        let relayed = "tcp://127.0.0.1:\(relay.port)"
        endpoints = [relayed, relayed, proxy.endpoint]
        coordinator = try Self.start(["coordinate", sweep.name, directory, "tcp://127.0.0.1:\(port)"])
        agents = try endpoints.map { try Self.start(["worker", $0, "2"]) }
    }

    private static func start(_ arguments: [String]) throws -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: fixtureProgram)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(["FIXTURE_SOAK": "1"]) { $1 }
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        return process
    }

    /// Starts what has ended, lets go on what stood still for long enough, and sees whether the run is complete.
    func attend() throws {
        for (process, until) in stopped where until < Date() { kill(process, SIGCONT) }
        stopped.removeAll { $0.until < Date() }
        if !coordinator.isRunning, !isComplete {
            isComplete = coordinator.terminationReason == .exit && coordinator.terminationStatus == 0
            // Started on the same directory, it resumes the run.
            if !isComplete {
                coordinator = try Self.start(["coordinate", sweep.name, directory, "tcp://127.0.0.1:\(port)"])
            }
        }
        guard !isComplete else { return }
        for (index, agent) in agents.enumerated() where !agent.isRunning {
            agents[index] = try Self.start(["worker", endpoints[index], "2"])
        }
    }

    /// Does something to the cluster; counts it if there was something to do it to.
    func disturb(_ disturbance: Disturbance, _ random: inout some RandomNumberGenerator) {
        let living = agents.filter(\.isRunning).map(\.processIdentifier)
        let slot = living.flatMap { children(of: $0) }.randomElement(using: &random)
        let agent = living.randomElement(using: &random)
        var isDone = false
        switch disturbance {
        case .slotKilled: isDone = slot.map { kill($0, SIGKILL) == 0 } ?? false
        case .slotStopped: isDone = stop(slot, for: Double.random(in: 0.1...1, using: &random))
        case .agentKilled: isDone = agent.map { kill($0, SIGKILL) == 0 } ?? false
        // Some stand still for longer than the coordinator waits for them.
        case .agentStopped: isDone = stop(agent, for: Double.random(in: 0.1...2.5, using: &random))
        case .coordinatorKilled: isDone = coordinator.isRunning && kill(coordinator.processIdentifier, SIGKILL) == 0
        case .coordinatorStopped:
            isDone =
                coordinator.isRunning
                && stop(coordinator.processIdentifier, for: Double.random(in: 0.1...2, using: &random))
        case .connectionsCut: isDone = relay.cut() > 0
        case .bytesDelayed: relay.delay(for: Double.random(in: 0.05...1, using: &random))
        case .bytesDoubled: relay.doubleNext()
        case .messagesDoubled: break
        }
        if isDone { counts[disturbance, default: 0] += 1 }
    }

    private func stop(_ process: Int32?, for seconds: Double) -> Bool {
        guard let process, kill(process, SIGSTOP) == 0 else { return false }
        stopped.append((process, Date(timeIntervalSinceNow: seconds)))
        return true
    }

    /// Ends everything; once is enough.
    func end() {
        guard !isEnded else { return }
        isEnded = true
        counts[.bytesDelayed] = relay.counts.delayed
        counts[.bytesDoubled] = relay.counts.doubled
        counts[.messagesDoubled] = proxy.doubled
        for process in agents + [coordinator] where process.isRunning { kill(process.processIdentifier, SIGKILL) }
        // Foundation's own waiting needs every slot to be gone; they end with their agents.
        for process in agents + [coordinator] {
            while process.isRunning { usleep(5_000) }
        }
        relay.stop()
        proxy.stop()
    }
}
