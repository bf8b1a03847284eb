import Diffusion
import Foundation
import SweepGrid

/// Runs real sweeps through the real program: a coordinator process and two workers with a slot each.
///
/// `throughput PHASEMAP` takes the path of a release build. Goals: noop with 10^6 tasks at 20 000 tasks/s or more and a
/// coordinator of at most 200 MB, every value recomputed from the task's identity; molrg-k1 in at most 90 s.
@main
enum Throughput {
    static func main() throws {
        guard let program = ProcessInfo.processInfo.arguments.dropFirst().first else {
            print("usage: throughput PATH-OF-PHASEMAP")
            exit(2)
        }
        let scratch = FileManager.default.temporaryDirectory.appending(path: "phasemap-throughput-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: scratch) }

        let count = 1_000_000
        let noop = scratch.appending(path: "noop").path
        let used = try run(
            program, ["run", "noop", "--set", "index=1...\(count)", "--workers", "2", "--into", noop, "--quiet"])
        print(
            String(
                format:
                    "noop, %d tasks: %.1f s, %.0f tasks/s, coordinator %.0f MB and %.2f us of processor time a task",
                count, used.seconds, Double(count) / used.seconds, used.megabytes, used.processor / Double(count) * 1e6)
        )
        let wrong = try mistakes(in: noop, of: count, program)
        precondition(wrong == 0, "\(wrong) values of the merged file are wrong")
        print("noop: all \(count) values of the merged file recomputed and equal")

        let figure = scratch.appending(path: "molrg-k1").path
        let drawn = try run(program, ["run", "molrg-k1", "--workers", "2", "--into", figure, "--quiet"])
        precondition(FileManager.default.fileExists(atPath: figure + "/phase-diagram.pdf"), "there is no figure")
        print(String(format: "molrg-k1, 5880 tasks with shards, merge and figures: %.1f s", drawn.seconds))
    }

    private struct Use {
        var seconds: Double
        /// Peak resident memory of the process itself, without its children.
        var megabytes: Double
        /// Processor time of the process itself, merge included.
        var processor: Double
    }

    /// Runs the program and measures it by what its /proc entry says as long as it is there.
    private static func run(_ program: String, _ arguments: [String]) throws -> Use {
        let clock = ContinuousClock()
        let start = clock.now
        let process = try Process.run(URL(fileURLWithPath: program), arguments: arguments)
        var use = Use(seconds: 0, megabytes: 0, processor: 0)
        while process.isRunning {
            Thread.sleep(forTimeInterval: 0.02)
            let folder = "/proc/\(process.processIdentifier)/"
            if let status = try? String(contentsOfFile: folder + "status", encoding: .utf8),
                let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") }),
                let kilobytes = line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap({ Double($0) })
            {
                use.megabytes = max(use.megabytes, kilobytes / 1024)
            }
            if let stat = try? String(contentsOfFile: folder + "stat", encoding: .utf8),
                let name = stat.lastIndex(of: ")")
            {
                let fields = stat[stat.index(after: name)...].split(separator: " ")
                if fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) {
                    use.processor = max(use.processor, (user + system) / Double(sysconf(Int32(_SC_CLK_TCK))))
                }
            }
        }
        process.waitUntilExit()
        precondition(process.terminationStatus == 0, "phasemap \(arguments.joined(separator: " ")) failed")
        let elapsed = (clock.now - start).components
        use.seconds = Double(elapsed.seconds) + Double(elapsed.attoseconds) * 1e-18
        return use
    }

    /// How many values differ from the first word of the task's stream, which the identity of the task gives anew.
    private static func mistakes(in directory: String, of count: Int, _ program: String) throws -> Int {
        let table = directory + "/tasks.csv"
        let export = try Process.run(
            URL(fileURLWithPath: program), arguments: ["export", directory, "--csv", "--into", table])
        export.waitUntilExit()
        precondition(export.terminationStatus == 0, "phasemap export failed")
        let sweep = Sweep("noop", of: Noop.self) { Axis(\.index, Array(1...count)) }
        let design = try sweep.freeze().design
        let keys = StreamKeys(design)
        var wrong = 0
        var rows = 0
        // Columns: task, index, replicate, status, word.
        for line in try String(contentsOfFile: table, encoding: .utf8).utf8.split(separator: UInt8(ascii: "\n"))
            .dropFirst()
        {
            let fields = line.split(separator: UInt8(ascii: ",")).map {
                String(Substring($0)).filter { !$0.isWhitespace }
            }
            guard fields.count == 5, let task = Int(fields[0]), task < count, fields[3] == "ok" else {
                wrong += 1
                continue
            }
            var stream = keys.stream("word", point: task, replicate: 0)
            if Double(fields[4]) != Double(stream.nextWord()) || Int(fields[1]) != task + 1 { wrong += 1 }
            rows += 1
        }
        return wrong + abs(count - rows)
    }
}
