package import Scheduling

/// Something that goes wrong in a simulated cluster.
package struct Fault: Hashable, Sendable, CustomStringConvertible {
    /// What goes wrong.
    package enum Kind: String, Hashable, Sendable, CaseIterable {
        /// Messages are lost.
        case loss
        /// Messages arrive twice.
        case duplication
        /// Messages take up to seconds, so that they overtake each other.
        case delay
        /// Messages are held back for some milliseconds, so that later ones overtake them.
        case reordering
        /// Nothing passes between an agent and the coordinator.
        case partition
        /// The agent does not hear the coordinator, but is heard.
        case deafAgent
        /// The coordinator does not hear the agent, but is heard.
        case muteAgent
        /// An agent dies with its slots and everything it holds; another one starts later.
        case agentCrash
        /// Coordinator and agents are killed at once, and started again.
        case blackout
        /// A slot process dies.
        case slotCrash
        /// An agent stands still (SIGSTOP) and goes on later, while its slots compute.
        case stall
        /// The coordinator is killed and started again on its journal and shards; what it wrote is there.
        case coordinatorCrash
        /// The coordinator's host loses power: what its disk had not synced survives or not.
        case powerLoss
        /// The clock of an agent jumps forwards or backwards, and back at the end.
        case agentClock
        /// The clock of the coordinator jumps forwards or backwards, and back at the end.
        case coordinatorClock
        /// The coordinator's disk takes nothing.
        case diskFull
        /// An agent is told to stop; another one starts later.
        case drain
        /// Shards arrive damaged.
        case damage
        /// The agent's disk takes no shards, and loses some.
        case agentDisk
        /// An operator cancels tasks; an agent of even number means that they are wanted again later.
        case cancellation
        /// An operator gives a worker no more work; another one starts later.
        case dismissal
    }

    /// How often an active fault strikes: one in so many messages, chunks or closed shards.
    package enum Rate {
        /// Messages lost while `.loss` is active.
        package static let loss = 3
        /// Messages doubled while `.duplication` is active; the second one comes within half a second.
        package static let duplication = 3
        /// Messages that take up to three seconds more while `.delay` is active.
        package static let delay = 3
        /// Messages that take up to 20 ms more while `.reordering` is active.
        package static let reordering = 2
        /// Chunks of shards with a wrong bit while `.damage` is active.
        package static let damage = 3
        /// Shards that an agent's disk does not take, and reads of shards that fail, while `.agentDisk` is active.
        package static let agentDisk = 2
        /// Crashes of the coordinator that come between the operations that store its next shard.
        package static let crashWhileStoring = 2
        /// The other crashes come at their start, or after one of the next so many operations of the disk.
        package static let operationsBeforeCrash = 12
        /// Random scenarios with nothing but crashes of the coordinator and a full disk.
        package static let crashesOnly = 4
    }

    package let kind: Kind
    package let start: Instant
    package let duration: Duration
    /// Which agent, for faults of one agent.
    package let agent: Int

    package init(_ kind: Kind, at start: Instant, for duration: Duration, agent: Int) {
        self.kind = kind
        self.start = start
        self.duration = duration
        self.agent = agent
    }

    /// The fault as a line of Swift, to be pasted into a test.
    package var description: String {
        "Fault(.\(kind.rawValue), at: Instant(nanoseconds: \(start.nanoseconds)), "
            + "for: .milliseconds(\(Int(duration / .milliseconds(1)))), agent: \(agent))"
    }

    package func isActive(at now: Instant) -> Bool { start <= now && now < start + duration }
}
