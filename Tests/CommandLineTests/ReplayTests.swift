import Foundation
import Results
import SweepGrid
import Testing

@testable import CommandLine

/// Tasks that are computed again, and what the bytes say.
@Suite(.serialized) struct ReplayTests {
    private let scratch: Scratch

    init() throws {
        scratch = try Scratch()
        let run = try scratch.run(
            "run", "molrg-k1", "--preset", "small", "--set", "steps=100", "--set", "sampleCount=2,6", "--replicates",
            "2",
            "--into", scratch.path("run"))
        #expect(run.status == 0, "\(run.errors)")
    }

    @Test func aTaskNamedInAnyWayGivesTheCommittedBytesAgain() throws {
        let design = try RunDirectory(scratch.path("run")).readRun().design
        let point = try #require(
            (0..<design.pointCount).first { design.label(ofPoint: $0).hasSuffix("method=denoiser") })
        let task = point * design.replicates + 1
        let place = design.label(ofPoint: point).replacing(" ", with: "") + ",replicate=1"
        for name in ["\(task)", place, String(design.taskID(task).description.prefix(12))] {
            let replay = try scratch.run("replay", scratch.path("run"), name)
            #expect(replay.status == 0, "\(replay.errors)")
            #expect(replay.output.contains("task \(design.taskID(task).description.prefix(12)) at"), "\(replay.output)")
            #expect(replay.output.contains("the same bytes as the committed result in shard-"), "\(replay.output)")
        }
        let several = try scratch.run("replay", scratch.path("run"), "sampleCount=2")
        #expect(several.status == 64 && several.errors.contains("and one is replayed"), "\(several.errors)")
        let verified = try scratch.run("verify", scratch.path("run"), "--replay", "4", "--seed", "3")
        #expect(verified.status == 0, "\(verified.errors)")
        #expect(
            verified.output.contains(
                "4 of \(design.taskCount) committed tasks computed again, chosen with --seed 3: all have their bytes"))
    }

    @Test func aResultThatIsNotReproducedIsNamedAndEndsWithAnError() throws {
        let directory = RunDirectory(scratch.path("run"))
        let design = try directory.readRun().design
        var reader = ShardReader(design: design)
        // One bit of task 5, in a shard that is sound in itself.
        for path in try directory.shardPaths() {
            let shard = try reader.read(path)
            guard shard.tasks.contains(5) else { continue }
            var writer = ShardWriter(design: design, worker: "forger", host: "elsewhere")
            for (row, task) in shard.tasks.enumerated() {
                var result = shard.result(row)
                if task == 5 { result.values[0] = result.values[0].nextUp }
                writer.append(
                    task: task, id: shard.ids[row], attempt: 1, result: result, started: 0, seconds: shard.seconds[row])
            }
            try writer.seal(in: directory.shards)
            try FileManager.default.removeItem(atPath: path)
        }
        let replay = try scratch.run("replay", directory.path, "5")
        #expect(replay.status == 1)
        #expect(replay.errors.contains("the result differs from the committed one in shard-"), "\(replay.errors)")
        #expect(replay.errors.contains("by forger on elsewhere"))
        // The journal takes the forged shard for one of its own.
        #expect(try scratch.run("recover", directory.path).status == 0)
        let all = try scratch.run("verify", directory.path, "--replay", "\(design.taskCount)")
        #expect(all.status == 1)
        #expect(all.output.contains("task 5 ("), "\(all.output)")
        #expect(all.errors.contains("1 of \(design.taskCount) tasks computed again has other bytes"), "\(all.errors)")
    }
}
