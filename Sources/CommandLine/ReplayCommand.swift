internal import ArgumentParser
import Foundation
internal import SweepGrid
import Synchronization

struct ReplayCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay", abstract: "Computes one task of a run again in this process and compares its bytes.",
        discussion: """
            The task has the streams and the arithmetic that the run is bound to, so its result must have the bytes that are \
            committed; exit status 1 when it has not. The run is not changed. TASK is a number, at least six digits of an ID, or \
            a place in the grid. With --keep the artefacts that the experiment offers are written as NAME.npy (NumPy's format, \
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
        let kept = KeptArtefacts()
        let host = ForegroundHost { kept.take($0, $1, shape: $2) }
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
        if let keep {
            let place = into ?? "replay-\(design.taskID(task).description.prefix(12))"
            let paths = try kept.write(keep, into: place)
            for path in paths { note("wrote \(path)") }
            if paths.isEmpty { note("the task keeps no artefact") }
        }
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

    /// Said beside the measurements, so that JSON stays JSON.
    private func note(_ text: String) {
        if json { FileHandle.standardError.write(Data("\(text)\n".utf8)) } else { print(text) }
    }
}

/// The artefacts that a task handed over, in memory until it has ended.
final class KeptArtefacts: Sendable {
    private let arrays = Mutex<[(name: String, values: [Double], shape: [Int])]>([])

    func take(_ name: String, _ values: [Double], shape: [Int]) {
        arrays.withLock { $0.append((name, values, shape)) }
    }

    /// Writes one of them, or all, as NumPy files; a name that comes again gets a number behind it.
    ///
    /// - Returns: the paths.
    func write(_ wanted: String, into directory: String) throws -> [String] {
        let all = arrays.withLock { $0 }
        let chosen = wanted == "all" ? all : all.filter { $0.name == wanted }
        guard !chosen.isEmpty || wanted == "all" else {
            let names = all.map(\.name).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
            throw CommandFailure(
                names.isEmpty
                    ? "the task keeps no artefact"
                    : "the task keeps no artefact '\(wanted)', but \(names.joined(separator: ", "))")
        }
        do {
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
            var counts: [String: Int] = [:]
            return try chosen.map { name, values, shape in
                let file = Self.fileName(name)
                counts[file, default: 0] += 1
                let number = counts[file, default: 1]
                let path = "\(directory)/\(file)\(number > 1 ? "-\(number)" : "").npy"
                try Data(NumPyFile.bytes(values, shape: shape)).write(to: URL(fileURLWithPath: path), options: .atomic)
                return path
            }
        } catch let error as CocoaError {
            throw CommandFailure("the artefacts cannot be written to '\(directory)': \(error.localizedDescription)")
        }
    }

    /// A name that no experiment can lead out of the directory with.
    static func fileName(_ name: String) -> String {
        let safe = name.prefix(100).map { $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0)) ? $0 : "_" }
        return safe.isEmpty || safe[0] == "." ? "_" + String(safe) : String(safe)
    }
}

/// An array in NumPy's file format, version 1.0: `numpy.load` reads it.
enum NumPyFile {
    /// Float64, little-endian, row-major. A shape that does not fit the values is written as one dimension.
    static func bytes(_ values: [Double], shape: [Int]) -> [UInt8] {
        let fits = shape.allSatisfy { $0 >= 0 } && shape.reduce(1, &*) == values.count
        let shape = fits ? shape : [values.count]
        let dimensions = shape.map { "\($0)," }.joined(separator: " ")
        var header = "{'descr': '<f8', 'fortran_order': False, 'shape': (\(dimensions)), }"
        // The data begin at a multiple of 64 bytes; the header ends with a line feed.
        header += String(repeating: " ", count: (64 - (10 + header.utf8.count + 1) % 64) % 64) + "\n"
        var bytes: [UInt8] = [0x93] + Array("NUMPY".utf8) + [1, 0]
        bytes += [UInt8(header.utf8.count & 0xFF), UInt8(header.utf8.count >> 8)] + Array(header.utf8)
        bytes.reserveCapacity(bytes.count + 8 * values.count)
        for value in values { withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes.append(contentsOf: $0) } }
        return bytes
    }
}
