import Cluster
import ClusterFixtures
import Foundation
import Results
import SweepGrid
import Testing

/// How long to disturb clusters: `make soak` asks for an hour, the usual tests take a minute.
private let soakSeconds = ProcessInfo.processInfo.environment["SOAK_SECONDS"].flatMap(Double.init) ?? 60

extension ProcessTests {
    /// Scenarios 15, 38, 39 and 40: real processes that are killed, stopped and cut off at random, again and again.
    ///
    /// Slots, agents and the coordinator get SIGKILL and SIGSTOP, connections are cut, delayed and get bytes and whole messages
    /// twice. The merged file of each run must have the bytes of the quiet run's.
    @Suite(.serialized) struct SoakTests {
        @Test(.enabled(if: soakSeconds > 0))
        func nothingThatIsDoneToProcessesAndConnectionsChangesTheMergedFile() throws {
            let quiet = try quietFile()
            let end = Date(timeIntervalSinceNow: soakSeconds)
            var random = SystemRandomNumberGenerator()
            var counts: [SoakCluster.Disturbance: Int] = [:]
            var runs = 0
            while Date() < end {
                let scratch = try ScratchDirectory()
                let cluster = try SoakCluster(FixtureSweeps.soak, into: scratch.path + "/run")
                defer { cluster.end() }
                // Disturbed for most of its work, then left in peace so that the next run comes to be.
                try disturb(cluster, until: min(end, Date(timeIntervalSinceNow: 15)), &random)
                let deadline = Date(timeIntervalSinceNow: 120)
                while !cluster.isComplete, Date() < deadline {
                    try cluster.attend()
                    usleep(20_000)
                }
                cluster.end()
                counts.merge(cluster.counts) { $0 + $1 }
                try #require(cluster.isComplete, "the run was not complete two minutes after the last disturbance")
                #expect(try mergedFile(cluster.directory) == quiet, "the merged file differs from the quiet run's")
                runs += 1
            }
            print("soak: \(runs) runs; " + counts.map { "\($0.key) \($0.value)" }.sorted().joined(separator: ", "))
            for kind in SoakCluster.Disturbance.allCases {
                #expect(counts[kind, default: 0] > 0, "\(kind) never happened")
            }
        }

        /// Every kind of disturbance in an order of chance, over and over.
        private func disturb(
            _ cluster: SoakCluster, until end: Date, _ random: inout SystemRandomNumberGenerator
        ) throws {
            while !cluster.isComplete, Date() < end {
                for kind in SoakCluster.Disturbance.allCases.shuffled(using: &random) where !cluster.isComplete {
                    cluster.disturb(kind, &random)
                    let pause = Date(timeIntervalSinceNow: Double.random(in: 0.05...0.6, using: &random))
                    while Date() < pause {
                        try cluster.attend()
                        usleep(10_000)
                    }
                }
            }
        }

        private func quietFile() throws -> [UInt8] {
            let scratch = try ScratchDirectory()
            let directory = scratch.path + "/run"
            #expect(try TestCoordinator(FixtureSweeps.soak, into: directory, workers: 2).finish().isComplete)
            return try mergedFile(directory)
        }

        private func mergedFile(_ directory: String) throws -> [UInt8] {
            _ = try Merge([RunDirectory(directory)]).write()
            return try Disk.read(directory + "/phase-diagram.h5", limit: 1 << 28)
        }
    }
}
