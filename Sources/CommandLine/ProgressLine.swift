internal import Cluster
import Foundation
import Synchronization

/// Shows how far a run is: one line that rewrites itself on a terminal, a line every ten seconds in a log.
final class ProgressLine: Sendable {
    private let level: LogOptions.Level
    private let isTerminal = isatty(STDERR_FILENO) == 1
    private let state = Mutex((width: 0, lastLine: -Double.infinity, isOver: false))

    init(_ level: LogOptions.Level) { self.level = level }

    /// Shows a status.
    func show(_ status: RunStatus) {
        guard level >= .info else { return }
        if isTerminal {
            write(status.line, rewriting: true)
        } else {
            let isDue = state.withLock { state in
                guard status.seconds - state.lastLine >= 10 || status.isOver && !state.isOver else { return false }
                state.lastLine = status.seconds
                state.isOver = status.isOver
                return true
            }
            if isDue { write(status.line, rewriting: false) }
        }
    }

    /// Prints a line that stays.
    func note(_ text: String, _ level: LogOptions.Level = .info) {
        guard self.level >= level else { return }
        end()
        write(text, rewriting: false)
    }

    /// Ends the line that rewrites itself.
    func end() {
        let wasOpen = state.withLock { state in
            defer { state.width = 0 }
            return state.width > 0
        }
        if wasOpen { FileHandle.standardError.write(Data("\n".utf8)) }
    }

    private func write(_ text: String, rewriting: Bool) {
        let padded = state.withLock { state in
            guard rewriting else { return text + "\n" }
            let padding = String(repeating: " ", count: max(0, state.width - text.count))
            state.width = text.count
            return "\r" + text + padding
        }
        FileHandle.standardError.write(Data(padded.utf8))
    }
}

extension RunStatus {
    /// Whether nothing is left to do.
    var isOver: Bool { committed + failed + cancelled == tasks }

    /// `[#####-----]  50 %  2 940 of 5 880 tasks, 210 tasks/s, 2 workers, 14 s left`.
    var line: String {
        let share = tasks > 0 ? Double(committed + computed + failed + cancelled) / Double(tasks) : 1
        let filled = Int(share * 20)
        let bar = String(repeating: "#", count: filled) + String(repeating: "-", count: 20 - filled)
        var text = "[\(bar)] \(Int(share * 100)) %  \(grouped(committed + computed)) of \(counted(tasks, "task"))"
        if tasksPerSecond >= 9.95 {
            text += ", \(grouped(Int(tasksPerSecond.rounded()))) tasks/s"
        } else if tasksPerSecond > 0 {
            text += ", \(String(format: "%.2g", tasksPerSecond)) tasks/s"
        }
        text += ", \(counted(workers, "worker"))"
        if failed > 0 { text += ", \(grouped(failed)) failed" }
        if retrying > 0 { text += ", \(grouped(retrying)) retrying" }
        if cancelled > 0 { text += ", \(grouped(cancelled)) cancelled" }
        if let secondsLeft, secondsLeft > 0 { text += ", \(durationText(secondsLeft)) left" }
        return text
    }
}
