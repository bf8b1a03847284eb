internal import HeapModule

/// The open tasks: those ready to be leased by falling cost class, those that failed before and are ready again, and
/// those that wait for the end of a pause.
///
/// The queue follows from the ledger and the time; it is never stored.
struct TaskQueue: Sendable {
    /// A task that waits until a moment.
    private struct Pause: Comparable, Sendable {
        let end: Instant
        let task: Int

        static func < (left: Pause, right: Pause) -> Bool { (left.end, left.task) < (right.end, right.task) }
    }

    /// The cost class of each point.
    private let pointClass: [UInt8]
    private let tasksPerPoint: Int
    /// The classes that occur, dearest first.
    let classes: [UInt8]
    private var ready: [TaskSet]
    private var pauses = Heap<Pause>()
    private(set) var pausedUntil: [Int: Instant] = [:]
    /// Tasks that failed before and are ready: who gets them depends on where they failed.
    private(set) var suspects = TaskSet()
    /// How many tasks are ready, suspects apart.
    private(set) var count = 0

    init(taskCount: Int, tasksPerPoint: Int, pointClass: [UInt8]) {
        self.tasksPerPoint = tasksPerPoint
        self.pointClass = pointClass
        var occurs = [Bool](repeating: false, count: CostModel.classCount)
        for costClass in pointClass { occurs[Int(costClass)] = true }
        classes = (0..<CostModel.classCount).filter { occurs[$0] }.map { UInt8($0) }.reversed()
        ready = Array(repeating: TaskSet(), count: CostModel.classCount)
        insert(0..<taskCount)
    }

    /// Whether no task is ready, suspects apart.
    var isEmpty: Bool { count == 0 }

    /// The end of the first pause.
    var nextPauseEnd: Instant? {
        pauses.min?.end
    }

    /// The cost class of a task.
    func costClass(of task: Int) -> UInt8 { pointClass[task / tasksPerPoint] }

    /// How many ready tasks a class has.
    func count(_ costClass: UInt8) -> Int { ready[Int(costClass)].count }

    /// The ready tasks without suspects, dearest class first.
    var ranges: [Range<Int>] { classes.flatMap { ready[Int($0)].ranges } }

    /// Makes tasks ready.
    mutating func insert(_ range: Range<Int>) {
        for (costClass, part) in parts(of: range) { count += ready[Int(costClass)].insert(part) }
    }

    /// Makes a task ready that failed before.
    mutating func insert(suspect task: Int) { suspects.insert(task..<task + 1) }

    /// Takes tasks out, ready or paused.
    mutating func remove(_ range: Range<Int>) {
        if !suspects.isEmpty { suspects.remove(range) }
        if !pausedUntil.isEmpty { for task in range { pausedUntil[task] = nil } }
        for (costClass, part) in parts(of: range) { count -= ready[Int(costClass)].remove(part) }
        if pausedUntil.isEmpty, !pauses.isEmpty { pauses = [] }
    }

    /// Makes a task ready at the end of a pause.
    mutating func insert(_ task: Int, at end: Instant) {
        pausedUntil[task] = end
        pauses.insert(Pause(end: end, task: task))
    }

    /// Makes ready whose pauses are over.
    mutating func endPauses(at now: Instant) {
        while let pause = pauses.min, pause.end <= now {
            pauses.removeMin()
            // The task may have been committed meanwhile, or paused anew.
            guard pausedUntil[pause.task] == pause.end else { continue }
            pausedUntil[pause.task] = nil
            insert(suspect: pause.task)
        }
    }

    /// The first ready tasks of a class, at most `limit`, without taking them.
    func prefix(_ costClass: UInt8, atMost limit: Int) -> [Range<Int>] { ready[Int(costClass)].prefix(limit) }

    /// The stretches of equal class in `range`.
    func parts(of range: Range<Int>) -> [(costClass: UInt8, tasks: Range<Int>)] {
        var parts: [(costClass: UInt8, tasks: Range<Int>)] = []
        var start = range.lowerBound
        while start < range.upperBound {
            var point = start / tasksPerPoint
            let costClass = pointClass[point]
            var end = start
            while end < range.upperBound, pointClass[point] == costClass {
                point += 1
                end = point * tasksPerPoint
            }
            end = min(end, range.upperBound)
            parts.append((costClass, start..<end))
            start = end
        }
        return parts
    }
}
