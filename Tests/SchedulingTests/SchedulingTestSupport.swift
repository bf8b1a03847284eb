import Foundation
import Scheduling
import SweepGrid
import Testing

/// How many seeds the simulation runs; `make simulate SEEDS=10000` sets it.
let simulationSeeds = ProcessInfo.processInfo.environment["PHASEMAP_SIMULATION_SEEDS"].flatMap { Int($0) } ?? 300

let w1 = WorkerID(1)
let w2 = WorkerID(2)

extension Instant {
    static func seconds(_ seconds: Double) -> Instant { Instant(nanoseconds: Int64(seconds * 1e9)) }
}

/// The digest that stands for a shard with a number.
func shard(_ number: UInt8) -> Digest { SHA256.hash([number]) }

/// A shard with results for some tasks, each with the fingerprint `task + offset`.
func contents(_ number: UInt8, _ tasks: [Range<Int>], offset: UInt64 = 100) -> ShardContents {
    let fingerprints = tasks.flatMap { $0.map { UInt64(truncatingIfNeeded: $0) &+ offset } }
    return ShardContents(digest: shard(number), tasks: tasks, fingerprints: fingerprints)
}

extension Scheduler {
    /// A scheduler of equal tasks.
    init(tasks: Int, perPoint: Int = 1, policy: Policy = Policy()) {
        self.init(taskCount: tasks, tasksPerPoint: perPoint, policy: policy) { _ in 1_000_000 }
    }

    /// Lets time go by as a loop does, which calls whenever something is due; returns what was decided.
    mutating func pass(until end: Instant) -> [Effect] {
        var effects: [Effect] = []
        var last = Instant.zero
        while let moment = nextDeadline, moment <= end, moment > last {
            last = moment
            effects += handle(.tick, at: moment)
        }
        return effects + handle(.tick, at: end)
    }

    /// Registers a worker that asks for leases; returns what it got.
    mutating func join(_ worker: WorkerID, slots: Int = 1, wanting leases: Int = 1, at now: Instant) -> [Effect] {
        handle(.registered(worker, Membership(slots: slots)), at: now)
            + handle(.requested(worker, leases: leases), at: now)
    }
}

/// The leases among effects.
func leases(_ effects: [Scheduler.Effect]) -> [Lease] {
    effects.compactMap { if case .send(.lease(let lease), _) = $0 { lease } else { nil } }
}

/// The facts among effects.
func facts(_ effects: [Scheduler.Effect]) -> [Fact] {
    effects.flatMap { if case .journal(let facts) = $0 { facts } else { [Fact]() } }
}

/// Expects a value; unlike `#expect` it takes the results of mutating calls.
func expect<Value: Equatable>(_ value: Value, is expected: Value, at location: SourceLocation = #_sourceLocation) {
    #expect(value == expected, sourceLocation: location)
}
