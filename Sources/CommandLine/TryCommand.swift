internal import ArgumentParser
import Foundation
internal import Results
internal import SweepGrid

struct TryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "try", abstract: "Computes one task in the foreground and prints what it measured.",
        discussion: """
            No workers, and no files but those that --keep asks for: the quickest way to look at an experiment. Axes that --at leaves out take the first \
            value of the sweep. The task is the one that a run computes at that point, with the same random streams.

            EXAMPLES
              phasemap try molrg-k1 --at sampleCount=6,intrinsicDimension=4,method=denoiser
              phasemap try molrg-k1 --at sampleCount=6 --replicate 3 --json
              phasemap try mcm-learning-rate --at engine=full --keep arrays
            """)

    @OptionGroup var selection: SweepSelection

    @Option(help: ArgumentHelp("The point: one value for each axis.", valueName: "axis=value,..."))
    var at: String = ""

    @Option(help: "The replicate, from 0.")
    var replicate: Int = 0

    @Flag(help: "Print the measurements as JSON.")
    var json = false

    @Option(
        help: ArgumentHelp(
            "Write the arrays that the task keeps into a directory, as NumPy files named after array, task and contents.",
            valueName: "directory"))
    var keep: String?

    func validate() throws {
        guard (0..<1 << 31).contains(replicate) else {
            throw ValidationError("--replicate \(replicate) is out of range; replicates count from 0")
        }
    }

    func run() throws {
        let place = try at.split(separator: ",").map { try SweepSelection.override(String($0), option: "--at") }
        let (frozen, point) = try find(place)
        let design = frozen.design
        let experiment = try Catalog.current.sweep(selection.sweep).experiment
        let host = ForegroundHost(isKeeping: keep != nil)
        let clock = ContinuousClock()
        let start = clock.now
        let result: TaskResult
        do {
            result = try experiment.run(
                design.values(ofPoint: point), schema: design.schema,
                in: Context(streams: design.streams(point: point, replicate: replicate), host: host))
        } catch {
            throw CommandFailure("the task at \(design.label(ofPoint: point)) failed: \(error)")
        }
        host.end()
        let elapsed = clock.now - start
        let seconds = Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) * 1e-18
        let outcome = TaskOutcome(result, of: frozen, point: point, replicate: replicate, seconds: seconds)
        print(json ? try outcome.json() : outcome.text)
        if let keep { try write(host.kept, of: TaskOutcome.identity(frozen, point, replicate), into: keep) }
    }

    /// Writes the arrays of a task; says on the standard error where, so that the output stays that of the task.
    private func write(_ arrays: [ForegroundHost.Artefact], of task: TaskID, into directory: String) throws {
        for array in arrays {
            let path = try ArrayFile.write(
                array.values, shape: array.shape, named: array.name, of: task, in: directory)
            FileHandle.standardError.write(Data("kept \(path)\n".utf8))
        }
        if arrays.isEmpty { FileHandle.standardError.write(Data("the task keeps no arrays\n".utf8)) }
    }
}

extension TryCommand {
    /// The first point of the sweep that has the given values; a point outside the sweep when none has.
    private func find(_ place: [Sweep.Options.Override]) throws -> (FrozenRun, point: Int) {
        let frozen = try selection.freeze()
        let names = frozen.design.parameters.map(\.name)
        for (index, axis) in place.enumerated() {
            guard names.contains(axis.axis) else {
                throw CommandFailure(
                    "there is no axis '\(axis.axis)'\(suggestion(for: axis.axis, among: names))", .usage)
            }
            if place[..<index].contains(where: { $0.axis == axis.axis }) {
                throw CommandFailure("--at gives '\(axis.axis)' twice; a task is at one point", .usage)
            }
        }
        let wanted = place.compactMap { axis in names.firstIndex(of: axis.axis).map { ($0, axis.text) } }
        for point in 0..<frozen.design.pointCount {
            let values = frozen.design.values(ofPoint: point)
            if wanted.allSatisfy({ values[$0].isWritten($1) }) { return (frozen, point) }
        }
        let outside = try selection.freeze(overriding: place)
        for axis in place where (outside.design.coordinate(axis.axis)?.values.count ?? 1) > 1 {
            throw CommandFailure(
                "--at \(axis.axis)=\(axis.text) is more than one value; a task is at one point", .usage)
        }
        FileHandle.standardError.write(Data("this point is not in the sweep; it is computed all the same\n".utf8))
        return (outside, 0)
    }
}

extension Value {
    /// Whether a user may write this value so.
    func isWritten(_ text: String) -> Bool {
        if case .real(let real) = self { return Double(text) == real }
        return description == text
    }
}

/// What one task measured, for people and programs.
struct TaskOutcome: Encodable {
    struct Curve: Encodable {
        var along: String
        var coordinates: [Double]
        var values: [Double]
    }

    var task: String
    var point: [String: String]
    var replicate: Int
    var status: String
    var seconds: Double
    var resultHash: String
    var scalars: [String: Double] = [:]
    var curves: [String: Curve] = [:]
    private var label = ""
    private var lines: [[String]] = []

    private enum CodingKeys: String, CodingKey {
        case task, point, replicate, status, seconds, resultHash, scalars, curves
    }

    init(_ result: TaskResult, of run: FrozenRun, point number: Int, replicate: Int, seconds: Double) {
        let design = run.design
        task = Self.identity(run, number, replicate).description
        let values = design.values(ofPoint: number)
        point = Dictionary(uniqueKeysWithValues: zip(design.parameters.map(\.name), values.map(\.description)))
        self.replicate = replicate
        status = result.status.name
        self.seconds = seconds
        resultHash = result.digest().description
        label = design.label(ofPoint: number)
        var lengths = result.lengths[...]
        for measurement in design.schema.measurements {
            guard let columns = design.schema.columns(of: measurement.name) else { continue }
            let unit = measurement.unit.isEmpty ? "" : " \(measurement.unit)"
            guard let name = measurement.dimension, let dimension = design.schema.dimension(name) else {
                let value = result.values[columns.lowerBound]
                scalars[measurement.name] = value
                lines.append([measurement.name, "\(rounded(value))\(unit)", measurement.longName])
                continue
            }
            let length = lengths.popFirst() ?? 0
            let used = Array(result.values[columns].prefix(length))
            curves[measurement.name] = Curve(
                along: name, coordinates: Array(dimension.coordinates.prefix(length)), values: used)
            if let first = used.first, let last = used.last {
                lines.append([
                    measurement.name, "\(rounded(first))\(unit) → \(rounded(last))\(unit)", "\(measurement.longName)",
                ])
                lines.append(["", sparkline(used), "along \(dimension.longName)"])
            }
        }
    }

    /// The ID of a task, also of a replicate that the run does not have.
    static func identity(_ run: FrozenRun, _ point: Int, _ replicate: Int) -> TaskID {
        var design = run.design
        design.replicates = max(design.replicates, replicate + 1)
        return design.taskID(point * design.replicates + replicate)
    }

    var text: String {
        """
        task \(task.prefix(12)) at \(label), replicate \(replicate): \(status) in \(durationText(seconds))
        \(table(lines, indent: "  "))
        """
    }

    func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
}
