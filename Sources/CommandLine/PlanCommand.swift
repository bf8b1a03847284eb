internal import ArgumentParser
import Foundation
internal import SweepGrid

struct PlanCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Shows what a sweep would compute and what it would cost, without computing anything.",
        discussion: """
            The cost is the experiments' own estimate for one core of a recent machine.

            EXAMPLES
              phasemap plan molrg-k1
              phasemap plan molrg-k1 --set sampleCount=2...30:4 --replicates 100
              phasemap plan molrg-k1 --preset small --budget 24
              phasemap plan molrg-k1 --json
            """)

    @OptionGroup var selection: SweepSelection

    @Option(help: "Refuse (exit status 1) what costs more than this many core hours.")
    var budget: Double?

    @Flag(help: "Print the plan as JSON.")
    var json = false

    func validate() throws {
        if let budget, !(budget > 0) { throw ValidationError("--budget \(budget) is not a positive number of hours") }
    }

    func run() throws {
        let plan = Plan(try selection.freeze())
        if json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
            print(String(decoding: try encoder.encode(plan), as: UTF8.self))
        } else {
            print(plan.text)
        }
        if let budget, plan.coreHours > budget {
            throw CommandFailure(
                "sweep '\(plan.sweep)' costs about \(durationText(plan.coreHours * 3600)) of one core, more than the budget of "
                    + "\(durationText(budget * 3600)): choose a smaller preset, --set fewer values or lower --replicates"
            )
        }
    }
}

/// What a sweep would compute and cost.
struct Plan: Encodable {
    struct Axis: Encodable {
        var name: String
        var values: Int
        var first: String
        var last: String
    }

    struct Task: Encodable {
        var id: String
        var replicate: Int
        var point: String
    }

    struct Cell: Encodable {
        var point: String
        /// Seconds of one core for all replicates.
        var seconds: Double
    }

    var sweep: String
    var experiment: String
    var version: Int
    var designHash: String
    var axes: [Axis]
    var points: Int
    var boxCells: Int
    var replicates: Int
    var tasks: Int
    var firstTasks: [Task]
    var coreHours: Double
    var dearestCells: [Cell]

    init(_ run: FrozenRun) {
        let design = run.design
        sweep = run.sweep
        experiment = design.experiment
        version = design.version
        designHash = design.digest.description
        axes = design.dimensions.flatMap(\.coordinates).map { coordinate in
            Axis(
                name: coordinate.parameter, values: coordinate.values.count,
                first: coordinate.values.first?.description ?? "", last: coordinate.values.last?.description ?? "")
        }
        points = design.pointCount
        boxCells = design.boxCount
        replicates = design.replicates
        tasks = design.taskCount
        var identities = TaskIdentities(design)
        firstTasks = (0..<min(5, design.taskCount)).map { task in
            Task(
                id: identities[task].description, replicate: task % design.replicates,
                point: design.label(ofPoint: task / design.replicates))
        }
        let seconds = 1e-6 * Double(design.replicates)
        coreHours = run.work.runs.reduce(0) { $0 + $1.work * Double($1.count) } * seconds / 3600
        var starts: [(point: Int, work: Double)] = []
        var point = 0
        for stretch in run.work.runs {
            starts += (0..<min(3, stretch.count)).map { (point + $0, stretch.work) }
            point += stretch.count
        }
        dearestCells = starts.sorted { ($1.work, $0.point) < ($0.work, $1.point) }.prefix(3).map {
            Cell(point: design.label(ofPoint: $0.point), seconds: $0.work * seconds)
        }
    }

    var text: String {
        var lines = ["\(sweep): experiment \(experiment), version \(version), design \(designHash.prefix(12))", ""]
        lines.append(
            table(
                [["axis", "values", "from", "to"]] + axes.map { [$0.name, "\($0.values)", $0.first, $0.last] },
                indent: "  "))
        let kept = points == boxCells ? "" : " of \(grouped(boxCells)) in the box"
        lines += [
            "",
            "  \(counted(points, "point"))\(kept) × \(counted(replicates, "replicate")) = \(counted(tasks, "task"))",
            "  about \(durationText(coreHours * 3600)) of one core, \(durationText(coreHours * 1800)) on two", "",
            "  first tasks",
            table(
                firstTasks.map { [String($0.id.prefix(12)), "replicate \($0.replicate)", $0.point] }, indent: "    "),
            "", "  dearest cells",
            table(dearestCells.map { [durationText($0.seconds), $0.point] }, indent: "    "),
        ]
        return lines.joined(separator: "\n")
    }
}
