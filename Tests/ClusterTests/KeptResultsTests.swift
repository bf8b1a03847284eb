import Cluster
import ClusterFixtures
import Foundation
import Results
import SweepGrid
import Testing

extension ProcessTests {
    /// A worker whose coordinator does not come back.
    @Suite(.serialized) struct KeptResultsTests {
        /// Scenario 23: a worker that is told to stop while its coordinator is away keeps its results, and a later run takes them.
        @Test func resultsThatNobodyTookAreLeftOnTheHostAndAdoptedLater() throws {
            let scratch = try ScratchDirectory()
            let path = scratch.path + "/run"
            let endpoint = "ipc://\(scratch.path)/socket"
            let first = Process()
            first.executableURL = URL(fileURLWithPath: fixtureProgram)
            first.arguments = ["coordinate", "naps", path, endpoint]
            try first.run()
            let local = scratch.path + "/local"
            try FileManager.default.createDirectory(atPath: local, withIntermediateDirectories: true)
            let worker = try TestWorker(
                endpoint,
                environment: ["TMPDIR": local, "FIXTURE_DRAIN_SECONDS": "1", "FIXTURE_LOG": "1"])
            try eventually("the worker computes") {
                children(of: worker.process.processIdentifier).count == 1
            }
            usleep(1_000_000)
            kill(first.processIdentifier, SIGKILL)
            first.waitUntilExit()
            kill(worker.process.processIdentifier, SIGTERM)
            let (status, words) = worker.finish()
            #expect(status == 1)
            let kept = try FileManager.default.contentsOfDirectory(atPath: local)
            #expect(kept.count == 1 && kept[0].hasPrefix("phasemap-results-naps-"))
            #expect(words.contains("kept in '\(local)/\(kept[0])'"), "\(words)")
            let shards = try FileManager.default.contentsOfDirectory(atPath: "\(local)/\(kept[0])")
            #expect(!shards.isEmpty && shards.allSatisfy { $0.hasPrefix("shard-") })
            for shard in shards {
                try FileManager.default.copyItem(
                    atPath: "\(local)/\(kept[0])/\(shard)", toPath: RunDirectory(path).shards + "/" + shard)
            }
            let before = try committedResults(in: path).count
            #expect(before > 0)
            let second = try TestCoordinator(FixtureSweeps.naps, into: path, workers: 1)
            let outcome = try second.finish()
            #expect(outcome.isComplete)
            #expect(try committedResults(in: path) == undisturbedResults(of: FixtureSweeps.naps))
            #expect(try RunRepair.verify(path).isSound)
        }
    }
}
