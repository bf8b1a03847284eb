internal import Glibc
internal import Results
import SweepGrid
internal import Synchronization

/// What a running task may ask of its slot.
final class SlotTaskHost: TaskHost {
    private struct State {
        var nextCheckpoint: UInt64
        var tookLast = false
    }

    private let task: Int
    private let slot: SlotLoop.Surroundings
    private let restorable: Digest?
    private let state: Mutex<State>

    /// The host of a task that starts now; `restorable` names the checkpoint that it may go on from.
    init(_ task: Int, in slot: SlotLoop.Surroundings, restorable: Digest?, at nanoseconds: UInt64) {
        self.task = task
        self.slot = slot
        self.restorable = restorable
        state = Mutex(State(nextCheckpoint: nanoseconds &+ slot.checkpointInterval))
    }

    func report(progress: Double) { slot.inbox.report(progress: progress) }

    /// Often enough, and once more when the task is asked to stop.
    var wantsCheckpoint: Bool {
        let isStopping = isStopping
        return state.withLock { state in
            isStopping ? !state.tookLast : Clock.nanoseconds() >= state.nextCheckpoint
        }
    }

    func checkpoint(_ bytes: [UInt8]) {
        guard wantsCheckpoint else { return }
        let isLast = isStopping
        do throws(StorageError) {
            let (digest, byteCount) = try slot.spool.write(bytes, of: task, in: slot.design)
            slot.outbox.append(.checkpoint(task: task, digest, byteCount: byteCount))
            slot.outbox.flush()
        } catch {
            complain("\(error); the task goes on without it")
        }
        state.withLock { state in
            state.nextCheckpoint = Clock.nanoseconds() &+ slot.checkpointInterval
            if isLast { state.tookLast = true }
        }
    }

    var restored: [UInt8]? {
        guard let restorable else { return nil }
        do throws(StorageError) {
            return try slot.spool.read(restorable, of: task, in: slot.design)
        } catch {
            complain("\(error); task \(task) begins anew")
            return nil
        }
    }

    func keep(_ name: String, _ values: [Double], shape: [Int]) {}
    var remainingTime: Duration? { slot.inbox.remainingTime }
    var isStopping: Bool { slot.inbox.isTaskStopping }

    private func complain(_ sentence: String) {
        _ = (sentence + "\n").withCString { write(2, $0, strlen($0)) }
    }
}
