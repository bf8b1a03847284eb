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
        /// Nothing passes between an agent and the coordinator.
        case partition
        /// The agent does not hear the coordinator, but is heard.
        case deafAgent
        /// An agent dies with its slots and everything it holds; another one starts later.
        case agentCrash
        /// A slot process dies.
        case slotCrash
        /// An agent stands still (SIGSTOP) and goes on later, while its slots compute.
        case stall
        /// The coordinator dies and is started again on its journal and shards.
        case coordinatorCrash
        /// The coordinator's disk takes nothing.
        case diskFull
        /// An agent is told to stop; another one starts later.
        case drain
        /// Shards arrive damaged.
        case damage
        /// The agent's disk loses shards.
        case agentDisk
        /// An operator cancels tasks; an agent of even number means that they are wanted again later.
        case cancellation
        /// An operator gives a worker no more work; another one starts later.
        case dismissal
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
            + "for: .milliseconds(\(duration / .milliseconds(1))), agent: \(agent))"
    }

    package func isActive(at now: Instant) -> Bool { start <= now && now < start + duration }
}
