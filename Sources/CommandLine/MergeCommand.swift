internal import ArgumentParser
internal import Cluster
import Foundation
internal import Results
internal import SweepGrid

struct MergeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "merge", abstract: "Merges the shards of runs into one phase-diagram file.",
        discussion: """
            Works at any time, also while the run goes on: what is missing is marked so. The same results give the same \
            bytes, whatever the workers, the order or the failures. Several directories may be merged when their runs are of \
            one family (experiment, version, seed, measurements, paired axes); the file then has the first run's grid.

            EXAMPLES
              phasemap merge runs/molrg-k1
              phasemap merge runs/part-1 runs/part-2 --into all.h5
              phasemap merge runs/molrg-k1 --success 'recoveryError<0.3'
            """)

    @Argument(help: "Run directories.")
    var directories: [String]

    @Option(
        help: ArgumentHelp(
            "Where the file goes; by default phase-diagram.h5 in the first directory.", valueName: "file"))
    var into: String?

    @Option(
        help: ArgumentHelp(
            "Another rule of success: measurement<threshold or measurement>threshold. No task runs again.",
            valueName: "rule"))
    var success: String?

    func run() throws {
        guard !directories.isEmpty else { throw CommandFailure("name at least one run directory to merge", .usage) }
        let rule = try success.map { try SuccessRule(text: $0) }
        var merge = try Merge(directories.map { RunDirectory($0) })
        for fault in merge.takeStates(of: directories) { warn(fault) }
        if let rule {
            do throws(StorageError) { try merge.show(rule.replacingPrimary(of: merge.run.view)) } catch {
                throw CommandFailure("\(error)", .usage)
            }
        }
        let report = try merge.write(
            to: into, provenance: into.map { $0 + ".provenance.json" })
        print(report.summary)
        if !report.refused.isEmpty {
            throw CommandFailure(
                "\(counted(report.refused.count, "shard")) could not be used and \(report.refused.count == 1 ? "was" : "were") left out; "
                    + "run the sweep into the same directory again to compute what is missing")
        }
        if report.conflictCount > 0 {
            throw CommandFailure(
                "\(counted(report.conflictCount, "task")) \(report.conflictCount == 1 ? "has" : "have") two different results; "
                    + "neither was chosen, and the cells are marked incomplete: move the wrong shard to 'quarantine', and "
                    + "'phasemap resume' computes its tasks again", .tasksFailed)
        }
    }
}

/// Prints a sentence to the error stream.
func warn(_ text: String) { FileHandle.standardError.write(Data("\(text)\n".utf8)) }

extension MergeReport {
    /// What a merge did, for people.
    var summary: String {
        var lines = ["\(path): \(counted(count(.ok), "task")) ok"]
        for status in [TaskStatus.diverged, .failed, .cancelled, .missing] where count(status) > 0 {
            lines[0] += ", \(grouped(count(status))) \(status.name)"
        }
        lines[0] += ", from \(counted(shards.count, "shard"))"
        lines += conflicts.prefix(5).map(\.description)
        if conflictCount > 5 { lines.append("\(grouped(conflictCount)) tasks have two different results") }
        if outside > 0 {
            lines.append(
                "left out \(counted(outside, "result")) of tasks that the first run does not have; 'phasemap extend' adds points to it"
            )
        }
        for refusal in refused { lines.append("left out \(refusal.path): it \(refusal.problem)") }
        return lines.joined(separator: "\n")
    }
}

extension SuccessRule {
    /// Reads `measurement<threshold` or `measurement>threshold`.
    init(text: String) throws {
        guard let sign = text.firstIndex(where: { $0 == "<" || $0 == ">" }),
            let threshold = Double(text[text.index(after: sign)...].filter { $0 != " " }), threshold.isFinite
        else {
            throw CommandFailure(
                "'--success \(text)' is not of the form measurement<threshold or measurement>threshold", .usage)
        }
        self.init(
            measurement: String(text[..<sign].filter { $0 != " " }), side: text[sign] == "<" ? .below : .above,
            threshold: threshold)
    }

    /// The view with this rule first, and with its figures of the replaced rule judged by it.
    func replacingPrimary(of view: View) -> View {
        var view = view
        let old = view.success.first
        view.success = [self] + view.success.dropFirst().filter { $0 != self }
        for index in view.figures.indices where view.figures[index].success == old && old != nil {
            view.figures[index].success = self
            view.figures[index].measurement = measurement
        }
        return view
    }
}
