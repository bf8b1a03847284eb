import Dispatch
import Scheduling
import Simulation
import Synchronization
import Testing

/// Whole runs over a failing cluster: Scenarios 10, 15, 16, 18, 19, 23, 26, 29, 34, 38 and 39.
///
/// After each event the invariants of all values hold; at the end every task has the result of the serial run or was
/// given up for its own fault, and the journal restores the very state.
struct SimulationTests {
    /// Each of 300 seeds, or of as many as `PHASEMAP_SIMULATION_SEEDS` says, ends like the serial run; and together they meet
    /// every kind of fault several times.
    @Test func everyDisturbedRunEndsLikeTheSerialOne() throws {
        let tally = Mutex(Tally())
        let block = 25
        DispatchQueue.concurrentPerform(iterations: (simulationSeeds + block - 1) / block) { number in
            for seed in number * block..<(number + 1) * block {
                guard tally.withLock({ $0.firstFailure.map { seed < $0 } ?? true }) else { return }
                let report = VirtualCluster(Scenario.random(UInt64(seed))).run()
                tally.withLock { $0.add(report, seed) }
            }
        }
        let result = tally.withLock { $0 }
        if let seed = result.firstFailure {
            let scenario = Scenario.random(UInt64(seed))
            let violations = VirtualCluster(scenario).run().violations
            // Looking for the smallest may take long.
            print("seed \(seed): \(violations)")
            let smallest = scenario.shrunk { !VirtualCluster($0).run().violations.isEmpty }
            Issue.record("seed \(seed): \(violations); the smallest that fails:\n\(smallest.asTest)")
        } else {
            print(result.description)
            for (what, count) in result.counts { #expect(count >= 3, "hardly ever: \(what)") }
        }
    }

    /// Seed 8748: while a shard was stored, others brought all its results, and it was acknowledged although no fact names it.
    @Test func aShardWhoseResultsCameWhileItWasStoredIsSuperseded() {
        var scenario = Scenario(seed: 8748)
        scenario.slotsPerAgent = 1
        scenario.taskDuration = .milliseconds(177)
        scenario.flakyTasks = [13]
        scenario.faults = [
            Fault(.reordering, at: Instant(nanoseconds: 10_151_454_733), for: .milliseconds(8251), agent: 1),
            Fault(.loss, at: Instant(nanoseconds: 6_092_165_772), for: .milliseconds(14396), agent: 2),
            Fault(.stall, at: Instant(nanoseconds: 5_153_746_435), for: .milliseconds(8156), agent: 2),
            Fault(.damage, at: Instant(nanoseconds: 4_830_691_413), for: .milliseconds(10754), agent: 1),
        ]
        #expect(VirtualCluster(scenario).run().violations == [])
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

    /// Scenarios 2, 3 and 6: a run whose coordinator is killed again and again, at the start and later, computes each task once.
    @Test func aRunRestoredAtAnyMomentIsTheSame() {
        for seed in UInt64(0)..<5 {
            var scenario = Scenario(seed: seed)
            scenario.taskDuration = .milliseconds(400)
            scenario.faults = [20, 700, 1_900, 3_100, 4_300].map {
                Fault(.coordinatorCrash, at: Instant(nanoseconds: $0 * 1_000_000), for: .milliseconds(300), agent: 0)
            }
            let report = VirtualCluster(scenario).run()
            #expect(report.violations == [])
            #expect(report.faults == [.coordinatorCrash])
            #expect(report.committed == 30)
            #expect(report.computed == 30)
        }
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

/// What the runs of many seeds met.
private struct Tally: CustomStringConvertible {
    var firstFailure: Int?
    private var runs = 0
    private var events = 0
    private var strikes: [Fault.Kind: Int] = [:]
    private var lostWrites = 0
    private var lostRenames = 0
    private var lostTransactions = 0
    private var crashesInCommit = 0
    private var adopted = 0

    mutating func add(_ report: Report, _ seed: Int) {
        if !report.violations.isEmpty { firstFailure = min(firstFailure ?? seed, seed) }
        runs += 1
        events += report.eventCount
        strikes.merge(report.strikes) { $0 + $1 }
        lostWrites += report.lostWrites
        lostRenames += report.lostRenames
        lostTransactions += report.lostTransactions
        crashesInCommit += report.crashesInCommit
        adopted += report.adopted
    }

    /// Everything that must have happened.
    var counts: [(String, Int)] {
        Fault.Kind.allCases.map { ($0.rawValue, strikes[$0, default: 0]) } + [
            ("writes lost at a loss of power", lostWrites), ("renames lost at a loss of power", lostRenames),
            ("transactions lost at a loss of power", lostTransactions),
            ("crashes between operations of one commit", crashesInCommit),
            ("shards adopted after a crash", adopted),
        ]
    }

    var description: String {
        "\(runs) simulated runs, \(events) events: " + counts.map { "\($0) \($1)" }.joined(separator: ", ")
    }
}
