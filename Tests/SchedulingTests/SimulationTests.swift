import Scheduling
import Simulation
import Testing

/// Whole runs over a failing cluster: RELIABILITY scenarios 15, 16, 18, 19, 23, 26, 29, 34, 38 and 39.
///
/// After each event the invariants of all values hold; at the end every task has the result of the serial run or was
/// given up for its own fault, and the journal restores the very state.
struct SimulationTests {
    /// Seeds in blocks, so that they run side by side; `PHASEMAP_SIMULATION_SEEDS` asks for more than the usual ones.
    static let blocks = Array(0..<max(6, simulationSeeds / 50))

    @Test(arguments: blocks)
    func everyDisturbedRunEndsLikeTheSerialOne(block: Int) {
        for seed in block * 50..<(block + 1) * 50 {
            let scenario = Scenario.random(UInt64(seed))
            let report = VirtualCluster(scenario).run()
            guard !report.violations.isEmpty else { continue }
            let smallest = scenario.shrunk { !VirtualCluster($0).run().violations.isEmpty }
            Issue.record("seed \(seed): \(report.violations); smallest: \(smallest)")
            return
        }
    }

    @Test func theRandomRunsMeetEveryKindOfFault() {
        var met: Set<Fault.Kind> = []
        for seed in 0..<UInt64(150) where met.count < Fault.Kind.allCases.count {
            met.formUnion(VirtualCluster(Scenario.random(seed)).run().faults)
        }
        #expect(Set(Fault.Kind.allCases).subtracting(met) == [])
    }

    @Test func aSeedRepeatsARunExactly() {
        for seed in 0..<UInt64(10) {
            let scenario = Scenario.random(seed)
            let first = VirtualCluster(scenario).run()
            let second = VirtualCluster(scenario).run()
            #expect(first.journal == second.journal)
            #expect(first.eventCount == second.eventCount)
            #expect(first.end == second.end)
        }
    }

    @Test func anUndisturbedRunComputesEachTaskOnce() {
        var scenario = Scenario(seed: 1)
        scenario.pointCount = 20
        let report = VirtualCluster(scenario).run()
        #expect(report.violations == [])
        #expect(report.committed == 60)
        #expect(report.computed == 60)
        #expect(report.lost == 0)
    }

    /// Scenario 18: a task that kills its slot is given up with an explanation, and the others finish.
    @Test func aPoisonTaskIsGivenUpAndTheOthersFinish() {
        var scenario = Scenario(seed: 2)
        scenario.poisonTasks = [7]
        let report = VirtualCluster(scenario).run()
        #expect(report.violations == [])
        #expect(report.committed == 29)
        let message = "the slot process ended (signal SIGSEGV) while it computed task 7"
        #expect(report.givenUp == [AttemptFailure(task: 7, attempt: 3, .crash, message: message)])
    }

    /// Scenario 16: a worker that stood still for longer than the silence limit registers again, and its results are
    /// used.
    @Test func aWorkerThatStoodStillDeliversWhatItHas() {
        var scenario = Scenario(seed: 3)
        scenario.agentCount = 2
        scenario.faults = [Fault(.stall, at: Instant(nanoseconds: 900_000_000), for: .seconds(20), agent: 0)]
        scenario.taskDuration = .seconds(1)
        let report = VirtualCluster(scenario).run()
        #expect(report.violations == [])
        #expect(report.faults == [.stall])
        #expect(report.lost >= 1)
        #expect(report.committed == 30)
    }

    /// Scenario 23: the coordinator is killed and restarted; agents deliver what they computed meanwhile, nothing is
    /// repeated.
    @Test func aRestartedCoordinatorLosesNothing() {
        var scenario = Scenario(seed: 4)
        scenario.faults = [
            Fault(.coordinatorCrash, at: Instant(nanoseconds: 1_500_000_000), for: .seconds(3), agent: 0)
        ]
        scenario.taskDuration = .milliseconds(300)
        let report = VirtualCluster(scenario).run()
        #expect(report.violations == [])
        #expect(report.committed == 30)
        #expect(report.computed == 30)
    }

    /// Scenario 19 and 26: an announced end blames nobody, and what was not started goes to others.
    @Test func aDrainedWorkerLeavesWithoutBlame() {
        var scenario = Scenario(seed: 5)
        scenario.faults = [Fault(.drain, at: Instant(nanoseconds: 1_000_000_000), for: .seconds(1), agent: 1)]
        scenario.taskDuration = .milliseconds(300)
        let report = VirtualCluster(scenario).run()
        #expect(report.violations == [])
        #expect(report.computed == 30)
        #expect(report.lost == 0)
        let failures = report.journal.filter { if case .attemptFailed = $0 { true } else { false } }
        #expect(failures == [])
    }

    /// A worker with wrong results is found out as soon as a task is computed twice with different values.
    @Test func resultsThatDifferStopTheirPoints() {
        var stopped = 0
        for seed in 0..<UInt64(12) {
            var scenario = Scenario(seed: seed)
            scenario.wrongAgent = 0
            scenario.faults = [
                Fault(.partition, at: Instant(nanoseconds: 1_000_000_000), for: .seconds(12), agent: 0)
            ]
            scenario.taskDuration = .milliseconds(500)
            let report = VirtualCluster(scenario).run()
            #expect(report.violations == [])
            let conflicts = report.journal.filter { if case .resultConflict = $0 { true } else { false } }
            stopped += conflicts.count
        }
        #expect(stopped > 0)
    }

    /// Whoever computes a task next goes on from its newest checkpoint, whatever happened to messages, disks and processes.
    @Test func interruptedTasksGoOnFromTheirCheckpoints() {
        var resumed = 0
        for seed in 0..<UInt64(10) {
            var scenario = Scenario(seed: seed)
            scenario.takesCheckpoints = true
            scenario.taskDuration = .milliseconds(600)
            scenario.faults = [
                Fault(.slotCrash, at: Instant(nanoseconds: 3_000_000_000), for: .seconds(1), agent: 0),
                Fault(.agentCrash, at: Instant(nanoseconds: 5_000_000_000), for: .seconds(1), agent: 1),
                Fault(.loss, at: Instant(nanoseconds: 4_000_000_000), for: .seconds(6), agent: 0),
                Fault(.duplication, at: Instant(nanoseconds: 4_000_000_000), for: .seconds(6), agent: 0),
                Fault(.coordinatorCrash, at: Instant(nanoseconds: 8_000_000_000), for: .seconds(2), agent: 0),
                Fault(.drain, at: Instant(nanoseconds: 12_000_000_000), for: .seconds(1), agent: 2),
            ]
            let report = VirtualCluster(scenario).run()
            #expect(report.violations == [], "seed \(seed)")
            #expect(report.committed == 30)
            resumed += report.resumed
        }
        #expect(resumed >= 20)
    }

    @Test func shrinkingKeepsOnlyWhatIsNeeded() {
        var scenario = Scenario(seed: 6)
        scenario.faults = [
            Fault(.loss, at: .zero, for: .seconds(1), agent: 0),
            Fault(.stall, at: Instant(nanoseconds: 900_000_000), for: .seconds(20), agent: 0),
            Fault(.duplication, at: .zero, for: .seconds(1), agent: 0),
        ]
        scenario.poisonTasks = [1]
        let smallest = scenario.shrunk { VirtualCluster($0).run().faults.contains(.stall) }
        #expect(smallest.faults.map(\.kind) == [.stall])
        #expect(smallest.poisonTasks == [])
    }
}
