import Scheduling
import Simulation
import Testing

/// Whole simulated runs with tasks and hosts that bring others down: only the guilty are given up, whatever else happens.
struct FailureSimulationTests {
    private func isolated(_ report: Report) -> [Int: Isolation] {
        var found: [Int: Isolation] = [:]
        for case .taskIsolated(let task, let isolation, _) in report.journal { found[task] = isolation }
        return found
    }

    private func quarantined(_ report: Report) -> [Int] {
        report.journal.compactMap { if case .taskQuarantined(let task, _) = $0 { task } else { nil } }
    }

    /// Scenario 18: a task that kills its worker is found out among those beside it, and quarantined.
    @Test func aTaskThatKillsItsWorkersIsQuarantinedAndNoOther() {
        for seed in 0..<UInt64(4) {
            var scenario = Scenario(seed: seed)
            scenario.taskDuration = .milliseconds(1_500)
            scenario.pointCount = 4
            scenario.slotsPerAgent = 3
            scenario.lethalTasks = [5]
            let report = VirtualCluster(scenario).run()
            #expect(report.violations == [])
            #expect(report.givenUp.map(\.task) == [5])
            #expect(report.givenUp.first?.failureClass == .workerLost)
            #expect(quarantined(report) == [5])
            #expect(isolated(report)[5] == .worker)
            #expect(report.committed == scenario.taskCount - 1)
        }
    }

    @Test func aTaskThatExhaustsMemoryIsTriedOnceMoreAlone() {
        var scenario = Scenario(seed: 1)
        scenario.greedyTasks = [7]
        let report = VirtualCluster(scenario).run()
        #expect(report.violations == [])
        #expect(report.givenUp.map(\.failureClass) == [.outOfMemory])
        #expect(report.givenUp.map(\.attempt) == [2])
        #expect(isolated(report) == [7: .worker])
        #expect(report.committed == scenario.taskCount - 1)
    }

    /// A broken host is drained, its tasks succeed elsewhere, and none is given up for it.
    @Test func aBrokenHostIsDrainedAndNoTaskIsGivenUp() {
        for seed in 0..<UInt64(4) {
            var scenario = Scenario(seed: seed)
            scenario.pointCount = 30
            scenario.taskDuration = .milliseconds(60)
            scenario.brokenAgent = 1
            let report = VirtualCluster(scenario).run()
            #expect(report.violations == [])
            #expect(report.givenUp == [])
            #expect(report.committed == scenario.taskCount)
            let drained = report.journal.compactMap { fact in
                if case .hostDrained(let host, _, _, _) = fact { host } else { nil }
            }
            #expect(drained == ["host-1"])
        }
    }

    /// The guilty are found out although the network, the coordinator and other slots fail too.
    @Test func theGuiltyAreFoundOutInTheMidstOfFaults() {
        for seed in 0..<UInt64(40) {
            var scenario = Scenario.random(seed)
            let count = scenario.taskCount
            if seed % 2 == 0 { scenario.lethalTasks = [Int(seed) % count] }
            if seed % 3 == 0 { scenario.greedyTasks = [Int(seed / 2) % count] }
            if seed % 5 == 0, scenario.agentCount > 1 { scenario.brokenAgent = 0 }
            let report = VirtualCluster(scenario).run()
            #expect(report.violations == [], "seed \(seed)")
        }
    }
}
