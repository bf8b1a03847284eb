import Foundation
internal import SweepGrid
import Synchronization

/// The host of a task that runs in the foreground: shows its progress on a terminal, and keeps what it is asked to.
final class ForegroundHost: TaskHost {
    /// An artefact of the task.
    struct Artefact {
        var name: String
        var values: [Double]
        var shape: [Int]
    }

    private let isKeeping: Bool
    private let artefacts = Mutex<[Artefact]>([])
    private let isTerminal = isatty(STDERR_FILENO) == 1
    private let shownPercent = Mutex(-1)

    /// A host that keeps all artefacts, or none.
    init(isKeeping: Bool = false) { self.isKeeping = isKeeping }

    /// What the task kept, in order.
    var kept: [Artefact] { artefacts.withLock { $0 } }

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

    var wantsCheckpoint: Bool { false }
    func checkpoint(_ bytes: [UInt8]) {}
    var restored: [UInt8]? { nil }
    func wantsArtefact(_ name: String) -> Bool { isKeeping }
    func keep(_ name: String, _ values: [Double], shape: [Int]) {
        artefacts.withLock { $0.append(Artefact(name: name, values: values, shape: shape)) }
    }
    var remainingTime: Duration? { nil }
    var isStopping: Bool { false }
}
