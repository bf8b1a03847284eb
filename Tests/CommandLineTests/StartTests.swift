import Foundation
import SweepGrid
import Testing

@testable import CommandLine

/// What commands say when they cannot begin, or cannot say it.
@Suite(.serialized) struct StartTests {
    private let scratch: Scratch

    init() throws { scratch = try Scratch() }

    @Test func aWorkerThatReachesNobodySaysWhatItSaw() throws {
        let worker = try Running(["worker", "--connect", "tcp://127.0.0.1:9", "--count", "1"], in: scratch.url)
        let sentence =
            "waiting for the coordinator at tcp://127.0.0.1:9: the connection is refused: nobody listens at that port"
        let deadline = Date(timeIntervalSinceNow: 60)
        while !worker.errorsSoFar.contains(sentence), Date() < deadline { Thread.sleep(forTimeInterval: 0.05) }
        #expect(worker.errorsSoFar.contains(sentence))
        kill(worker.identifier, SIGKILL)
        _ = try worker.finish()
    }

    @Test func aFullDiskUnderTheOutputIsAnError() throws {
        let run = try scratch.run(
            "run", "molrg-k1", "--preset", "small", "--set", "method=pca,denoiser", "--set", "steps=200", "--into",
            scratch.path("run"))
        #expect(run.status == 0, "\(run.errors)")
        for command in [["export", scratch.path("run")], ["list"]] {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: program)
            process.arguments = command
            process.standardOutput = FileHandle(forWritingAtPath: "/dev/full")
            let errors = Pipe()
            process.standardError = errors
            try process.run()
            let text = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            process.waitUntilExit()
            #expect(process.terminationStatus == 1)
            #expect(text.hasSuffix("No space left on device\n") && !text.contains("NSError"), "\(text)")
        }
        let file = try scratch.run("export", scratch.path("run"), "--into", scratch.path("nowhere/tasks.csv"))
        #expect(file.status == 1)
        #expect(
            file.errors.contains(
                "cannot be written to '\(scratch.path("nowhere/tasks.csv"))': No such file or directory"))
    }

    @Test func aSweepThatCannotBeExpandedIsListedWithItsMistakes() {
        let broken = Sweep("broken", of: Idle.self, "Never runs.", replicates: 0) { Axis(\.count, [0]) }
        #expect(
            ListCommand.text(of: broken) == """
                broken
                    Never runs.
                    cannot be expanded: replicates is 0, it must be at least 1
                    cannot be expanded: count=0 is below the smallest allowed value 1
                """)
        let single = Sweep("single", of: Idle.self) { Axis(\.count, [1, 2]) }
        #expect(ListCommand.text(of: single) == "single\n    count 2 × 1 replicate = 2 tasks")
    }
}

/// An experiment that does nothing.
private enum Idle: Experiment {
    struct Parameters: Sendable { var count = 1 }
    struct Measurements: Sendable { var value = 0.0 }

    static let name = "idle"
    static let version = 1
    static let defaults = Parameters()
    static let parameters: [Parameter<Parameters>] = [Parameter(\.count, "count", "a number", in: 1...)]
    static let measurements = [SweepGrid.Measurement<Parameters, Measurements>(\.value, "value", "nothing")]
    static func work(_ parameters: Parameters) -> Double { 1 }
    static func run(_ parameters: Parameters, in context: Context) throws -> Measurements { Measurements() }
}
