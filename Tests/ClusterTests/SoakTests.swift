import Cluster
import ClusterFixtures
import Foundation
import SweepGrid
import Testing

/// How long to kill processes at random: `make soak` sets it.
private let soakSeconds = Double(ProcessInfo.processInfo.environment["SOAK_SECONDS"] ?? "") ?? 0

extension ProcessTests {
    /// Runs whose agents and slots are killed and stopped at random, again and again.
    @Suite(.serialized) struct SoakTests {
        @Test(.enabled(if: soakSeconds > 0))
        func randomDeathsChangeNothing() throws {
            let end = Date(timeIntervalSinceNow: soakSeconds)
            let expected = try undisturbedResults(of: FixtureSweeps.naps)
            var random = SystemRandomNumberGenerator()
            var deaths = 0
            while Date() < end {
                let scratch = try ScratchDirectory()
                let directory = scratch.path + "/run"
                let coordinator = try TestCoordinator(FixtureSweeps.naps, into: directory, workers: 3)
                // Exponential lifetimes, half a second on the average, while the run has most of its work before it.
                let calm = Date(timeIntervalSinceNow: 8)
                while Date() < calm, try committedResults(in: directory).count < expected.count {
                    usleep(UInt32(min(3, -0.5 * log(Double.random(in: 1e-9...1, using: &random))) * 1_000_000))
                    let agents = children(of: getpid())
                    let victims = agents + agents.flatMap { children(of: $0) }
                    guard let victim = victims.randomElement(using: &random) else { continue }
                    if Bool.random(using: &random) {
                        kill(victim, SIGKILL)
                        deaths += 1
                    } else {
                        kill(victim, SIGSTOP)
                        usleep(300_000)
                        kill(victim, SIGCONT)
                    }
                }
                #expect(try coordinator.finish().isComplete)
                #expect(try committedResults(in: directory) == expected)
            }
            print("\(deaths) processes were killed")
        }
    }
}
