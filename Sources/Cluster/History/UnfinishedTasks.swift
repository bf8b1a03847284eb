internal import Journal
package import Results
internal import Scheduling
internal import SweepGrid

extension Merge {
    /// Takes from the journals of the runs which tasks were given up or cancelled, so that the merged file says so.
    ///
    /// A run without a journal has none of them.
    ///
    /// - Returns: sentences about journals that cannot be read; their tasks count as missing.
    package mutating func takeStates(of paths: [String]) -> [String] {
        var faults: [String] = []
        for path in paths {
            let directory = RunDirectory(path)
            guard Disk.exists(directory.journal), let run = try? directory.readRun() else { continue }
            do throws(JournalError) {
                unfinished[directory.path] = try Self.states(of: directory, run.design)
            } catch {
                faults.append("\(error); tasks that were given up count as missing")
            }
        }
        return faults
    }

    private static func states(of directory: RunDirectory, _ design: Design) throws(JournalError) -> [UnfinishedTasks] {
        var scheduler = Scheduler(taskCount: design.taskCount, tasksPerPoint: design.replicates) { _ in 1 }
        try JournalReader(directory.journal, design: design.digest).read { record in
            if let fact = record.fact { scheduler.apply(fact) }
        }
        var found: [UnfinishedTasks] = []
        for task in 0..<design.taskCount {
            let status: TaskStatus
            switch scheduler.state(of: task) {
            case .failed: status = .failed
            case .cancelled: status = .cancelled
            default: continue
            }
            if let last = found.last, last.status == status, last.tasks.upperBound == task {
                found[found.count - 1].tasks = last.tasks.lowerBound..<task + 1
            } else {
                found.append(UnfinishedTasks(task..<task + 1, status))
            }
        }
        return found
    }
}
