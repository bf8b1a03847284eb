import Cluster
import ClusterFixtures
import Foundation
import Results
import SweepGrid
import Testing

extension ProcessTests {
    /// A coordinator that dies at a given step of a commit, and the one that goes on after it.
    @Suite(.serialized) struct CommitKillTests {
        /// Scenarios 10, 11 and 42: kill -9 at each step of the commit of a shard, and of a compaction.
        @Test(arguments: [
            "shard-written", "shard-verified", "shard-synced", "shard-renamed", "shard-stored", "shard-journaled",
            "shard-settled:2", "compaction-written", "compaction-synced", "compaction-renamed", "compaction-stored",
            "compaction-journaled", "compaction-removing", "compaction-removing:2",
        ])
        func aCoordinatorKilledAtAnyStepLosesAndDoublesNothing(_ place: String) throws {
            let scratch = try ScratchDirectory()
            let directory = scratch.path + "/run"
            let endpoint = "ipc://\(scratch.path)/socket"
            let first = try coordinator(directory, endpoint, ["PHASEMAP_FAILPOINT": place])
            let workers = try (0..<2).map { _ in
                try TestWorker(endpoint, environment: ["FIXTURE_SHARD_TASKS": "16"])
            }
            first.waitUntilExit()
            #expect(first.terminationReason == .uncaughtSignal && first.terminationStatus == SIGKILL, "\(place)")
            let second = try coordinator(directory, endpoint, [:])
            second.waitUntilExit()
            #expect(second.terminationStatus == 0, "\(place)")
            // Where the first one had everything, the second one ends without a word to the workers.
            for worker in workers { kill(worker.process.processIdentifier, SIGKILL) }
            #expect(try committedResults(in: directory) == undisturbedResults(of: FixtureSweeps.words), "\(place)")
            let found = try RunRepair.verify(directory)
            #expect(found.isSound, "\(place): \(found.lines)")
            let left = try FileManager.default.contentsOfDirectory(atPath: RunDirectory(directory).shards)
            #expect(left.allSatisfy { $0.hasPrefix("shard-") }, "\(place): \(left)")
        }

        private func coordinator(_ directory: String, _ endpoint: String, _ environment: [String: String]) throws
            -> Process
        {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: fixtureProgram)
            process.arguments = ["coordinate", "words", directory, endpoint]
            process.environment = ProcessInfo.processInfo.environment
                .merging(["FIXTURE_LOOSE_SHARDS": "3"]) { $1 }.merging(environment) { $1 }
            try process.run()
            return process
        }
    }
}
