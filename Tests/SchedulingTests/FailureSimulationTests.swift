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

    /// Networks that are cut, agents, clocks and coordinators that stand still: no task is given up or suspected at the end,
    /// though each takes longer than a worker may be silent.
    @Test(arguments: [Fault.Kind.partition, .muteAgent, .deafAgent, .stall, .agentClock, .coordinatorClock, .agentDisk])
    func faultsThatAreNoTasksFaultGiveNoneUp(kind: Fault.Kind) {
        for seed in 0..<UInt64(2) {
            var scenario = Scenario(seed: seed)
            scenario.pointCount = 2
            scenario.replicates = 4
            scenario.agentCount = 2
            scenario.slotsPerAgent = 4
            scenario.taskDuration = .seconds(60)
            scenario.faults = (0..<18).map { number in
                Fault(
                    kind, at: Instant(nanoseconds: Int64(number) * 13_000_000_000 + 5_000_000_000),
                    for: .milliseconds(9_500), agent: number % 2)
            }
            let report = VirtualCluster(scenario).run()
            #expect(report.violations == [], "seed \(seed)")
            #expect(report.givenUp == [])
            #expect(report.committed == 8)
        }
    }

    /// Scenario 30: what operators cancel is never leased again, though agents die with results that were cancelled.
    @Test func cancellationsHoldThoughAgentsDie() {
        var cancelled = 0
        for seed in 0..<UInt64(20) {
            var scenario = Scenario(seed: seed)
            scenario.taskDuration = .milliseconds(100)
            scenario.faults = (0..<6).flatMap { number in
                let moment = Int64(number) * 700_000_000 + 1_000_000_000 + Int64(seed) * 31_000
                // Those with an odd number are cancelled for good.
                return [
                    Fault(.cancellation, at: Instant(nanoseconds: moment), for: .seconds(1), agent: 1),
                    Fault(
                        .agentCrash, at: Instant(nanoseconds: moment + 400_000_000), for: .seconds(1), agent: number % 3
                    ),
                ]
            }
            let report = VirtualCluster(scenario).run()
            #expect(report.violations == [], "seed \(seed)")
            for case .tasksCancelled(let tasks, _) in report.journal { cancelled += tasks.reduce(0) { $0 + $1.count } }
        }
        #expect(cancelled > 100)
    }

    /// Coordinator and agents are killed together again and again, as when one machine is reset: no task is to blame.
    @Test func killingEverythingManyTimesGivesNoTaskUp() {
        for seed in 0..<UInt64(2) {
            var scenario = Scenario(seed: seed)
            scenario.pointCount = 2
            scenario.replicates = 2
            scenario.agentCount = 2
            scenario.taskDuration = .seconds(40)
            scenario.faults = (0..<12).map { number in
                Fault(
                    .blackout, at: Instant(nanoseconds: Int64(number) * 14_000_000_000 + 6_000_000_000),
                    for: .seconds(1), agent: 0)
            }
            let report = VirtualCluster(scenario).run()
            #expect(report.violations == [], "seed \(seed)")
            #expect(report.givenUp == [])
            #expect(report.committed == 4)
        }
    }
}
