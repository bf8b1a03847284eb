import Foundation
internal import SweepGrid
import Synchronization

/// The host of a task that runs in the foreground: shows its progress on a terminal and passes its artefacts on.
final class ForegroundHost: TaskHost {
    private let isTerminal = isatty(STDERR_FILENO) == 1
    private let shownPercent = Mutex(-1)
    private let taking: @Sendable (String, [Double], [Int]) -> Void

    /// - Parameter taking: takes each artefact with its name and shape; by default it is dropped.
    init(_ taking: @escaping @Sendable (String, [Double], [Int]) -> Void = { _, _, _ in }) { self.taking = taking }

    func report(progress: Double) {
        guard isTerminal, progress.isFinite else { return }
        let percent = Int(min(1, max(0, progress)) * 100)
        let isNew = shownPercent.withLock { shown in
            defer { shown = percent }
            return shown != percent
        }
        if isNew { FileHandle.standardError.write(Data("\r\(percent) %".utf8)) }
    }

    /// Removes the progress from the line.
    func end() {
        if shownPercent.withLock({ $0 }) >= 0 { FileHandle.standardError.write(Data("\r     \r".utf8)) }
    }

    func checkpoint(_ bytes: [UInt8]) {}
    var restored: [UInt8]? { nil }
    func keep(_ name: String, _ values: [Double], shape: [Int]) { taking(name, values, shape) }
    var remainingTime: Duration? { nil }
    var isStopping: Bool { false }
}
