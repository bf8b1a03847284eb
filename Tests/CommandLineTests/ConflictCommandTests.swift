import Foundation
import Results
import SweepGrid
import Testing

/// A run in which one of very many tasks has two results, from its end to its repair.
@Suite(.serialized) struct ConflictCommandTests {
    @Test func oneConflictCostsOneCellAndEndsWhenItsShardIsMovedAway() throws {
        let scratch = try Scratch()
        let path = scratch.path("run")
        let sweep = [
            "run", "molrg-k1", "--preset", "small", "--set", "steps=100", "--set", "sampleCount=2,6", "--workers", "2",
            "--into", path,
        ]
        #expect(try Running(sweep, in: scratch.url).finish().status == 0)
        let quiet = try scratch.bytes("run/phase-diagram.h5")
        let directory = RunDirectory(path)
        let design = try directory.readRun().design
        let task = design.taskCount - 2
        var reader = ShardReader(design: design)
        var results: [(result: TaskResult, shard: String)] = []
        for shardPath in try directory.shardPaths() {
            let shard = try reader.read(shardPath)
            guard let row = shard.tasks.firstIndex(of: task) else { continue }
            results.append((shard.result(row), shardPath))
        }
        var (result, right) = try #require(results.first)
        result.values[0] += 1
        var writer = ShardWriter(design: design, worker: "w", host: "crooked")
        writer.append(task: task, id: design.taskID(task), attempt: 1, result: result, started: 0, seconds: 1)
        let wrong = try writer.seal(in: directory.shards).name
        for name in ["phase-diagram.svg", "phase-diagram.h5"] {
            try FileManager.default.removeItem(atPath: "\(path)/\(name)")
        }

        for arguments in [sweep, ["resume", path, "--workers", "1"], ["merge", path]] {
            let finished = try Running(arguments, in: scratch.url).finish()
            #expect(finished.status == 3, "\(arguments[0]): \(finished.errors)")
            #expect(finished.output.contains("\(design.taskCount - 1) tasks ok, 1 failed"), "\(finished.output)")
            #expect(finished.output.contains(right) && finished.output.contains(wrong), "\(finished.output)")
            #expect(finished.errors.contains("neither was chosen"), "\(finished.errors)")
        }
        #expect(try scratch.bytes("run/phase-diagram.svg").count > 1_000)
        let rows = try scratch.run("export", path, "--csv").output.split(whereSeparator: \.isNewline)
        #expect(rows.count { $0.contains("failed") } == 1)
        let verified = try scratch.run("verify", path)
        #expect(verified.status == 1 && verified.output.contains(wrong) && verified.output.contains("crooked"))

        try Disk.makeDirectory(directory.quarantine)
        try Disk.rename("\(directory.shards)/\(wrong)", to: "\(directory.quarantine)/\(wrong)")
        let resumed = try scratch.run("resume", path, "--workers", "2")
        #expect(resumed.status == 0, "\(resumed.errors)")
        #expect(try scratch.bytes("run/phase-diagram.h5") == quiet)
        #expect(try scratch.run("verify", path).status == 0)
    }
}
