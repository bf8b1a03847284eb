import Cluster
import ClusterFixtures
import Foundation
import Results
import SweepGrid
import Testing

/// Two different results of one task in the files of a run.
@Suite struct ConflictTests {
    @Test func verifyShowsBothResultsWithTheirShardsAndHosts() throws {
        let scratch = try ScratchDirectory()
        let path = scratch.path + "/run"
        #expect(try TestCoordinator(FixtureSweeps.words, into: path, workers: 1).finish().isComplete)
        #expect(try RunRepair.verify(path).isSound)
        let directory = RunDirectory(path)
        let design = try directory.readRun().design
        var writer = ShardWriter(design: design, worker: "w", host: "crooked")
        writer.append(
            task: 5, id: design.taskID(5), attempt: 1, result: TaskResult(status: .ok, values: [7.5], lengths: []),
            started: 0, seconds: 1)
        let other = try writer.seal(in: directory.shards)
        let (lines, isSound) = try RunRepair.verify(path)
        #expect(!isSound)
        let line = try #require(lines.first { $0.contains("two results of task 5 differ") })
        #expect(line.contains("index = 3") && line.contains("replicate 1"))
        #expect(line.contains("7.5 by w on crooked in '\(directory.shards)/\(other.name)'"))
        #expect(line.contains(" against ") && line.components(separatedBy: "/shards/shard-").count == 3)
        #expect(lines.last?.contains("OpenBLAS") == true)
        // The next coordinator finds it too, and runs that point no more.
        let outcome = try TestCoordinator(FixtureSweeps.words, into: path).finish()
        #expect(outcome.conflicts == [2])
    }
}
