extension Ledger {
    /// Takes the open tasks of a point out of the run, because two results of one of its tasks differ.
    mutating func stop(point: Int, _ backlog: inout Backlog) {
        stoppedPoints.insert(point)
        let range = valid(point * tasksPerPoint..<(point + 1) * tasksPerPoint)
        backlog.queue.remove(range)
        for task in range where tasks.status[task] == .open {
            retryAt[task] = nil
            tasks.set(task, .stopped)
            forgetCheckpoints(of: task..<task + 1, &backlog)
        }
    }

    /// Lets points go on of which no task has two different results any more.
    mutating func forgetConflicts(of range: Range<Int>, _ backlog: inout Backlog) {
        var points: Set<Int> = []
        for task in conflicts where range.contains(task) { points.insert(task / tasksPerPoint) }
        conflicts = conflicts.filter { !range.contains($0) }
        for point in points.subtracting(conflicts.map { $0 / tasksPerPoint }).sorted() {
            stoppedPoints.remove(point)
            for task in valid(point * tasksPerPoint..<(point + 1) * tasksPerPoint) where tasks.status[task] == .stopped
            {
                tasks.set(task, .open)
                if suspects[task] == nil {
                    backlog.queue.insert(task..<task + 1)
                } else {
                    backlog.queue.insert(suspect: task)
                }
            }
        }
    }
}
