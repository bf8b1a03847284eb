internal import SweepGrid

/// A task, or some, as a user writes them: a number, a range of numbers, an ID or the beginning of one, or a place in the
/// grid.
enum TaskSelector: Hashable {
    /// Task numbers: `17` or `10...19`.
    case numbers(Range<Int>)
    /// The beginning of an ID, at least six hexadecimal digits: `3f2a9c`.
    case identity(String)
    /// Values of parameters and of the replicate: `sampleCount=6,method=pca,replicate=2`.
    case place(TaskPlace)

    /// Reads a selector.
    ///
    /// Digits alone are a task number as long as the run has such a task.
    init(_ text: String, in design: Design) throws {
        if text.contains("=") {
            self = .place(try TaskPlace(text, in: design))
            return
        }
        let ends = text.components(around: "...").map { Int($0) }
        if ends.count == 2, let first = ends[0], let last = ends[1] {
            guard (0..<design.taskCount).contains(first), first <= last, last < design.taskCount else {
                throw CommandFailure("the run has no tasks \(text); its tasks are 0...\(design.taskCount - 1)", .usage)
            }
            self = .numbers(first..<last + 1)
        } else if let number = Int(text), (0..<design.taskCount).contains(number) {
            self = .numbers(number..<number + 1)
        } else if (6...32).contains(text.utf8.count), text.utf8.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit })
        {
            self = .identity(text.lowercased())
        } else {
            let known = "tasks are 0...\(design.taskCount - 1)"
            throw CommandFailure(
                "'\(text)' names no task of the run: give a number (\(known)), at least 6 digits of an ID, or axis=value,...",
                .usage)
        }
    }

    /// The tasks that are meant, ascending.
    ///
    /// - Throws: `CommandFailure` when an ID is unknown or not told apart from others, or no point has the values.
    func tasks(in design: Design) throws -> [Range<Int>] {
        switch self {
        case .numbers(let range): return [range]
        case .place(let place): return try place.tasks(in: design)
        case .identity(let prefix):
            var identities = TaskIdentities(design)
            let matches = (0..<design.taskCount).filter { identities[$0].description.hasPrefix(prefix) }
            guard let match = matches.first else {
                throw CommandFailure("no task of the run has an ID that begins with \(prefix)")
            }
            guard matches.count == 1 else {
                let some = matches.prefix(4).map { "\($0)" }.joined(separator: ", ")
                throw CommandFailure(
                    "\(matches.count) tasks have IDs that begin with \(prefix): \(some)...; give more digits")
            }
            return [match..<match + 1]
        }
    }
}

extension StringProtocol {
    /// The parts before and behind the first occurrence of a mark; the whole when it does not occur.
    func components(around mark: String) -> [String] {
        var start = startIndex
        while start != endIndex {
            if self[start...].hasPrefix(mark) {
                return [String(self[..<start]), String(self[index(start, offsetBy: mark.count)...])]
            }
            start = index(after: start)
        }
        return [String(self)]
    }
}
