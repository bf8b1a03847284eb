import Foundation
import Testing

/// Interrupted runs of the real program, continued from their journal and shards.
@Suite(.serialized) struct ResumeTests {
    private let scratch: Scratch
    private let sweep = [
        "molrg-k1", "--preset", "small", "--set", "steps=12000", "--set", "sampleCount=2...8", "--replicates", "4",
    ]

    init() throws { scratch = try Scratch() }

    private func start(_ name: String) throws -> Running {
        try Running(["run"] + sweep + ["--workers", "2", "--into", scratch.path(name)], in: scratch.url)
    }

    private func shards(_ name: String) -> Set<String> {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: scratch.path(name) + "/shards")) ?? []
        return Set(names.filter { $0.hasPrefix("shard-") })
    }

    /// Starts a run or goes on with it, lets one worker drain, which delivers a shard in mid-run, and then kills the
    /// coordinator.
    private func interrupt(_ name: String, resuming isResumed: Bool = false) throws {
        let known = shards(name)
        let running =
            isResumed
            ? try Running(["resume", scratch.path(name), "--workers", "2"], in: scratch.url) : try start(name)
        let deadline = Date(timeIntervalSinceNow: 60)
        func wait(until isReached: () -> Bool) {
            while !isReached(), running.isRunning, Date() < deadline { Thread.sleep(forTimeInterval: 0.02) }
        }
        // Both workers, whatever their numbers: a resumed run goes on counting.
        wait { running.errorsSoFar.components(separatedBy: " joined with ").count > 2 }
        Thread.sleep(forTimeInterval: 0.5)
        if let worker = descendants(of: running.identifier).first(where: { $0.command.contains(" worker ") }) {
            kill(worker.identifier, SIGTERM)
        }
        wait { shards(name).count > known.count }
        #expect(running.isRunning, "the run was over before it was killed")
        kill(running.identifier, SIGKILL)
        _ = try running.finish()
    }

    private func committed(_ name: String) throws -> Int {
        let output = try scratch.run("status", scratch.path(name)).output
        let line = try #require(output.split(separator: "\n").first { $0.contains("committed") })
        return try #require(line.split(separator: " ").first.flatMap { Int($0) })
    }

    /// Scenario 1: nothing of a finished run is computed again, and it has as many tasks as before.
    @Test func aFinishedRunThatIsResumedStaysAsItIs() throws {
        #expect(try start("run").finish().status == 0)
        let (before, file) = (shards("run"), try scratch.bytes("run/phase-diagram.h5"))
        for _ in 1...2 {
            let resumed = try scratch.run("resume", scratch.path("run"), "--workers", "2")
            #expect(resumed.status == 0, "\(resumed.errors)")
            #expect(!resumed.errors.contains("joined"), "workers were started for nothing")
            #expect(shards("run") == before)
            #expect(try scratch.bytes("run/phase-diagram.h5") == file)
            #expect(try committed("run") == 252)
        }
    }

    /// Scenario 2: a coordinator that was killed before any worker came leaves a run in which everything waits.
    @Test func aRunThatWaitedForWorkersIsResumedFromItsBeginning() throws {
        let small = ["molrg-k1", "--preset", "small", "--set", "steps=100", "--set", "sampleCount=2,6"]
        #expect(try Running(["run"] + small + ["--into", scratch.path("quiet")], in: scratch.url).finish().status == 0)
        let waiting = try Running(
            ["coordinate"] + small + ["--native", "--bind", "tcp://127.0.0.1:*", "--into", scratch.path("run")],
            in: scratch.url)
        let deadline = Date(timeIntervalSinceNow: 60)
        while !waiting.errorsSoFar.contains("workers connect to"), Date() < deadline {
            Thread.sleep(forTimeInterval: 0.02)
        }
        kill(waiting.identifier, SIGKILL)
        _ = try waiting.finish()
        #expect(try committed("run") == 0)
        let resumed = try scratch.run("resume", scratch.path("run"), "--workers", "2")
        #expect(resumed.status == 0, "\(resumed.errors)")
        #expect(try scratch.bytes("run/phase-diagram.h5") == scratch.bytes("quiet/phase-diagram.h5"))
    }

    /// Scenario 6: a run that is killed again and again gets on each time, and no task is computed twice.
    @Test func aRunIsResumedAsOftenAsItIsKilled() throws {
        #expect(try start("quiet").finish().status == 0)
        try interrupt("killed")
        let first = shards("killed")
        try interrupt("killed", resuming: true)
        let second = shards("killed")
        #expect(first.isStrictSubset(of: second))
        let resumed = try scratch.run("resume", scratch.path("killed"), "--workers", "2")
        #expect(resumed.status == 0, "\(resumed.errors)")
        #expect(second.isSubset(of: shards("killed")))
        #expect(try scratch.bytes("killed/phase-diagram.h5") == scratch.bytes("quiet/phase-diagram.h5"))
        let provenance = try #require(
            try JSONSerialization.jsonObject(with: try scratch.bytes("killed/provenance.json")) as? [String: Any])
        #expect(provenance["duplicates"] as? Int == 0)
    }

    /// Scenario 3: exactly the unfinished tasks run, those that were being computed under a higher attempt number; and the
    /// lock of a killed coordinator is in nobody's way (Scenario 13).
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
        let shardNotes = try #require(provenance["shards"] as? [[String: Any]])
        #expect(shardNotes.compactMap { $0["retried"] as? Int }.reduce(0, +) > 0)
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

    /// A frozen run that is lost comes back from the sweep: the same command writes the same bytes.
    @Test func aDamagedRunFileIsNamedAndCanBePutBack() throws {
        try interrupt("run")
        let file = scratch.url.appending(path: "run/run.json")
        let whole = try Data(contentsOf: file)
        try whole.prefix(1000).write(to: file)
        let refused = try scratch.run("resume", scratch.path("run"), "--workers", "1")
        #expect(refused.status == 1)
        #expect(refused.errors.contains("put a copy of it back"), "\(refused.errors)")
        try interrupt("other")
        try Data(contentsOf: scratch.url.appending(path: "other/run.json")).write(to: file)
        #expect(try Data(contentsOf: file) == whole)
        #expect(try scratch.run("resume", scratch.path("run"), "--workers", "2").status == 0)
    }

    /// Scenario 13.
    @Test func aSecondCoordinatorOnARunIsRefused() throws {
        let first = try start("run")
        while shards("run").isEmpty, first.isRunning { Thread.sleep(forTimeInterval: 0.02) }
        // It keeps its lock while it is stopped, and cannot come to its end before the others have asked.
        kill(first.identifier, SIGSTOP)
        let second = try scratch.run("resume", scratch.path("run"), "--workers", "1")
        #expect(second.status == 1)
        #expect(second.errors.contains("is in use by another coordinator"), "\(second.errors)")
        let recovery = try scratch.run("recover", scratch.path("run"))
        #expect(recovery.status == 1)
        #expect(recovery.errors.contains("is in use by another coordinator"), "\(recovery.errors)")
        kill(first.identifier, SIGCONT)
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
