import Foundation
import Testing

/// `tasks`, `explain`, `cancel`, `retry` and `drain` of the real program, with and without a coordinator.
@Suite(.serialized) struct SteeringTests {
    private let scratch: Scratch
    /// 108 tasks: 27 points of 4 replicates, 36 with each sample count.
    private let sweep = [
        "molrg-k1", "--preset", "small", "--set", "steps=2000", "--set", "sampleCount=2,6,10", "--set",
        "intrinsicDimension=2,3,4", "--set", "method=pca,denoiserExact,denoiser", "--replicates", "4",
    ]

    init() throws { scratch = try Scratch() }

    private func start(_ name: String, _ more: [String] = []) throws -> Running {
        try Running(["run"] + sweep + ["--workers", "2", "--into", scratch.path(name)] + more, in: scratch.url)
    }

    private func wait(for text: String, in running: Running) {
        let deadline = Date(timeIntervalSinceNow: 120)
        while !running.errorsSoFar.contains(text), running.isRunning, Date() < deadline {
            Thread.sleep(forTimeInterval: 0.02)
        }
    }

    private func records(_ arguments: String...) throws -> [[String: Any]] {
        let finished = try Running(["tasks"] + arguments + ["--json"], in: scratch.url).finish()
        #expect(finished.status == 0, "\(finished.errors)")
        return try finished.output.split(separator: "\n").map { line in
            try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        }
    }

    /// Scenario 11: the command has ended, the coordinator is killed at once, and the cancellation stands.
    ///
    /// The run that goes on leaves the tasks out and says so in its merged file; retried, they make it whole.
    @Test func whatWasCancelledStaysSoAfterAKillAndRunsWhenItIsRetried() throws {
        #expect(try start("quiet").finish().status == 0)
        let run = scratch.path("run")
        let running = try start("run")
        wait(for: "worker 1", in: running)
        let cancelled = try scratch.run("cancel", run, "--where", "sampleCount=6", "--reason", "too dear")
        kill(running.identifier, SIGKILL)
        #expect(cancelled.status == 0, "\(cancelled.errors)")
        #expect(cancelled.output == "36 tasks cancelled\n")
        _ = try running.finish()

        let records = try records(run, "--state", "cancelled")
        #expect(records.count == 36)
        #expect(records.allSatisfy { ($0["parameters"] as? [String: Any])?["sampleCount"] as? Int == 6 })
        let task = try #require(records[0]["task"] as? Int)
        let told = try scratch.run("explain", run, "\(task)")
        #expect(told.output.contains("cancelled by ") && told.output.contains(": too dear"), "\(told.output)")
        #expect(told.output.contains("'phasemap retry \(run) \(task)' lets it run again"))

        let resumed = try scratch.run("resume", run, "--workers", "2")
        #expect(resumed.status == 3, "\(resumed.errors)")
        #expect(resumed.errors.contains("36 tasks cancelled; the cells are marked incomplete"))
        #expect(try scratch.run("merge", run).output.contains("72 tasks ok, 36 cancelled"))
        #expect(try scratch.bytes("run/phase-diagram.h5") != scratch.bytes("quiet/phase-diagram.h5"))

        let retried = try scratch.run("retry", run, "--state", "cancelled")
        #expect(retried.output.hasPrefix("36 tasks will be tried again"), "\(retried.errors)")
        #expect(try scratch.run("resume", run, "--workers", "2").status == 0)
        #expect(try scratch.bytes("run/phase-diagram.h5") == scratch.bytes("quiet/phase-diagram.h5"))
        let after = try scratch.run("explain", run, "\(task)").output
        #expect(after.contains("to be tried again, by ") && after.contains("ok: computed on "), "\(after)")
    }

    /// Scenario 26: the worker finishes what it computes and leaves; another one takes its place, and nothing fails.
    @Test func aDrainedWorkerLeavesARunningRun() throws {
        let run = scratch.path("run")
        let running = try start("run")
        wait(for: "worker 2", in: running)
        let drained = try scratch.run("drain", run, "1")
        #expect(drained.output == "worker 1 takes no more tasks\n", "\(drained.errors)")
        wait(for: "worker 1 left", in: running)
        #expect(running.errorsSoFar.contains("worker 1 left"))
        #expect(try scratch.run("drain", run, "1").errors.contains("the run has no worker '1'"))
        // What is left is too much for a test.
        let all = try scratch.run("cancel", run, "--all")
        #expect(all.status == 0, "\(all.errors)")
        let finished = try running.finish()
        #expect(finished.status == 3, "\(finished.errors)")
        #expect(!finished.errors.contains("failed,"))
        #expect(try records(run, "--state", "failed").isEmpty)
    }

    @Test func aRunThatNobodyServesIsSteeredByItsJournal() throws {
        let run = scratch.path("run")
        let running = try start("run")
        wait(for: "worker 1", in: running)
        kill(running.identifier, SIGKILL)
        _ = try running.finish()
        let cancelled = try scratch.run("cancel", run, "3", "10...12")
        #expect(
            cancelled.output == "4 tasks cancelled (nobody serves the run; it stands in the journal)\n",
            "\(cancelled.errors)")
        #expect(
            try scratch.run("cancel", run, "3").output
                == "0 tasks cancelled\n1 left as they are: they have a result, were given up, or are stopped\n")
        #expect(try records(run, "--state", "cancelled").compactMap { $0["task"] as? Int } == [3, 10, 11, 12])
        #expect(try scratch.run("retry", run, "11").output.hasPrefix("1 task will be tried again"))
        #expect(try records(run, "--state", "cancelled").compactMap { $0["task"] as? Int } == [3, 10, 12])
        let status = try scratch.run("status", run, "--json")
        let object = try #require(try JSONSerialization.jsonObject(with: Data(status.output.utf8)) as? [String: Any])
        #expect(object["cancelled"] as? Int == 3 && object["isServed"] as? Bool == false)
        #expect(try scratch.run("verify", run).status == 0)
    }

    @Test func tasksAreFoundByNumberIdentityAndPlace() throws {
        let run = scratch.path("run")
        let running = try start("run")
        wait(for: "worker 1", in: running)
        kill(running.identifier, SIGKILL)
        _ = try running.finish()
        let all = try records(run)
        #expect(all.count == 108)
        #expect(all.compactMap { $0["task"] as? Int } == Array(0..<108))
        #expect(
            Set(all[7].keys).isSuperset(of: ["task", "id", "point", "replicate", "parameters", "state", "attempts"]))
        let identity = try #require(all[7]["id"] as? String)
        let byIdentity = try records(run, String(identity.prefix(8)))
        #expect(byIdentity.compactMap { $0["task"] as? Int } == [7])
        let parameters = try #require(all[7]["parameters"] as? [String: Any])
        let place = parameters.map { "\($0)=\($1)" }.joined(separator: ",")
        let replicate = try #require(all[7]["replicate"] as? Int)
        let told = try scratch.run("explain", run, "\(place),replicate=\(replicate)")
        #expect(told.output.hasPrefix("task 7, \(identity)\n"), "\(told.errors)")

        for (arguments, words) in [
            (["explain", run, place], "names 4 tasks; add more axes and replicate=k"),
            (["explain", run, "9999"], "names no task of the run"),
            (
                ["tasks", run, "--where", "samplecount=6"],
                "there is no axis 'samplecount'; did you mean 'sampleCount'?"
            ),
            (["tasks", run, "--where", "sampleCount=2...x"], "axis 'sampleCount' has '2...x': write first...last"),
            (["tasks", run, "--where", "sampleCount=6,pca"], "axis 'sampleCount' has 'pca', which is not an integer"),
            (["tasks", run, "--where", "sampleCount=9...2"], "which must ascend in positive steps"),
            (["cancel", run, "--where", "replicate=7"], "there is no replicate 7; the run has 0...3"),
            (["tasks", run, "--where", "pca"], "'pca' is not of the form axis=values"),
            (
                ["tasks", run, "--where", "method=pca,method=denoiser"],
                "names 'method' twice; write method=a,b for either"
            ),
            (["tasks", run, "--state", "faild"], "there is no state 'faild'; did you mean 'failed'?"),
            (["cancel", run], "say which tasks"), (["cancel", run, "--all", "--state", "waiting"], "say which tasks"),
        ] {
            let refused = try Running(arguments, in: scratch.url).finish()
            #expect(refused.status == 64, "\(arguments): \(refused.errors)")
            #expect(refused.errors.contains(words), "\(arguments): \(refused.errors)")
        }
        // One that no point has is understood, also among others that some have.
        for absent in ["sampleCount=77", "sampleCount=2,77", "method=pca,denoser", "sampleCount=20...30"] {
            let refused = try Running(["cancel", run, "--where", absent], in: scratch.url).finish()
            #expect(refused.status == 1 && refused.errors.contains("no point of the run has "), "\(refused.errors)")
        }
        func numbers(_ place: String) throws -> [Int] {
            try records(run, "--where", place).compactMap { $0["task"] as? Int }
        }
        func expected(_ isMeant: ([String: Any], Int) -> Bool) -> [Int] {
            all.indices.filter {
                isMeant(all[$0]["parameters"] as? [String: Any] ?? [:], all[$0]["replicate"] as? Int ?? -1)
            }
        }
        #expect(try numbers("sampleCount=2...6") == expected { place, _ in place["sampleCount"] as? Int != 10 })
        #expect(try numbers("sampleCount=2...10:8") == expected { place, _ in place["sampleCount"] as? Int != 6 })
        let some = try numbers("sampleCount=6...99,2,method=pca,denoiser,replicate=1...2")
        #expect(
            some
                == expected { place, replicate in
                    place["method"] as? String != "denoiserExact" && (1...2).contains(replicate)
                })
    }

    @Test func aQuietRunSaysNothing() throws {
        let finished = try Running(
            ["run", "molrg-k1", "--preset", "small", "--set", "steps=10", "--workers", "1", "--quiet"],
            in: scratch.url
        ).finish()
        #expect(finished.status == 0 && finished.errors == "" && finished.output == "")
        let contradiction = try scratch.run("resume", "runs/molrg-k1", "--quiet", "--log-level", "info")
        #expect(contradiction.status == 64)
    }
}
