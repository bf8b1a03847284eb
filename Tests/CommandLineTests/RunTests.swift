import Foundation
import Testing

/// Whole runs of the real program: coordinator, workers, slots, shards, merge, figures.
@Suite(.serialized) struct RunTests {
    private let scratch: Scratch
    private let small = [
        "molrg-k1", "--preset", "small", "--set", "steps=200", "--set", "sampleCount=2...8", "--replicates", "4",
    ]

    init() throws { scratch = try Scratch() }

    private func run(_ name: String, workers: Int, _ sweep: [String]? = nil) throws -> Finished {
        try Running(
            ["run"] + (sweep ?? small) + ["--workers", "\(workers)", "--into", scratch.path(name)], in: scratch.url
        ).finish()
    }

    @Test func aRunLeavesWhatTheManualPromises() throws {
        let finished = try run("run", workers: 2)
        #expect(finished.status == 0, "\(finished.errors)")
        for file in [
            "run.json", "phase-diagram.h5", "provenance.json", "phase-diagram.svg", "phase-diagram.pdf",
            "phase-diagram.png", "figures/phase-diagram.gp", "figures/phase-diagram.dat",
        ] {
            #expect(try scratch.bytes("run/" + file).count > 0, "\(file)")
        }
        #expect(finished.output.contains("phase-diagram.h5: 252 tasks ok"))
        #expect(finished.output.contains("phase-diagram.svg"))

        let before = try scratch.bytes("run/phase-diagram.h5")
        let status = try scratch.run("status", scratch.path("run"))
        #expect(status.output.contains("252 of 252 tasks committed, 0 missing"))
        let shown = try scratch.run("show", scratch.path("run"))
        #expect(shown.status == 0 && shown.output.contains("pca") && shown.output.contains("█"))
        let table = try scratch.run("export", scratch.path("run"), "--csv")
        #expect(table.output.split(whereSeparator: \.isNewline).count == 253)
        #expect(try scratch.run("plot", scratch.path("run"), "--into", scratch.path("pictures")).status == 0)
        #expect(try scratch.bytes("pictures/phase-diagram.png").count > 1000)
        #expect(try scratch.run("merge", scratch.path("run"), "--into", scratch.path("again.h5")).status == 0)
        #expect(try scratch.bytes("again.h5") == before)
        let stricter = try scratch.run(
            "merge", scratch.path("run"), "--success", "recoveryError<0.01", "--into", scratch.path("strict.h5"))
        #expect(stricter.status == 0)
        #expect(try scratch.bytes("strict.h5") != before)

        // A second run has nothing to do; another design is refused and changes nothing.
        #expect(try run("run", workers: 1).status == 0)
        let other = try run("run", workers: 1, small + ["--seed", "9"])
        #expect(other.status == 1)
        #expect(other.errors.contains("run"), "\(other.errors)")
        #expect(try scratch.bytes("run/phase-diagram.h5") == before)
    }

    /// SCIENCE F 17: the same sweep and seed give the same bytes, whatever the workers.
    @Test func oneTwoAndThreeWorkersGiveTheSameBytes() throws {
        for workers in 1...3 { #expect(try run("w\(workers)", workers: workers).status == 0) }
        let one = try scratch.bytes("w1/phase-diagram.h5")
        #expect(try scratch.bytes("w2/phase-diagram.h5") == one)
        #expect(try scratch.bytes("w3/phase-diagram.h5") == one)
    }

    /// RELIABILITY 15, 39: agents and slots that die by SIGKILL in mid-run change nothing in the result.
    @Test func killedAgentsAndSlotsChangeNothing() throws {
        let sweep = ["molrg-k1", "--preset", "small", "--set", "steps=2000"]
        #expect(try run("quiet", workers: 2, sweep).status == 0)
        let running = try Running(
            ["run"] + sweep + ["--workers", "2", "--into", scratch.path("killed")], in: scratch.url)
        var kills = (slots: 0, agents: 0)
        let deadline = Date(timeIntervalSinceNow: 60)
        // The run has begun when both workers have joined; before, there is only the slot that computes the probe task.
        while running.isRunning, !running.errorsSoFar.contains("worker 2"), Date() < deadline {
            Thread.sleep(forTimeInterval: 0.02)
        }
        while running.isRunning, kills.slots < 3 || kills.agents < 2, Date() < deadline {
            Thread.sleep(forTimeInterval: 0.15)
            let children = descendants(of: running.identifier)
            let wantsSlot = kills.slots <= kills.agents
            guard let victim = children.first(where: { $0.command.contains(wantsSlot ? " slot" : " worker ") }) else {
                continue
            }
            if kill(victim.identifier, SIGKILL) == 0 {
                if wantsSlot { kills.slots += 1 } else { kills.agents += 1 }
            }
        }
        let finished = try running.finish()
        #expect(finished.status == 0, "\(finished.errors)")
        #expect(kills.slots >= 1 && kills.agents >= 1, "the run was over before anything was killed")
        #expect(try scratch.bytes("killed/phase-diagram.h5") == scratch.bytes("quiet/phase-diagram.h5"))
    }

    /// RELIABILITY 21: nothing that a run started outlives it.
    @Test func workersAndSlotsEndWithTheirRun() throws {
        let running = try Running(
            [
                "run", "molrg-k1", "--preset", "small", "--set", "steps=100000", "--workers", "2", "--into",
                scratch.path("run"),
            ],
            in: scratch.url)
        var children: [(identifier: Int32, command: String)] = []
        for _ in 0..<200 where children.count < 4 {
            Thread.sleep(forTimeInterval: 0.1)
            children = descendants(of: running.identifier)
        }
        #expect(children.count >= 4, "two agents with a slot each")
        kill(running.identifier, SIGKILL)
        _ = try running.finish()
        func isAlive(_ child: (identifier: Int32, command: String)) -> Bool {
            let raw = try? Data(contentsOf: URL(fileURLWithPath: "/proc/\(child.identifier)/cmdline"))
            return raw?.isEmpty == false
        }
        for _ in 0..<100 where children.contains(where: isAlive) { Thread.sleep(forTimeInterval: 0.1) }
        #expect(!children.contains(where: isAlive))
    }

    @Test func aCoordinatorServesWorkersThatAreStartedByHand() throws {
        let endpoint = "ipc://\(scratch.path("socket"))"
        let coordinator = try Running(
            ["coordinate"] + small + ["--bind", endpoint, "--into", scratch.path("run")], in: scratch.url)
        let worker = try Running(["worker", "--connect", endpoint, "--count", "2"], in: scratch.url)
        #expect(try worker.finish().status == 0)
        let finished = try coordinator.finish()
        #expect(finished.status == 0, "\(finished.errors)")
        #expect(finished.output.contains("252 tasks ok"))
    }

    @Test func statusAsksARunningCoordinator() throws {
        let endpoint = "ipc://\(scratch.path("socket"))"
        let coordinator = try Running(
            ["coordinate", "noop", "--bind", endpoint, "--into", scratch.path("run")], in: scratch.url)
        var status = try scratch.run("status", endpoint)
        for _ in 0..<20 where status.status != 0 { status = try scratch.run("status", endpoint) }
        #expect(status.output.contains("noop"))
        #expect(status.output.contains("waiting"))
        // Nobody works: a signal ends it, and what is missing is said.
        coordinator.terminate()
        let finished = try coordinator.finish()
        #expect(finished.status == 2)
        #expect(finished.errors.contains("run the same command again"), "\(finished.errors)")
        #expect(finished.output.contains("1 000 missing"))
    }
}
