package import Scheduling

/// How a simulated run ended.
package struct Report: Sendable {
    /// What contradicts the specification; empty when all is well.
    package var violations: [String] = []
    /// The kinds of faults that had an effect.
    package var faults: Set<Fault.Kind> = []
    /// When the run was complete.
    package var end = Instant.zero
    /// Events handled.
    package var eventCount = 0
    /// Tasks committed, given up, stopped.
    package var committed = 0
    package var failed = 0
    package var stopped = 0
    /// How often a task was computed.
    package var computed = 0
    /// How often an event of the scheduler was dropped.
    package var dropped = 0
    /// How often a worker was lost.
    package var lost = 0
    /// How often a task went on from a checkpoint.
    package var resumed = 0
    /// How often tasks were given back.
    package var retracted = 0
    /// How often shards were compacted.
    package var compactions = 0
    /// The journal.
    package var journal: [Fact] = []
    /// The given-up tasks.
    package var givenUp: [AttemptFailure] = []
}
