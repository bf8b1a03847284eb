import Foundation
import Testing

/// Interrupted runs of the real program, continued from their journal and shards.
@Suite(.serialized) struct ResumeTests {
    private let scratch: Scratch
    private let sweep = ["molrg-k1", "--preset", "small", "--set", "steps=6000"]

    init() throws { scratch = try Scratch() }

    private func start(_ name: String) throws -> Running {
        try Running(["run"] + sweep + ["--workers", "2", "--into", scratch.path(name)], in: scratch.url)
    }

    private func shards(_ name: String) -> Set<String> {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: scratch.path(name) + "/shards")) ?? []
        return Set(names.filter { $0.hasPrefix("shard-") })
    }

    /// Starts a run, lets one worker drain, which delivers a shard in mid-run, and then kills the coordinator.
    private func interrupt(_ name: String) throws {
        let running = try start(name)
        let deadline = Date(timeIntervalSinceNow: 60)
        func wait(until isReached: () -> Bool) {
            while !isReached(), running.isRunning, Date() < deadline { Thread.sleep(forTimeInterval: 0.02) }
        }
        wait { running.errorsSoFar.contains("worker 2") }
        Thread.sleep(forTimeInterval: 0.5)
        if let worker = descendants(of: running.identifier).first(where: { $0.command.contains(" worker ") }) {
            kill(worker.identifier, SIGTERM)
        }
        wait { !shards(name).isEmpty }
        #expect(running.isRunning, "the run was over before it was killed")
        kill(running.identifier, SIGKILL)
        _ = try running.finish()
    }

    private func committed(_ name: String) throws -> Int {
        let output = try scratch.run("status", scratch.path(name)).output
        let line = try #require(output.split(separator: "\n").first { $0.contains("committed") })
        return try #require(line.split(separator: " ").first.flatMap { Int($0) })
    }

    @Test func aKilledCoordinatorsRunIsResumedWithExactlyTheMissingTasks() throws {
        #expect(try start("quiet").finish().status == 0)
        try interrupt("killed")
        let before = shards("killed")
        let done = try committed("killed")
        #expect((1..<252).contains(done))
        let other = try Running(["verify", scratch.path("killed")], in: scratch.url).finish()
        #expect(other.status == 0 && other.output.contains("\(done) of 252 tasks committed"), "\(other.errors)")

        let resumed = try scratch.run("resume", scratch.path("killed"), "--workers", "2")
        #expect(resumed.status == 0, "\(resumed.errors)")
        #expect(try scratch.bytes("killed/phase-diagram.h5") == scratch.bytes("quiet/phase-diagram.h5"))
        #expect(before.isSubset(of: shards("killed")))
        // No task was computed twice: the rows of all shards are as many as the tasks.
        let provenance = try #require(
            try JSONSerialization.jsonObject(with: try scratch.bytes("killed/provenance.json")) as? [String: Any])
        #expect(provenance["duplicates"] as? Int == 0)
        let last = try scratch.run("verify", scratch.path("killed"))
        #expect(last.status == 0 && last.output.contains("252 of 252 tasks committed, 0 missing"), "\(last.errors)")
    }

    @Test func aDamagedJournalIsRefusedWithItsFirstBadRowAndRecovered() throws {
        try interrupt("run")
        // Opening and closing moves the log into the one file.
        #expect(try scratch.run("recover", scratch.path("run")).status == 0)
        let journal = scratch.url.appending(path: "run/journal.sqlite")
        var bytes = try Data(contentsOf: journal)
        let page = try #require(bytes.lastIndex { $0 != 0 })
        bytes[page] ^= 1
        try bytes.write(to: journal)

        let refused = try scratch.run("resume", scratch.path("run"), "--workers", "1")
        #expect(refused.status == 1)
        #expect(refused.errors.contains("is damaged from row"), "\(refused.errors)")
        #expect(refused.errors.contains("phasemap recover \(scratch.path("run"))"))
        #expect(try Data(contentsOf: journal) == bytes)
        #expect(try scratch.run("verify", scratch.path("run")).status == 1)

        let recovered = try scratch.run("recover", scratch.path("run"))
        #expect(recovered.status == 0, "\(recovered.errors)")
        #expect(recovered.output.contains("is damaged from row"))
        #expect(FileManager.default.fileExists(atPath: journal.path + ".damaged-1"))
        #expect(try scratch.run("resume", scratch.path("run"), "--workers", "2").status == 0)
        #expect(try scratch.run("verify", scratch.path("run")).output.contains("252 of 252 tasks committed"))
    }

    @Test func aSecondCoordinatorOnARunIsRefused() throws {
        let first = try start("run")
        while shards("run").isEmpty, first.isRunning { Thread.sleep(forTimeInterval: 0.02) }
        let second = try scratch.run("resume", scratch.path("run"), "--workers", "1")
        #expect(second.status == 1)
        #expect(second.errors.contains("is in use by another coordinator"), "\(second.errors)")
        let recovery = try scratch.run("recover", scratch.path("run"))
        #expect(recovery.status == 1)
        #expect(recovery.errors.contains("is in use by another coordinator"), "\(recovery.errors)")
        #expect(try first.finish().status == 0)
    }

    @Test func whatIsNoRunIsSaid() throws {
        for command in ["resume", "recover", "verify"] {
            let finished = try scratch.run(command, scratch.path("nowhere"))
            #expect(finished.status == 1)
            #expect(finished.errors.contains("is not a run directory"), "\(finished.errors)")
        }
    }
}
