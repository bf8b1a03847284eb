internal import Cluster
import Foundation
internal import Plotting
internal import Results

/// Merges a run's shards and draws its figures.
///
/// - Returns: lines that name the files.
func mergeAndDraw(_ directory: String, workers: [WorkerRecord]) throws -> [String] {
    var merge = try Merge([RunDirectory(directory)])
    for fault in merge.takeStates(of: [directory]) { warn(fault) }
    for (index, worker) in workers.enumerated() {
        merge.notes["worker \(index + 1)"] = "\(worker.host), \(counted(worker.slots, "slot")), build \(worker.build)"
    }
    let report = try merge.write()
    var lines = [report.summary]
    do {
        lines += try FigureFiles.draw(try PhaseDiagramFile(report.path), into: directory)
    } catch let error as PlottingError {
        throw CommandFailure("\(report.path) is complete, but its figures could not be drawn: \(error)")
    }
    return lines
}
