package import Scheduling
import SweepGrid

/// Mistakes that the coordinator's shell could make; the simulation must find each of them.
package enum Mistake: String, Hashable, Sendable, CaseIterable {
    /// A shard has its final name before its bytes are durable.
    case renameBeforeSync
    /// A commit is journaled before the name of its shard is durable.
    case journalBeforeDirectorySync
    /// Facts are called durable when they are written, before the journal is synced.
    case journalWithoutSync
    /// What depends on facts is sent before they are written.
    case acknowledgeBeforeJournal
    /// The SHA-256 of a received shard is not looked at.
    case unverifiedShard
    /// A restarted coordinator journals the shards that it finds without making their names durable.
    case adoptWithoutDirectorySync
    /// A restarted coordinator forgets the last transaction of its journal.
    case forgottenTransaction
}

/// A simulated run: its size, its tasks, its cluster and what goes wrong.
package struct Scenario: Sendable {
    /// Seeds the network, the durations and the agents.
    package var seed: UInt64
    package var pointCount = 10
    package var replicates = 3
    package var agentCount = 3
    package var slotsPerAgent = 2
    package var faults: [Fault] = []
    /// Tasks that throw an error at each attempt.
    package var failingTasks: Set<Int> = []
    /// Tasks that throw an error at their first attempt.
    package var flakyTasks: Set<Int> = []
    /// Tasks that kill their slot.
    package var poisonTasks: Set<Int> = []
    /// Tasks that kill their agent.
    package var lethalTasks: Set<Int> = []
    /// Tasks that exhaust the memory of their slot.
    package var greedyTasks: Set<Int> = []
    /// An agent on whose host two of three tasks fail.
    package var brokenAgent: Int?
    /// An agent whose results are wrong.
    package var wrongAgent: Int?
    /// What is done wrongly on purpose, to see that it is found.
    package var mistake: Mistake?
    /// The computing time of a task of the cheapest point; point p takes (1 + p) times as long.
    package var taskDuration: Duration = .milliseconds(40)
    /// Whether tasks leave checkpoints.
    package var takesCheckpoints = false

    package init(seed: UInt64) { self.seed = seed }

    /// The scenario with the number `seed`: some faults of any kind while it lasts, and some unruly tasks.
    package static func random(_ seed: UInt64) -> Scenario {
        var scenario = Scenario(seed: seed)
        var stream = RandomStream(key: seed, highCounter: 1)
        scenario.pointCount = Int.random(in: 1...12, using: &stream)
        scenario.replicates = Int.random(in: 1...4, using: &stream)
        scenario.agentCount = Int.random(in: 1...4, using: &stream)
        scenario.slotsPerAgent = Int.random(in: 1...3, using: &stream)
        scenario.taskDuration = .milliseconds(Int.random(in: 1...400, using: &stream))
        scenario.takesCheckpoints = seed % 2 == 1
        let taskCount = scenario.pointCount * scenario.replicates
        if Int.random(in: 0..<4, using: &stream) == 0 {
            scenario.failingTasks.insert(Int.random(in: 0..<taskCount, using: &stream))
        }
        if Int.random(in: 0..<4, using: &stream) == 0 {
            scenario.poisonTasks.insert(Int.random(in: 0..<taskCount, using: &stream))
        }
        for _ in 0..<Int.random(in: 0...2, using: &stream) {
            scenario.flakyTasks.insert(Int.random(in: 0..<taskCount, using: &stream))
        }
        let slots = scenario.agentCount * scenario.slotsPerAgent
        let work = scenario.taskDuration * (scenario.replicates * scenario.pointCount * (scenario.pointCount + 1) / 2)
        let longestStart = min(.seconds(15), work / slots + .seconds(2))
        let isCrashesOnly = Int.random(in: 0..<Fault.Rate.crashesOnly, using: &stream) == 0
        let kinds = isCrashesOnly ? [.coordinatorCrash, .powerLoss, .diskFull] : Fault.Kind.allCases
        for _ in 0..<Int.random(in: 0...8, using: &stream) {
            let kind = kinds[Int.random(in: kinds.indices, using: &stream)]
            let start = Instant.zero + longestStart * Double.random(in: 0...1, using: &stream)
            let longest = isCrashesOnly ? 1_000 : 15_000
            let duration = Duration.milliseconds(Int.random(in: 1...longest, using: &stream))
            let agent = Int.random(in: 0..<scenario.agentCount, using: &stream)
            scenario.faults.append(Fault(kind, at: start, for: duration, agent: agent))
        }
        return scenario
    }

    /// The policy of simulations: small chunks and shards, so that few tasks pass through every path.
    package var policy: Policy {
        var policy = Policy()
        policy.chunkSize = 32
        policy.uploadWindow = 128
        policy.workerUploadWindow = 64
        policy.checkpointWindow = 64
        policy.shardDuration = .seconds(5)
        policy.shardTasks = 8
        policy.looseShardLimit = 5
        policy.shardsPerDoubling = 8
        policy.shardFactorLimit = 2
        return policy
    }

    package var taskCount: Int { pointCount * replicates }

    /// The result of a task, as far as it is compared: what a serial run gives.
    package func fingerprint(of task: Int) -> UInt64 {
        var stream = RandomStream(key: seed, highCounter: 2, position: UInt64(task) * 2)
        return stream.next()
    }
}
