import Foundation
import Testing

@testable import CommandLine

/// The commands that start no workers.
@Suite struct CommandTests {
    /// Scenario 25: the limits of a worker are given as people write times.
    @Test(arguments: [("90", 90.0), ("90s", 90), ("1.5m", 90), ("12h", 43_200), ("2d", 172_800), ("0", 0)])
    func timesAreReadWithTheirUnit(text: String, seconds: Double) {
        #expect(TimeSpan(argument: text)?.seconds == seconds)
    }

    @Test(arguments: ["", "h", "-1", "1w", "nan", "1e12d", "1 h"]) func otherTimesAreRefused(text: String) {
        #expect(TimeSpan(argument: text) == nil)
    }

    private let scratch: Scratch

    init() throws { scratch = try Scratch() }

    @Test func listNamesEverySweepWithItsSize() throws {
        let list = try scratch.run("list")
        #expect(list.status == 0)
        #expect(list.output.contains("molrg-k1  (presets: small, desk, paper, noisy)"))
        #expect(list.output.contains("claims: pca, exact, threshold, margin, cells; controls: noise"))
        #expect(list.output.contains("intrinsicDimension 7 × sampleCount 14 × method 3 × 20 replicates = 5 880 tasks"))
    }

    @Test func listNamesClaimsAndControlsForScripts() throws {
        let lines = try scratch.run("list", "--claims").output.split(whereSeparator: \.isNewline)
        #expect(
            lines.contains("molrg-k1 claim pca")
                && lines.contains("molrg-k1 control noise pca exact threshold margin cells"))
        #expect(lines.allSatisfy { $0.split(separator: " ").count >= 3 })
    }

    @Test func planTellsPointsTasksAndCost() throws {
        let plan = try scratch.run("plan", "molrg-k1")
        #expect(plan.status == 0)
        #expect(plan.output.contains("294 points × 20 replicates = 5 880 tasks"))
        #expect(plan.output.contains("first tasks") && plan.output.contains("dearest cells"))
        let json = try scratch.run("plan", "noop", "--set", "index=1...1000000", "--json")
        let decoded = try #require(try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
        #expect(decoded["tasks"] as? Int == 1_000_000)
        #expect((decoded["firstTasks"] as? [Any])?.count == 5)
    }

    @Test func planRefusesWhatCostsMoreThanTheBudget() throws {
        let plan = try scratch.run("plan", "molrg-k1", "--budget", "0.0001")
        #expect(plan.status == 1)
        #expect(plan.errors.contains("more than the budget"))
        #expect(try scratch.run("plan", "molrg-k1", "--budget", "10").status == 0)
    }

    @Test func tryPrintsTheMeasurementsOfOneTask() throws {
        let point = "sampleCount=6,intrinsicDimension=4,method=pca"
        let tried = try scratch.run("try", "molrg-k1", "--at", point, "--replicate", "3", "--json")
        #expect(tried.status == 0)
        let decoded = try #require(try JSONSerialization.jsonObject(with: Data(tried.output.utf8)) as? [String: Any])
        let error = try #require((decoded["scalars"] as? [String: Any])?["recoveryError"] as? Double)
        #expect(error < 1e-6)
        #expect(decoded["status"] as? String == "ok")
        let again = try scratch.run("try", "molrg-k1", "--at", point, "--replicate", "3", "--json")
        let second = try #require(try JSONSerialization.jsonObject(with: Data(again.output.utf8)) as? [String: Any])
        #expect(second["resultHash"] as? String == decoded["resultHash"] as? String)
    }

    @Test func tryWritesTheArraysThatATaskKeeps() throws {
        let directory = scratch.path("arrays")
        let tried = try scratch.run("try", "mcm-learning-rate", "--at", "engine=full", "--json", "--keep", directory)
        #expect(tried.status == 0)
        let decoded = try #require(try JSONSerialization.jsonObject(with: Data(tried.output.utf8)) as? [String: Any])
        let names = try FileManager.default.contentsOfDirectory(atPath: directory)
        #expect(names.count == 1)
        let name = try #require(names.first)
        let task = try #require(decoded["task"] as? String)
        #expect(name.hasPrefix("direction-\(task)-") && name.hasSuffix(".npy"))
        let bytes = try #require(FileManager.default.contents(atPath: directory + "/" + name))
        // 16 coordinates of a unit vector.
        let values = stride(from: 128, to: bytes.count, by: 8).map { start in
            Double(bitPattern: (0..<8).reduce(0) { $0 | UInt64(bytes[start + $1]) << (8 * $1) })
        }
        #expect(values.count == 16)
        #expect(abs(values.reduce(0) { $0 + $1 * $1 } - 1) < 1e-5)
    }

    /// Each mistake: the arguments, and what the one sentence must say. What cannot be understood ends with status 64, what is
    /// understood and cannot be done with 1.
    @Test(arguments: [
        (["plan", "molrg-k2"], "there is no sweep 'molrg-k2'; did you mean 'molrg-k1'?", 64),
        (
            ["run", "molrg-k1", "--set", "sampelCount=3"],
            "there is no axis 'sampelCount'; did you mean 'sampleCount'?", 64
        ),
        (["run", "molrg-k1", "--set", "method=pac"], "axis 'method' has no value 'pac'; did you mean 'pca'?", 64),
        (["run", "molrg-k1", "--set", "sampleCount"], "is not of the form axis=values", 64),
        (["run", "molrg-k1", "--preset", "smal"], "there is no preset 'smal'; did you mean 'small'?", 64),
        (["run", "molrg-k1", "--replicates", "0"], "replicates is 0", 64),
        (["run", "molrg-k1", "--workers", "0"], "--workers 0", 64),
        (["run", "molrg-k1", "--set", "intrinsicDimension=60"], "does not fit into 48 dimensions", 64),
        (
            ["plan", "collapse-finite-size", "--set", "alpha=0.5,20"],
            "at alpha 20.0, dimension 8, and sampleCount must be in 2...200000: alpha must be at most 1.525 there", 64
        ),
        (["try", "molrg-k1", "--at", "sampleCount=2...3"], "is more than one value", 64),
        (["try", "molrg-k1", "--replicate", "-1"], "replicate", 64),
        (["show", "nowhere"], "there is no 'nowhere'", 1),
        (["plot", "nowhere.h5"], "there is no 'nowhere.h5'", 1),
        (["export", "/dev/null", "--csv"], "/dev/null", 1),
        (["merge", "nowhere"], "nowhere", 1),
        (["status", "nowhere"], "nowhere", 1),
        (["status", "tcp://127.0.0.1:1"], "127.0.0.1:1", 1),
        (["worker", "--connect", "nonsense"], "nonsense", 64),
        (["coordinate", "noop", "--bind", "nonsense", "--into", "run"], "nonsense", 64),
        (["run", "noop", "--into", "/proc/none/run"], "/proc/none", 1),
        (["frobnicate"], "frobnicate", 64),
        (["try", "molrg-k1", "--at", "samplecount=3"], "did you mean 'sampleCount'?", 64),
        (["worker", "--connect", "tcp://node1"], "'tcp://node1' is no endpoint", 64),
        (["status", "tcp://node1:port"], "'tcp://node1:port' is no endpoint", 64),
        (["merge", "nowhere", "--success", "recoveryError"], "is not of the form measurement<threshold", 64),
        (["keys", "add", "a/b", "--role", "worker"], "'a/b' is no name for a key", 64),
        (["tasks", "nowhere", "--limit=-1"], "--limit -1 is negative", 64),
        (["tasks", "nowhere"], "nowhere", 1),
    ])
    func aMistakeIsAnsweredWithASentence(_ arguments: [String], _ sentence: String, _ status: Int32) throws {
        let finished = try Running(arguments, in: scratch.url).finish()
        #expect(finished.status == status, "\(finished.errors)")
        #expect(finished.errors.contains(sentence), "\(finished.errors)")
        #expect(!finished.errors.contains("Fatal"))
    }

    @Test func everyCommandHasHelpWithAnExample() throws {
        for command in [
            "list", "plan", "try", "run", "coordinate", "worker", "status", "merge", "plot", "show", "export",
        ] {
            let help = try scratch.run(command, "--help")
            #expect(help.status == 0)
            #expect(help.output.contains("EXAMPLE") && help.output.contains("phasemap \(command)"), "\(command)")
        }
    }
}
