internal import ArgumentParser
import Foundation
internal import Results
internal import SweepGrid

struct ReplayCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay", abstract: "Computes one task of a run again in this process and compares its bytes.",
        discussion: """
            The task has the streams and the arithmetic that the run is bound to, so its result must have the bytes that are \
            committed; exit status 1 when it has not. The run is not changed. TASK is a number, at least six digits of an ID, or \
            a place in the grid. With --keep the artefacts that the experiment offers are written as NAME-TASK-HASH.npy (NumPy's format, \
            float64).

            EXAMPLES
              phasemap replay runs/molrg-k1 17
              phasemap replay runs/molrg-k1 sampleCount=6,intrinsicDimension=4,method=denoiser,replicate=0
              phasemap replay runs/molrg-k1 3f2a9c --keep all --into artefacts
            """)

    @Argument(help: "The run directory.")
    var directory: String

    @Argument(help: "The task.")
    var task: String

    @Option(help: ArgumentHelp("Write this artefact, or all of them.", valueName: "all|name"))
    var keep: String?

    @Option(help: ArgumentHelp("Where artefacts go; by default replay-ID.", valueName: "dir"))
    var into: String?

    @Flag(help: "Go on with a warning on a host that does not have the run's arithmetic.")
    var anyway = false

    @Flag(help: "Print the measurements as JSON.")
    var json = false

    func run() throws {
        let replay = try TaskReplay(directory, anyway: anyway)
        let design = replay.run.design
        let tasks = try TaskSelector(task, in: design).tasks(in: design)
        guard let task = tasks.first?.lowerBound, tasks.count == 1, tasks[0].count == 1 else {
            let count = tasks.reduce(0) { $0 + $1.count }
            throw CommandFailure(
                "'\(task)' names \(counted(count, "task")), and one is replayed: add replicate=k or the other axes",
                .usage)
        }
        let host = ForegroundHost(isKeeping: keep != nil)
        let clock = ContinuousClock()
        let start = clock.now
        let result = try replay.compute(task, host: host)
        host.end()
        let elapsed = (clock.now - start).components
        let (point, replicate) = task.quotientAndRemainder(dividingBy: design.replicates)
        let outcome = TaskOutcome(
            result, of: replay.run, point: point, replicate: replicate,
            seconds: Double(elapsed.seconds) + Double(elapsed.attoseconds) * 1e-18)
        print(json ? try outcome.json() : outcome.text)
        if let keep { try write(keep, of: design.taskID(task), from: host.kept) }
        guard let committed = try replay.committed([task])[task] else {
            return note("the run has no result of this task to compare with")
        }
        guard committed.digest == result.digest() else {
            throw CommandFailure(
                "the result differs from the committed one in \(committed.origin): \(result.digest()) now, \(committed.digest) then"
            )
        }
        note("the same bytes as the committed result in \(committed.origin)")
    }

    /// Writes one of the arrays that the task kept, or all.
    private func write(_ wanted: String, of task: TaskID, from kept: [ForegroundHost.Artefact]) throws {
        let chosen = kept.filter { wanted == "all" || $0.name == wanted }
        guard !chosen.isEmpty else {
            let names = Set(kept.map(\.name)).sorted()
            guard wanted != "all" else { return note("the task keeps no artefact") }
            throw CommandFailure(
                names.isEmpty
                    ? "the task keeps no artefact"
                    : "the task keeps no artefact '\(wanted)', but \(names.joined(separator: ", "))")
        }
        let place = into ?? "replay-\(task.description.prefix(12))"
        for array in chosen {
            note(
                "wrote \(try ArrayFile.write(array.values, shape: array.shape, named: array.name, of: task, in: place))"
            )
        }
    }

    /// Said beside the measurements, so that JSON stays JSON.
    private func note(_ text: String) {
        if json { FileHandle.standardError.write(Data("\(text)\n".utf8)) } else { print(text) }
    }
}
