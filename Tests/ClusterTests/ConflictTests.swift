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
        let found = try RunRepair.verify(path)
        #expect(!found.isSound)
        let line = try #require(found.lines.first { $0.contains("two results of task 5 differ") })
        #expect(line.contains("index = 3") && line.contains("replicate 1"))
        #expect(line.contains("7.5 by w on crooked in '\(directory.shards)/\(other.name)'"))
        #expect(line.contains(" against ") && line.components(separatedBy: "/shards/shard-").count == 3)
        #expect(found.lines.last?.contains("OpenBLAS") == true)
        // The next coordinator finds it too, and runs that point no more.
        let outcome = try TestCoordinator(FixtureSweeps.words, into: path).finish()
        #expect(outcome.conflicts == [2])
    }

    /// The shard that `verify` shows to be wrong is moved to the quarantine; what only it held is computed, the point is
    /// computed to its end, and a shard that comes back is a conflict again.
    @Test func aConflictEndsWhenTheWrongShardIsMovedAway() throws {
        let scratch = try ScratchDirectory()
        let path = scratch.path + "/run"
        let directory = RunDirectory(path)
        let waiting = try TestCoordinator(FixtureSweeps.words, into: path)
        waiting.stop()
        _ = try waiting.finish()
        let design = try directory.readRun().design
        let right = try undisturbedResults(of: FixtureSweeps.words)
        func commit(_ host: String, _ results: [(Int, TaskResult)]) throws -> String {
            var writer = ShardWriter(design: design, worker: "w", host: host)
            for (task, result) in results {
                writer.append(task: task, id: design.taskID(task), attempt: 1, result: result, started: 0, seconds: 1)
            }
            return try writer.seal(in: directory.shards).name
        }
        let crooked = TaskResult(status: .ok, values: [7.5], lengths: [])
        _ = try commit("straight", [(5, try #require(right[5]))])
        let wrong = try commit("crooked", [(5, crooked), (40, crooked), (41, crooked)])
        let stopped = try TestCoordinator(FixtureSweeps.words, into: path, workers: 2).finish()
        #expect(stopped.conflicts == [2])
        #expect(stopped.status.failed == 1, "the other replicate of the point is not computed")
        let found = try RunRepair.verify(path)
        #expect(
            !found.isSound
                && found.lines.contains { $0.contains("7.5 by w on crooked in '\(directory.shards)/\(wrong)'") })

        let (place, aside) = (directory.shards + "/" + wrong, directory.quarantine + "/" + wrong)
        try Disk.makeDirectory(directory.quarantine)
        try Disk.rename(place, to: aside)
        let outcome = try TestCoordinator(FixtureSweeps.words, into: path, workers: 2).finish()
        #expect(outcome.isComplete && outcome.conflicts == [] && outcome.failures.isEmpty)
        #expect(try committedResults(in: path) == right)
        let checked = try RunRepair.verify(path)
        #expect(checked.isSound, "\(checked.lines)")
        let quiet = scratch.path + "/quiet"
        #expect(try TestCoordinator(FixtureSweeps.words, into: quiet, workers: 2).finish().isComplete)
        func merged(_ path: String) throws -> Digest { try Merge([RunDirectory(path)]).write().digest }
        #expect(try merged(path) == merged(quiet))
        #expect(try TestCoordinator(FixtureSweeps.words, into: path).finish().conflicts == [])

        try Disk.rename(aside, to: place)
        #expect(try TestCoordinator(FixtureSweeps.words, into: path).finish().conflicts == [2, 20])
        try Disk.rename(place, to: aside)
        // A rebuilt journal knows it too.
        _ = try RunRepair.recover(path, checkedBy: .fixtureChecker())
        #expect(try TestCoordinator(FixtureSweeps.words, into: path).finish().conflicts == [])
    }
}
